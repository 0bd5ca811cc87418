import {
  parseDidDocument,
  updateDidDocument,
  type DidDocument,
  type VerificationRelationship,
} from '../did/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import { zkDocumentKey, type HeldKey, type HeldZkKey, type Wallet } from '../wallet/index.ts'

const RELATIONSHIPS = [
  'authentication',
  'assertionMethod',
] as const satisfies readonly VerificationRelationship[]

/** What the newest of the document's own keys may be used for: what its successor may, too. */
function relationshipsOf(
  document: DidDocument,
  held: readonly HeldKey[],
): readonly VerificationRelationship[] | undefined {
  const named = held.filter(({ kid }) => document.verificationMethod.some(({ id }) => id === kid)).at(-1)
  return named && RELATIONSHIPS.filter((name) => document[name].includes(named.kid))
}

/** What a wallet has of a DID. */
export interface HeldKeys {
  readonly keys: readonly HeldKey[]
  /** Those on BabyJubJub, which sign what compliance proofs are made of. */
  readonly zkKeys: readonly HeldZkKey[]
}

/** Everything that a wallet has of a DID. */
export async function heldKeys(wallet: Wallet, did: string): Promise<HeldKeys> {
  return { keys: await wallet.keys(did), zkKeys: await wallet.zkKeys(did) }
}

/** The names of the keys of a document that sign what compliance proofs are made of. */
function zkKidsOf({ verificationMethod, assertionMethod }: DidDocument): readonly string[] {
  return verificationMethod
    .filter(({ id, foreignJwk }) => foreignJwk?.['crv'] === 'BabyJubJub' && assertionMethod.includes(id))
    .map(({ id }) => id)
}

/**
 * Brings the keys of a document in line with those that a wallet has: new ones are added, wherever the newest before them
 * stands, and those that the wallet does not have any more are taken out. Keys of other kinds stay, such as that of an
 * auditor, and so does all else.
 */
export function withKeys(document: JsonObject, { keys: held, zkKeys }: HeldKeys): JsonObject {
  const did = document['id'] as string
  const parsed = parseDidDocument(document, did)
  const inherited = relationshipsOf(parsed, held)
  const known = parsed.verificationMethod
    .filter(({ publicKey }) => publicKey !== undefined)
    .map(({ id }) => id)
  const knownZk = zkKidsOf(parsed)
  const kids = [...held, ...zkKeys].map(({ kid }) => kid)
  return updateDidDocument(document, {
    addKeys: [
      ...held
        .filter(({ kid }) => !known.includes(kid))
        .map(({ kid, publicJwk, purposes }) => {
          return { fragment: kid.slice(did.length), jwk: publicJwk, relationships: inherited ?? purposes }
        }),
      ...zkKeys
        .filter(({ kid }) => !knownZk.includes(kid))
        .map(({ kid, publicJwk }) => zkDocumentKey(kid.slice(did.length), publicJwk, 'assertionMethod')),
    ],
    removeKeys: [...known, ...knownZk]
      .filter((kid) => !kids.includes(kid))
      .map((kid) => kid.slice(did.length)),
  })
}
