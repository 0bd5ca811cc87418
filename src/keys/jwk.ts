import { VerificationError } from '../errors/index.ts'
import { decodeBase64url, isJsonObject } from '../encoding/index.ts'
import { createBoundedMap } from './bounded-map.ts'
import { isSoundPoint } from './points.ts'

/** A public key as a JSON Web Key. {@link parsePublicJwk} makes it, frozen, with no other members. */
export interface PublicJwk {
  /** `OKP` for Ed25519 and X25519, `EC` for P-256 and P-384. */
  readonly kty: 'OKP' | 'EC'
  /** The curve. */
  readonly crv: 'Ed25519' | 'X25519' | 'P-256' | 'P-384'
  /** The key, or its x coordinate, in base64url: 32 bytes, or 48 for P-384. */
  readonly x: string
  /** The y coordinate, for `EC` only, as long as `x`. */
  readonly y?: string
  /** The key's name, 1 to 2048 characters. */
  readonly kid?: string
  /** The one algorithm that the key is for, 1 to 64 characters; not necessarily one that is supported. */
  readonly alg?: string
  /** `sig` or `enc`; other values are kept too and allow nothing here. */
  readonly use?: string
  /** What the key may be used for, at most 16 names. */
  readonly key_ops?: readonly string[]
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']
const COORDINATE_BYTES = { Ed25519: 32, X25519: 32, 'P-256': 32, 'P-384': 48 } as const
const KEY_TYPES = { Ed25519: 'OKP', X25519: 'OKP', 'P-256': 'EC', 'P-384': 'EC' } as const
const MAX_KID_LENGTH = 2048
const MAX_NAME_LENGTH = 64
const MAX_OPERATIONS = 16
const REMEMBERED_POINTS = 4096

const parsed = new WeakSet()
/** Points already found sound. Checking one costs more than all the rest of parsing. */
const soundPoints = createBoundedMap<true>(REMEMBERED_POINTS)

/**
 * Parses a public key from a stranger.
 *
 * The checks run in this order: object, no private member, curve and key type, coordinates, the other
 * members, the point. Members that have no meaning here, such as `x5c`, are left out of the result.
 *
 * @param value - A JWK, parsed from JSON.
 * @returns The key, frozen.
 * @throws {VerificationError} `COMITY_JWK_PRIVATE` when it has a member that only private or secret
 *   keys have; `COMITY_JWK_INVALID` when it is no JWK, of another curve, has a coordinate of another
 *   length or in a second spelling, is not a point of the curve, or is of small order.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7518#section-6.2.1 | RFC 7518 §6.2.1}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8037#section-2 | RFC 8037 §2}
 */
export function parsePublicJwk(value: unknown): PublicJwk {
  if (!isJsonObject(value)) throw invalid('the JWK is not an object')
  const privateMember = PRIVATE_MEMBERS.find((name) => Object.hasOwn(value, name))
  if (privateMember !== undefined) {
    throw new VerificationError('COMITY_JWK_PRIVATE', 'the JWK has a private member', {
      details: { member: privateMember },
    })
  }
  return parsePublicMembers(value)
}

/**
 * Parses the public members of a JWK, whatever others it has.
 *
 * @param value - A JWK, public or private.
 * @returns The public key, frozen.
 * @throws {VerificationError} `COMITY_JWK_INVALID` as {@link parsePublicJwk} does.
 */
export function parsePublicMembers(value: { readonly [name: string]: unknown }): PublicJwk {
  return parseMembers(value, assertSoundPoint)
}

/**
 * Takes over the public key of a pair that Web Crypto has just generated: its point need not be looked into.
 *
 * @param value - The exported JWK.
 * @returns The public key, frozen.
 */
export function takeGeneratedJwk(value: { readonly [name: string]: unknown }): PublicJwk {
  return parseMembers(value, () => undefined)
}

function parseMembers(
  value: { readonly [name: string]: unknown },
  checkPoint: (crv: PublicJwk['crv'], x: Coordinate, y: Coordinate | undefined) => void,
): PublicJwk {
  const crv = parseCurve(own(value, 'crv'))
  const kty = KEY_TYPES[crv]
  if (own(value, 'kty') !== kty) throw invalid('kty does not fit the curve')
  const x = parseCoordinate(value, 'x', COORDINATE_BYTES[crv])
  const y = kty === 'EC' ? parseCoordinate(value, 'y', COORDINATE_BYTES[crv]) : undefined
  if (kty === 'OKP' && own(value, 'y') !== undefined) throw invalid('an OKP key has no y')
  const kid = parseName(value, 'kid', MAX_KID_LENGTH)
  const alg = parseName(value, 'alg', MAX_NAME_LENGTH)
  const use = parseName(value, 'use', MAX_NAME_LENGTH)
  const operations = parseOperations(own(value, 'key_ops'))
  checkPoint(crv, x, y)
  const jwk: PublicJwk = Object.freeze({
    kty,
    crv,
    x: x.text,
    ...(y !== undefined && { y: y.text }),
    ...(kid !== undefined && { kid }),
    ...(alg !== undefined && { alg }),
    ...(use !== undefined && { use }),
    ...(operations !== undefined && { key_ops: operations }),
  })
  parsed.add(jwk)
  return jwk
}

interface Coordinate {
  readonly text: string
  readonly bytes: Uint8Array
}

function assertSoundPoint(crv: PublicJwk['crv'], x: Coordinate, y: Coordinate | undefined): void {
  const point = `${crv}.${x.text}.${y?.text ?? ''}`
  if (soundPoints.get(point) !== undefined) return
  if (!isSoundPoint(crv, x.bytes, y?.bytes)) throw invalid('the JWK is not a sound point of its curve')
  soundPoints.set(point, true)
}

/**
 * Gives a key that was parsed: the same one where it was, a parsed copy where the caller wrote it down.
 *
 * @param jwk - A public key.
 * @returns A key made by {@link parsePublicJwk}.
 * @throws {VerificationError} As {@link parsePublicJwk} does.
 */
export function ensureParsed(jwk: PublicJwk): PublicJwk {
  return parsed.has(jwk) ? jwk : parsePublicJwk(jwk)
}

function parseCurve(value: unknown): PublicJwk['crv'] {
  if (value === 'Ed25519' || value === 'X25519' || value === 'P-256' || value === 'P-384') return value
  throw invalid('the curve is not supported')
}

function parseCoordinate(
  value: { readonly [name: string]: unknown },
  name: 'x' | 'y',
  length: number,
): Coordinate {
  const text = own(value, name)
  if (typeof text !== 'string') throw invalid('a coordinate is missing', name)
  const bytes = decodeCoordinate(text, length, name)
  return { text, bytes }
}

/**
 * Decodes a member that holds a number of fixed length.
 *
 * @param text - The member, in base64url.
 * @param length - How many bytes it must have.
 * @param name - The member's name, for the error.
 * @returns The bytes.
 * @throws {VerificationError} `COMITY_JWK_INVALID` when it is of another length or not canonical.
 */
export function decodeCoordinate(text: string, length: number, name: string): Uint8Array {
  let bytes: Uint8Array
  try {
    bytes = decodeBase64url(text, { maxBytes: length })
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause
    throw new VerificationError('COMITY_JWK_INVALID', 'a member is not base64url', {
      details: { member: name },
      cause,
    })
  }
  if (bytes.length !== length) throw invalid('a member has the wrong length', name)
  return bytes
}

function parseName(
  value: { readonly [name: string]: unknown },
  name: 'kid' | 'alg' | 'use',
  maxLength: number,
): string | undefined {
  const text = own(value, name)
  if (text === undefined) return undefined
  if (typeof text !== 'string' || text === '' || text.length > maxLength) {
    throw invalid('a member is not a text of allowed length', name)
  }
  return text
}

function parseOperations(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value) || value.length > MAX_OPERATIONS)
    throw invalid('not a list of operations', 'key_ops')
  const operations: string[] = []
  for (const operation of value as unknown[]) {
    if (typeof operation !== 'string' || operations.includes(operation)) {
      throw invalid('not a list of different operations', 'key_ops')
    }
    operations.push(operation)
  }
  return Object.freeze(operations)
}

/** What the prototype has, if there is one, is no member. */
function own(value: { readonly [name: string]: unknown }, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined
}

function invalid(message: string, member?: string): VerificationError {
  return new VerificationError(
    'COMITY_JWK_INVALID',
    message,
    member === undefined ? {} : { details: { member } },
  )
}
