import { createDidDocument, type CreateDidDocumentOptions } from '../did/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import type { Wallet } from './wallet.ts'

/**
 * Makes the document of one of a wallet's DIDs, with all the keys that the wallet has of it: also those that don't
 * sign yet, or any more. Host it again after each change of keys.
 *
 * @param wallet - The wallet.
 * @param options - The DID and what the document says beside its keys.
 * @returns The document; `JSON.stringify` gives what to serve.
 * @throws {TypeError} The wallet has no key of the DID, or the options do not make a document.
 */
export async function createWalletDocument(
  wallet: Pick<Wallet, 'keys'>,
  options: Omit<CreateDidDocumentOptions, 'keys'>,
): Promise<JsonObject> {
  const { did } = options
  const keys = await wallet.keys(did)
  return createDidDocument({
    ...options,
    keys: keys.map(({ kid, publicJwk, purposes }) => ({
      fragment: kid.slice(did.length),
      jwk: publicJwk,
      relationships: purposes,
    })),
  })
}
