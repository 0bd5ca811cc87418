import { VerificationError } from '../errors/index.ts'
import { encodeBase64url, isJsonObject } from '../encoding/index.ts'
import { parametersOf, type SignatureAlgorithm } from './algorithms.ts'
import { decodeCoordinate, parsePublicMembers, type PublicJwk } from './jwk.ts'
import { publicCoordinates } from './points.ts'

/** A private key as a JSON Web Key. It can be copied: keep it where nobody reads it. */
export interface PrivateJwk extends PublicJwk {
  /** The private key in base64url: 32 bytes, or 48 for P-384. */
  readonly d: string
}

/** A private key, and the public one that belongs to it. */
export interface ParsedPrivateJwk {
  /** The public key. */
  readonly publicJwk: PublicJwk
  /** The members that Web Crypto takes, and no others. */
  readonly privateJwk: JsonWebKey
}

/**
 * Generates a private key that can be stored.
 *
 * @param alg - What the key is to sign with.
 * @returns A new key, with `alg` in it, and no `kid`.
 */
export async function generatePrivateJwk(alg: SignatureAlgorithm): Promise<PrivateJwk> {
  const pair = (await crypto.subtle.generateKey(parametersOf(alg).key, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  return Object.freeze({ kty, crv, x, ...(y !== undefined && { y }), d, alg }) as PrivateJwk
}

/**
 * Parses a private key.
 *
 * The public members must belong to `d`. With others, an Ed25519 signature would give the private key
 * away to who sees two of them.
 *
 * @param value - A JWK, parsed from JSON.
 * @returns Both keys.
 * @throws {VerificationError} `COMITY_JWK_INVALID` when it is no private JWK of a supported curve, or
 *   its parts do not belong together.
 */
export function parsePrivateJwk(value: unknown): ParsedPrivateJwk {
  if (!isJsonObject(value)) throw invalid('the JWK is not an object')
  if (!Object.hasOwn(value, 'd') || typeof value.d !== 'string') throw invalid('the JWK has no private key')
  const { d } = value
  const { kty, crv, x, y, ...named } = parsePublicMembers(value)
  const bytes = decodeCoordinate(d, crv === 'P-384' ? 48 : 32, 'd')
  const coordinates = publicCoordinates(crv, bytes)
  if (coordinates === undefined) throw invalid('d is not a private key of the curve')
  const belongs =
    encodeBase64url(coordinates.x) === x &&
    (coordinates.y === undefined ? undefined : encodeBase64url(coordinates.y)) === y
  if (!belongs) throw invalid('the private and the public key do not belong together')
  // `key_ops` of a private key speaks of signing; what is left is the public key, which verifies.
  const { key_ops: operations, ...names } = named
  if (operations !== undefined && !operations.includes('sign'))
    throw invalid('key_ops does not allow signing')
  const members = { kty, crv, x, ...(y !== undefined && { y }) }
  return { publicJwk: parsePublicMembers({ ...members, ...names }), privateJwk: { ...members, d } }
}

function invalid(message: string): VerificationError {
  return new VerificationError('COMITY_JWK_INVALID', message)
}
