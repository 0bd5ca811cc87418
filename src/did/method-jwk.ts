import {
  canonicalizeJson,
  decodeBase64url,
  encodeBase64url,
  encodeUtf8,
  isJsonObject,
  parseJson,
  type JsonObject,
} from '../encoding/index.ts'
import { ComityError, TrustError, VerificationError } from '../errors/index.ts'
import { parsePublicJwk, type PublicJwk } from '../keys/index.ts'
import { MAX_DID_LENGTH, parseDid } from './syntax.ts'
import { isForeignJwk } from './verification-method.ts'

const SPEC = 'did:jwk, DID Resolution'
const CONTEXT = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/jwk/v1'] as const
const PREFIX = 'did:jwk:'
const SIGNING = ['authentication', 'assertionMethod', 'capabilityInvocation', 'capabilityDelegation'] as const
const AGREEMENT = ['keyAgreement'] as const

function invalid(message: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_DID_INVALID', message, { spec: SPEC, cause })
}

/** Runs a step, and blames the DID for what it refuses. */
function blame<Value>(message: string, step: () => Value): Value {
  try {
    return step()
  } catch (cause) {
    if (cause instanceof ComityError) throw invalid(message, cause)
    throw cause
  }
}

/** Which relationships a key stands in, by its `use`; a use that is not known allows nothing. */
function relationshipsOf(use: unknown): readonly string[] {
  switch (use) {
    case undefined:
      return [...SIGNING, ...AGREEMENT]
    case 'sig':
      return SIGNING
    case 'enc':
      return AGREEMENT
    default:
      return []
  }
}

function readJwk(id: string): JsonObject {
  const text = blame('what follows `did:jwk:` is not base64url', () => decodeBase64url(id))
  const value = blame('what follows `did:jwk:` is not JSON', () => parseJson(text))
  if (!isJsonObject(value)) throw invalid('what follows `did:jwk:` is not a JWK')
  if (isForeignJwk(value)) {
    throw new TrustError('COMITY_DID_KEY_UNKNOWN', 'the key of the DID is of a kind that is not supported', {
      spec: SPEC,
    })
  }
  blame('the key of the DID is malformed', () => parsePublicJwk(value))
  return value
}

/**
 * Writes out the document that a `did:jwk` stands for.
 *
 * The key's name is `#0` always, whatever its `kid`. Its `use` decides the relationships: `sig` leaves out
 * `keyAgreement`, `enc` leaves nothing else, without `use` the key stands in all; any other `use` in none.
 *
 * @param did - A `did:jwk` of an Ed25519, X25519, P-256 or P-384 key.
 * @returns The document, with the JWK as the DID has it.
 * @throws {VerificationError} `COMITY_DID_INVALID` when it is no such DID: no canonical base64url, no JSON object
 *   with different names, a member that only private keys have, or a key that is unsound.
 * @throws {TrustError} `COMITY_DID_KEY_UNKNOWN` when the key is public and of another kind, such as RSA or secp256k1.
 * @see {@link https://github.com/quartzjer/did-jwk/blob/main/spec.md | did:jwk}
 */
export function expandDidJwk(did: string): JsonObject {
  const { method, id } = parseDid(did)
  if (method !== 'jwk') throw invalid('the DID is not a `did:jwk`')
  const publicKeyJwk = readJwk(id)
  const name = `${did}#0`
  const relationships = relationshipsOf(publicKeyJwk['use']).map((each): [string, string[]] => [each, [name]])
  return {
    '@context': CONTEXT,
    id: did,
    verificationMethod: [{ id: name, type: 'JsonWebKey', controller: did, publicKeyJwk }],
    ...Object.fromEntries(relationships),
  }
}

/**
 * Names a key as a `did:jwk`.
 *
 * The members are in the order of RFC 8785, so that a key with the same `use` gets the same name always; `kid` is left
 * out, as it would say nothing.
 *
 * @param jwk - An Ed25519, X25519, P-256 or P-384 key. Its `use` limits what the DID may be used for.
 * @returns The DID; the key's own name is this DID and `#0`.
 * @throws {VerificationError} `COMITY_JWK_INVALID` or `COMITY_JWK_PRIVATE` when it is no public key.
 * @throws {TypeError} The DID would be longer than 2048 characters.
 */
export function didJwkFromJwk(jwk: PublicJwk): string {
  const { kid: _, ...members } = parsePublicJwk(jwk)
  const did = `${PREFIX}${encodeBase64url(encodeUtf8(canonicalizeJson(members)))}`
  if (did.length > MAX_DID_LENGTH) throw new TypeError('the key has too long members for a DID')
  return did
}
