import { edwards, type EdwardsPoint } from '@noble/curves/abstract/edwards.js'
import { decodeBase64url, encodeBase64url, isJsonObject } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { randomBytes } from '../runtime/index.ts'
import { bytesToNumber, numberToBytes } from './fields.ts'
import { FIELD_ORDER } from './poseidon.ts'

/** The order of the subgroup that keys are in, a prime. */
export const SUBGROUP_ORDER: bigint =
  2736030358979909402780800718157159386076813972158567259200215660948447373041n

/** A point of BabyJubJub in affine coordinates. */
export interface BabyJubJubPoint {
  /** From 0 and below the order of the field. */
  readonly x: bigint
  /** From 0 and below the order of the field. */
  readonly y: bigint
}

/** A key on BabyJubJub as a JSON Web Key. */
export interface BabyJubJubJwk {
  /** The key type. */
  readonly kty: 'EC'
  /** The curve. */
  readonly crv: 'BabyJubJub'
  /** The x coordinate: 32 bytes, big-endian, in base64url. */
  readonly x: string
  /** The y coordinate, like `x`. */
  readonly y: string
}

/** Secrets and nonces are below 2^250, so that they fit the circuit and the subgroup. */
export const SCALAR_BITS = 250
const SCALAR_BYTES = 32
const COORDINATE_BYTES = 32

const Point = edwards({
  p: FIELD_ORDER,
  n: SUBGROUP_ORDER,
  h: 8n,
  a: 168_700n,
  d: 168_696n,
  Gx: 5299619240641551281634865583518297030282874472190772894086521144482721001553n,
  Gy: 16950150798460657717958625567821834550301663161624707787222815936182638968203n,
})

/**
 * The generator of the subgroup, `Base8` of circomlib.
 *
 * @see {@link https://eips.ethereum.org/EIPS/eip-2494 | EIP-2494}
 */
export const BASE8: BabyJubJubPoint = toAffine(Point.BASE)

/** Adds two points of the curve. */
export function addPoints(a: BabyJubJubPoint, b: BabyJubJubPoint): BabyJubJubPoint {
  return toAffine(toPoint(a).add(toPoint(b)))
}

/**
 * Multiplies a point by a secret.
 *
 * @param scalar - From 1 and below {@link SUBGROUP_ORDER}.
 * @throws {TypeError} The scalar is out of range.
 */
export function multiplyPoint(point: BabyJubJubPoint, scalar: bigint): BabyJubJubPoint {
  if (scalar < 1n || scalar >= SUBGROUP_ORDER) throw new TypeError('the scalar is out of range')
  return toAffine(toPoint(point).multiply(scalar))
}

/** Multiplies the generator by a secret, as {@link multiplyPoint} does and faster. */
export function multiplyBase(scalar: bigint): BabyJubJubPoint {
  if (scalar < 1n || scalar >= SUBGROUP_ORDER) throw new TypeError('the scalar is out of range')
  return toAffine(Point.BASE.multiply(scalar))
}

/**
 * `s·B8 − c·A`, in variable time: for checking signatures, where all is public.
 *
 * @param s - From 0 and below {@link SUBGROUP_ORDER}.
 * @param c - From 0.
 */
export function subtractMultiples(s: bigint, c: bigint, point: BabyJubJubPoint): BabyJubJubPoint {
  const multiple = toPoint(point).multiplyUnsafe(c % SUBGROUP_ORDER)
  return toAffine(Point.BASE.multiplyUnsafe(s).subtract(multiple))
}

/** Whether both coordinates are numbers of the field and satisfy the equation of the curve. */
export function isOnCurve({ x, y }: BabyJubJubPoint): boolean {
  if (!isCoordinate(x) || !isCoordinate(y)) return false
  const [xx, yy] = [(x * x) % FIELD_ORDER, (y * y) % FIELD_ORDER]
  return (168_700n * xx + yy - 1n - 168_696n * ((xx * yy) % FIELD_ORDER)) % FIELD_ORDER === 0n
}

/**
 * Checks that a point can be a key: on the curve, in the subgroup of prime order, and not the neutral element.
 *
 * @throws {VerificationError} `COMITY_ZK_KEY_INVALID`.
 */
export function assertSubgroupPoint(point: BabyJubJubPoint): void {
  if (!isOnCurve(point)) throw invalidKey('the point is not on BabyJubJub')
  const parsed = toPoint(point)
  if (parsed.is0() || !parsed.isTorsionFree()) throw invalidKey('the point is not in the subgroup')
}

/**
 * Reads a key on BabyJubJub from a stranger.
 *
 * @param value - A JWK, parsed from JSON; members that have no meaning here are passed over.
 * @throws {VerificationError} `COMITY_ZK_KEY_INVALID` when it is of another kind, a coordinate is not 32 bytes in
 *   canonical base64url, or the point cannot be a key; `COMITY_JWK_PRIVATE` when it has `d`.
 * @see docs/spec/zk.md, "Keys"
 */
export function parseBabyJubJubJwk(value: unknown): BabyJubJubPoint {
  if (!isJsonObject(value)) throw invalidKey('the JWK is not an object')
  if (value['kty'] !== 'EC' || value['crv'] !== 'BabyJubJub') throw invalidKey('the key is not on BabyJubJub')
  if (Object.hasOwn(value, 'd')) {
    throw new VerificationError('COMITY_JWK_PRIVATE', 'the JWK has a private member', {
      details: { member: 'd' },
    })
  }
  const point = decodePoint(value)
  assertSubgroupPoint(point)
  return point
}

/** Writes a key as a JWK. */
export function babyJubJubJwk(point: BabyJubJubPoint): BabyJubJubJwk {
  return Object.freeze({ kty: 'EC', crv: 'BabyJubJub', ...encodePoint(point) })
}

/** The coordinates as in a JWK. */
export function encodePoint({ x, y }: BabyJubJubPoint): { readonly x: string; readonly y: string } {
  return { x: encodeFieldElement(x), y: encodeFieldElement(y) }
}

/**
 * The point of `x` and `y` as in a JWK, anywhere in the plane: not checked to be on the curve.
 *
 * @throws {VerificationError} `COMITY_ZK_KEY_INVALID`.
 */
export function decodePoint(value: { readonly x?: unknown; readonly y?: unknown }): BabyJubJubPoint {
  return Object.freeze({ x: decodeFieldElement(value.x), y: decodeFieldElement(value.y) })
}

/** A number of the field as 32 bytes, big-endian, in base64url. */
export function encodeFieldElement(value: bigint): string {
  return encodeBase64url(numberToBytes(value, COORDINATE_BYTES))
}

/**
 * Reads what {@link encodeFieldElement} writes.
 *
 * @throws {VerificationError} `COMITY_ZK_KEY_INVALID` for another length or spelling, and for what is not below the order.
 */
export function decodeFieldElement(text: unknown): bigint {
  const bytes = typeof text === 'string' ? decodeOr(text) : undefined
  if (bytes?.length !== COORDINATE_BYTES) throw invalidKey('a coordinate is not 32 bytes in base64url')
  const number = bytesToNumber(bytes)
  if (number >= FIELD_ORDER) throw invalidKey('a coordinate is not below the order of the field')
  return number
}

/** A secret scalar: uniform from 1 and below 2^250. */
export function randomScalar(): bigint {
  const scalar = bytesToNumber(randomBytes(SCALAR_BYTES)) >> BigInt(8 * SCALAR_BYTES - SCALAR_BITS)
  return scalar === 0n ? randomScalar() : scalar
}

function decodeOr(text: string): Uint8Array | undefined {
  try {
    return decodeBase64url(text, { maxBytes: COORDINATE_BYTES })
  } catch (cause) {
    if (cause instanceof ComityError) return undefined
    throw cause
  }
}

function isCoordinate(value: bigint): boolean {
  return typeof value === 'bigint' && value >= 0n && value < FIELD_ORDER
}

function toPoint({ x, y }: BabyJubJubPoint): EdwardsPoint {
  return Point.fromAffine({ x, y })
}

function toAffine(point: EdwardsPoint): BabyJubJubPoint {
  const { x, y } = point.toAffine()
  return Object.freeze({ x, y })
}

function invalidKey(message: string): VerificationError {
  return new VerificationError('COMITY_ZK_KEY_INVALID', message, { spec: 'zk.md §2' })
}
