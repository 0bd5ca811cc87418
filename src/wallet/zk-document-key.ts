import type { ForeignDocumentKey, VerificationRelationship } from '../did/index.ts'
import { generateAuditorKey, type AuditorKey, type BabyJubJubJwk } from '../zk/index.ts'

/**
 * An auditor's key, which opens the escrow of proofs that name it, and its entry. Keep the private key where nobody but the
 * auditor gets at it: there is no other way to open an escrow.
 */
export interface AuditorDocumentKey extends AuditorKey {
  /** The public key for `keyAgreement` in the auditor's DID document. */
  readonly documentKey: ForeignDocumentKey
}

/**
 * Makes the entry of a key on BabyJubJub for a DID document.
 *
 * @param fragment - The key's name within the document, such as `#zk-1`.
 * @param jwk - The public key.
 * @param relationship - `assertionMethod` for an issuer's key, `keyAgreement` for an auditor's.
 */
export function zkDocumentKey(
  fragment: string,
  jwk: BabyJubJubJwk,
  relationship: VerificationRelationship & ('assertionMethod' | 'keyAgreement'),
): ForeignDocumentKey {
  const { kty, crv, x, y } = jwk
  return Object.freeze({
    fragment,
    type: 'JsonWebKey',
    material: { publicKeyJwk: { kty, crv, x, y } },
    relationships: Object.freeze([relationship]),
  })
}

/**
 * Makes a key for an auditor, with what its DID document has to say of it.
 *
 * @param options - `fragment` is the key's name within the document. Defaults to `#auditor`.
 */
export function createAuditorKey(options: { readonly fragment?: string } = {}): AuditorDocumentKey {
  const { fragment = '#auditor' } = options
  const { privateKey, jwk } = generateAuditorKey()
  return Object.freeze({ privateKey, jwk, documentKey: zkDocumentKey(fragment, jwk, 'keyAgreement') })
}
