import { bn254 } from '@noble/curves/bn254.js'
import { malformed, type CeremonyFile } from './errors.ts'
import { uint256 } from './sections.ts'

/** The order of bn254's base field. */
export const BASE_FIELD: bigint = bn254.fields.Fp.ORDER
/** The order of bn254's scalar field. */
export const SCALAR_FIELD: bigint = bn254.fields.Fr.ORDER
/** Bytes of a point of the first group, as in a key. */
export const G1_BYTES = 64
/** Bytes of a point of the second group, as in a key. */
export const G2_BYTES = 128

const WORD = 32
// Coordinates are kept in Montgomery form: times 2^256.
const FROM_MONTGOMERY = bn254.fields.Fp.inv(bn254.fields.Fp.create(1n << 256n))

/**
 * Reads a point of the first group and gives its uncompressed form: x, y, each 32 bytes, big-endian.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FILE_MALFORMED` when it is at infinity or not on the curve.
 */
export function readG1(bytes: Uint8Array, offset: number, file: CeremonyFile): Uint8Array {
  const [x = 0n, y = 0n] = coordinates(bytes, offset, 2, file)
  assertPoint(() => bn254.G1.Point.fromAffine({ x, y }), file)
  return uncompressed([x, y])
}

/**
 * Reads a point of the second group and gives its uncompressed form, each coordinate's imaginary part first. The group is
 * part of a larger one, so that being on the curve is not enough.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FILE_MALFORMED` when it is at infinity, not on the curve or not of the group.
 */
export function readG2(bytes: Uint8Array, offset: number, file: CeremonyFile): Uint8Array {
  const [x0 = 0n, x1 = 0n, y0 = 0n, y1 = 0n] = coordinates(bytes, offset, 4, file)
  assertPoint(() => bn254.G2.Point.fromAffine({ x: { c0: x0, c1: x1 }, y: { c0: y0, c1: y1 } }), file)
  return uncompressed([x1, x0, y1, y0])
}

/**
 * Checks that a run of points of the first group is on the curve; the point at infinity, which some wires have, is.
 *
 * @throws {VerificationError} `COMITY_CEREMONY_FILE_MALFORMED` when one is not.
 */
export function assertAllOnG1(bytes: Uint8Array, file: CeremonyFile): void {
  for (let offset = 0; offset < bytes.length; offset += G1_BYTES) {
    const [x = 0n, y = 0n] = coordinates(bytes, offset, 2, file)
    if (x === 0n && y === 0n) continue
    if ((y * y - x * x * x - 3n) % BASE_FIELD !== 0n) throw malformed(file, 'a point is not on the curve')
  }
}

function coordinates(bytes: Uint8Array, offset: number, count: number, file: CeremonyFile): bigint[] {
  return Array.from({ length: count }, (_, index) => {
    const value = uint256(bytes, offset + index * WORD)
    if (value >= BASE_FIELD) throw malformed(file, 'a coordinate is out of range')
    return (value * FROM_MONTGOMERY) % BASE_FIELD
  })
}

function assertPoint(make: () => { assertValidity(): void; is0(): boolean }, file: CeremonyFile): void {
  let isGood: boolean
  try {
    const point = make()
    point.assertValidity()
    isGood = !point.is0()
  } catch {
    isGood = false
  }
  if (!isGood) throw malformed(file, 'a point is not of its group')
}

function uncompressed(numbers: readonly bigint[]): Uint8Array {
  const out = new Uint8Array(numbers.length * WORD)
  const view = new DataView(out.buffer)
  numbers.forEach((number, index) => {
    for (let word = 0; word < 4; word++) {
      view.setBigUint64(index * WORD + word * 8, (number >> BigInt(192 - 64 * word)) & 0xffff_ffff_ffff_ffffn)
    }
  })
  return out
}
