import type { JsonObject } from '../encoding/index.ts'
import { ComityError, TrustError, VerificationError } from '../errors/index.ts'
import type { PublicJwk } from '../keys/index.ts'
import { decodeMultikey, deriveX25519, encodeMultikey, isForeignMultikey } from './multikey.ts'
import { parseDid } from './syntax.ts'

const CONTEXT = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'] as const
const PREFIX = 'did:key:'
const SPEC = 'did:key §3.1'

function invalid(message: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_DID_INVALID', message, { spec: SPEC, cause })
}

function keyOf(id: string): PublicJwk {
  let jwk: PublicJwk | undefined
  try {
    jwk = decodeMultikey(id)
  } catch (cause) {
    if (cause instanceof ComityError) throw invalid('the key of the DID is malformed', cause)
    throw cause
  }
  if (jwk === undefined) {
    if (!isForeignMultikey(id)) throw invalid('what the DID has is no public key')
    throw new TrustError('COMITY_DID_KEY_UNKNOWN', 'the key of the DID is of a kind that is not supported', {
      spec: SPEC,
    })
  }
  // Multibase has other spellings, such as base64url, which would give each key a second name.
  if (encodeMultikey(jwk) !== id) throw invalid('the key of the DID is not in its canonical spelling')
  return jwk
}

/**
 * Writes out the document that a `did:key` stands for.
 *
 * An Ed25519 key is joined by the X25519 key derived from it, which alone stands under `keyAgreement`; an X25519
 * key stands nowhere else.
 *
 * @param did - A `did:key` of an Ed25519, X25519, P-256 or P-384 key in base58btc.
 * @throws {VerificationError} `COMITY_DID_INVALID` when it is no such DID: another multibase, more than one spelling, no
 *   public key, or one of another length or off its curve.
 * @throws {TrustError} `COMITY_DID_KEY_UNKNOWN` when its key is of another kind, such as RSA,
 *   secp256k1 or BLS12-381.
 * @see {@link https://w3c-ccg.github.io/did-key-spec/#document-creation-algorithm | did:key §3.1.1}
 */
export function expandDidKey(did: string): JsonObject {
  const { method, id } = parseDid(did)
  if (method !== 'key') throw invalid('the DID is not a `did:key`')
  const jwk = keyOf(id)
  const agreementKey = jwk.crv === 'Ed25519' ? encodeMultikey(deriveX25519(jwk)) : id
  const names = [...new Set([id, agreementKey])]
  const signing = jwk.crv === 'X25519' ? [] : [`${did}#${id}`]
  return {
    '@context': CONTEXT,
    id: did,
    verificationMethod: names.map((name) => ({
      id: `${did}#${name}`,
      type: 'Multikey',
      controller: did,
      publicKeyMultibase: name,
    })),
    authentication: signing,
    assertionMethod: signing,
    capabilityInvocation: signing,
    capabilityDelegation: signing,
    keyAgreement: [`${did}#${agreementKey}`],
  }
}

/**
 * Names a key as a DID.
 *
 * @param jwk - An Ed25519, X25519, P-256 or P-384 key.
 * @returns The `did:key`; the key's own name is this DID, `#`, and what follows `did:key:`.
 * @throws {VerificationError} `COMITY_JWK_INVALID` when it is no key.
 */
export function didKeyFromJwk(jwk: PublicJwk): string {
  return `${PREFIX}${encodeMultikey(jwk)}`
}
