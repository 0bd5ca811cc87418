import { createDidDocument, type CreateDidDocumentOptions, type ForeignDocumentKey } from '../did/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import type { Wallet } from './wallet.ts'
import { zkDocumentKey } from './zk-document-key.ts'

/** What a document says beside the wallet's keys. */
export interface WalletDocumentOptions extends Omit<CreateDidDocumentOptions, 'keys'> {
  /** Keys that are not in the wallet, such as that of an auditor (`createAuditorKey`). */
  readonly moreKeys?: readonly ForeignDocumentKey[]
}

/**
 * Makes the document of one of a wallet's DIDs, with all the keys that the wallet has of it: also those that don't
 * sign yet, or any more, and those on BabyJubJub. Host it again after each change of keys.
 *
 * @param wallet - The wallet.
 * @param options - The DID and what the document says beside its keys.
 * @returns The document; `JSON.stringify` gives what to serve.
 * @throws {TypeError} The wallet has no key of the DID, or the options do not make a document.
 */
export async function createWalletDocument(
  wallet: Pick<Wallet, 'keys'> & Partial<Pick<Wallet, 'zkKeys'>>,
  options: WalletDocumentOptions,
): Promise<JsonObject> {
  const { did, moreKeys = [], ...rest } = options
  const keys = await wallet.keys(did)
  const zkKeys = (await wallet.zkKeys?.(did)) ?? []
  return createDidDocument({
    ...rest,
    did,
    keys: [
      ...keys.map(({ kid, publicJwk, purposes }) => ({
        fragment: kid.slice(did.length),
        jwk: publicJwk,
        relationships: purposes,
      })),
      ...zkKeys.map(({ kid, publicJwk }) =>
        zkDocumentKey(kid.slice(did.length), publicJwk, 'assertionMethod'),
      ),
      ...moreKeys,
    ],
  })
}
