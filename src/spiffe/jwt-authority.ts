import { decodeBase64url, type JsonObject } from '../encoding/index.ts'
import { ComityError } from '../errors/index.ts'

/** The signature algorithms of JWT-SVIDs. */
export type JwtSvidAlgorithm =
  'RS256' | 'RS384' | 'RS512' | 'ES256' | 'ES384' | 'ES512' | 'PS256' | 'PS384' | 'PS512'

/** All of them, in the specification's order. */
export const JWT_SVID_ALGORITHMS: readonly JwtSvidAlgorithm[] = Object.freeze([
  'RS256',
  'RS384',
  'RS512',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
])

const RSA_ALGORITHMS = JWT_SVID_ALGORITHMS.filter((alg) => !alg.startsWith('ES'))
const EC_ALGORITHMS: Readonly<Record<string, readonly JwtSvidAlgorithm[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
}
const EC_BYTES: Readonly<Record<string, number>> = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }
/** RSA keys below 2048 bits are too weak, and above 8192 verifying one is work for the verifier. */
const MIN_RSA_BYTES = 256
const MAX_RSA_BYTES = 1024
const MAX_EXPONENT_BYTES = 4
const MAX_KID_LENGTH = 1024

/** A key that signs the JWTs of a trust domain. */
export interface JwtAuthority {
  /** Its name within the bundle, 1 to 1024 characters. */
  readonly kid: string
  /** The public key, its public members and nothing else. */
  readonly jwk: JsonObject
  /** What it may sign with, by its kind. */
  readonly algorithms: readonly JwtSvidAlgorithm[]
}

/**
 * Reads a key of a bundle.
 *
 * @param value - A JWK. Private members are not read.
 * @returns Undefined where its kind is unknown here or it is unsound: such a key is passed over.
 */
export function readAuthorityKey(value: JsonObject): Omit<JwtAuthority, 'kid'> | undefined {
  const { kty } = value
  if (kty === 'RSA') return readRsa(value)
  if (kty === 'EC') return readEc(value)
  // A kind of key that is known, and that signs no SVID: a token that names it is refused for its algorithm.
  return kty === 'OKP' ? { jwk: Object.freeze({ kty }), algorithms: [] } : undefined
}

/** The name of a key; undefined where it has none that could be asked for. */
export function readKid({ kid }: JsonObject): string | undefined {
  return typeof kid === 'string' && kid !== '' && kid.length <= MAX_KID_LENGTH ? kid : undefined
}

function readRsa({ n, e }: JsonObject): Omit<JwtAuthority, 'kid'> | undefined {
  const [modulus, exponent] = [bytesOf(n, MAX_RSA_BYTES), bytesOf(e, MAX_EXPONENT_BYTES)]
  if (modulus === undefined || exponent === undefined) return undefined
  // A leading zero would make a short modulus look long; an even exponent belongs to no key.
  if (modulus.length < MIN_RSA_BYTES || modulus[0] === 0 || isUnsoundExponent(exponent)) return undefined
  return { jwk: Object.freeze({ kty: 'RSA', n: n ?? '', e: e ?? '' }), algorithms: RSA_ALGORITHMS }
}

function isUnsoundExponent(exponent: Uint8Array): boolean {
  const value = exponent.reduce((sum, byte) => sum * 256 + byte, 0)
  return value < 3 || value % 2 === 0
}

function readEc({ crv, x, y }: JsonObject): Omit<JwtAuthority, 'kid'> | undefined {
  const algorithms = typeof crv === 'string' ? EC_ALGORITHMS[crv] : undefined
  const length = typeof crv === 'string' ? EC_BYTES[crv] : undefined
  if (algorithms === undefined || length === undefined) return undefined
  if (bytesOf(x, length)?.length !== length || bytesOf(y, length)?.length !== length) return undefined
  return { jwk: Object.freeze({ kty: 'EC', crv: crv ?? '', x: x ?? '', y: y ?? '' }), algorithms }
}

function bytesOf(value: unknown, maxBytes: number): Uint8Array | undefined {
  if (typeof value !== 'string') return undefined
  try {
    return decodeBase64url(value, { maxBytes })
  } catch (error) {
    if (error instanceof ComityError) return undefined
    throw error
  }
}
