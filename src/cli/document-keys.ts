import {
  parseDidDocument,
  updateDidDocument,
  type DidDocument,
  type VerificationRelationship,
} from '../did/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import type { HeldKey } from '../wallet/index.ts'

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

/**
 * Brings the keys of a document in line with those that a wallet has: new ones are added, wherever the newest before them
 * stands, and those that the wallet does not have any more are taken out. Keys of other kinds stay, and so does all else.
 */
export function withKeys(document: JsonObject, held: readonly HeldKey[]): JsonObject {
  const did = document['id'] as string
  const parsed = parseDidDocument(document, did)
  const inherited = relationshipsOf(parsed, held)
  const known = parsed.verificationMethod
    .filter(({ publicKey }) => publicKey !== undefined)
    .map(({ id }) => id)
  const kids = held.map(({ kid }) => kid)
  return updateDidDocument(document, {
    addKeys: held
      .filter(({ kid }) => !known.includes(kid))
      .map(({ kid, publicJwk, purposes }) => {
        return { fragment: kid.slice(did.length), jwk: publicJwk, relationships: inherited ?? purposes }
      }),
    removeKeys: known.filter((kid) => !kids.includes(kid)).map((kid) => kid.slice(did.length)),
  })
}
