import { createHash } from 'node:crypto'
import { concatBytes, decodeUtf8 } from '../../encoding/index.ts'
import { malformed } from './errors.ts'
import { G1_BYTES, readG1, readG2 } from './points.ts'
import type { Section } from './sections.ts'

/** What a random beacon was made with. */
export interface Beacon {
  /** The beacon, in hexadecimal. */
  readonly hex: string
  /** It was hashed 2^iterations times. */
  readonly iterations: number
}

/** One contribution to a key, as the key tells of it. */
export interface Contribution {
  /** From 1. */
  readonly position: number
  /** What the contributor called itself; unproven. */
  readonly name: string | undefined
  /** 64 bytes, in hexadecimal: what a contributor publishes, to be found again in the finished key. */
  readonly hash: string
  /** There where no person contributed, but a public random value. */
  readonly beacon: Beacon | undefined
}

/** A key has no more contributions than this, so that the manifest that lists them has 64 KiB at most. */
export const MAX_CONTRIBUTIONS = 128
/** A beacon is hashed no more than 2^30 times: whoever verifies has to do it again. */
export const MAX_ITERATIONS = 30
/** The fewest that are taken. */
export const MIN_ITERATIONS = 10
/** The longest name, in UTF-16 code units. */
export const MAX_NAME_LENGTH = 64

const HASH_BYTES = 64
const POINTS_BYTES = 320
const FIXED_BYTES = POINTS_BYTES + HASH_BYTES + 8

/** Whether a text can stand as a name: up to 64 characters that can be shown. */
export function isName(text: string): boolean {
  return text.length > 0 && text.length <= MAX_NAME_LENGTH && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text)
}

/** What the section of contributions of a key says. */
export interface Contributions {
  /** The digest of circuit and powers of tau, in hexadecimal. */
  readonly circuit: string
  readonly contributions: readonly Contribution[]
}

/**
 * Reads the contributions to a key. Whether they follow from each other is for {@link verifyKey} to say.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FILE_MALFORMED` when they are malformed, a point is not of its group, a name
 *   cannot be shown, or something follows a beacon.
 */
export function readContributions({ bytes, view }: Section): Contributions {
  if (bytes.length < HASH_BYTES + 4) throw malformed('zkey', 'cut off')
  const count = view.getUint32(HASH_BYTES, true)
  if (count > MAX_CONTRIBUTIONS) throw malformed('zkey', 'too many contributions')
  const contributions: Contribution[] = []
  let offset = HASH_BYTES + 4
  for (let position = 1; position <= count; position++) {
    if (contributions.at(-1)?.beacon !== undefined) throw malformed('zkey', 'a contribution after the beacon')
    if (offset + FIXED_BYTES > bytes.length) throw malformed('zkey', 'cut off')
    const type = view.getUint32(offset + POINTS_BYTES + HASH_BYTES, true)
    const length = view.getUint32(offset + FIXED_BYTES - 4, true)
    if (length > bytes.length - offset - FIXED_BYTES) throw malformed('zkey', 'cut off')
    const parameters = readParameters(bytes.subarray(offset + FIXED_BYTES, offset + FIXED_BYTES + length))
    const beacon = beaconOf(type, parameters)
    contributions.push({ position, name: parameters.name, hash: hashOf(bytes, offset), beacon })
    offset += FIXED_BYTES + length
  }
  if (offset !== bytes.length) throw malformed('zkey', 'more than its contributions')
  return { circuit: Buffer.from(bytes.subarray(0, HASH_BYTES)).toString('hex'), contributions }
}

function hashOf(bytes: Uint8Array, offset: number): string {
  const points = [0, 1, 2].map((index) => readG1(bytes, offset + index * G1_BYTES, 'zkey'))
  const last = readG2(bytes, offset + 3 * G1_BYTES, 'zkey')
  const transcript = bytes.subarray(offset + POINTS_BYTES, offset + POINTS_BYTES + HASH_BYTES)
  return createHash('blake2b512')
    .update(concatBytes(...points, last, transcript))
    .digest('hex')
}

interface Parameters {
  readonly name?: string
  readonly iterations?: number
  readonly beacon?: Uint8Array
}

/** Each is a number, 1 to 3 in this order, and a value. */
function readParameters(bytes: Uint8Array): Parameters {
  let parameters: Parameters = {}
  let last = 0
  for (let at = 0; at < bytes.length;) {
    const kind = bytes[at] ?? 0
    const second = bytes[at + 1]
    if (kind <= last || second === undefined) throw malformed('zkey', 'parameters of a contribution')
    last = kind
    const value = bytes.subarray(at + 2, at + 2 + second)
    at += kind === 2 ? 2 : 2 + second
    if (at > bytes.length) throw malformed('zkey', 'cut off')
    if (kind === 1) parameters = { ...parameters, name: nameIn(value) }
    else if (kind === 2) parameters = { ...parameters, iterations: second }
    else if (kind === 3) parameters = { ...parameters, beacon: value }
    else throw malformed('zkey', 'parameters of a contribution')
  }
  return parameters
}

function nameIn(bytes: Uint8Array): string {
  let name: string
  try {
    name = decodeUtf8(bytes)
  } catch (cause) {
    throw malformed('zkey', 'a name that is no text', cause)
  }
  if (!isName(name)) throw malformed('zkey', 'a name that cannot be shown')
  return name
}

function beaconOf(type: number, { iterations, beacon }: Parameters): Beacon | undefined {
  if (type === 0 && iterations === undefined && beacon === undefined) return undefined
  const isGood =
    type === 1 &&
    iterations !== undefined &&
    beacon !== undefined &&
    beacon.length > 0 &&
    iterations >= MIN_ITERATIONS &&
    iterations <= MAX_ITERATIONS
  if (!isGood) throw malformed('zkey', 'a beacon')
  return { hex: Buffer.from(beacon).toString('hex'), iterations }
}
