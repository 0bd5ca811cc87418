import { VerificationError } from '../errors/index.ts'
import { P, type Fp2 } from './pairing/fp2.ts'
import { isOnTwist, linesOf, type G2Affine, type Lines } from './pairing/lines.ts'
import type { G1Affine } from './pairing/miller-loop.ts'

/** Which point of a proof or of a key, for messages. */
export type PointName = 'a' | 'alpha' | 'b' | 'beta' | 'c' | 'delta' | 'gamma' | 'ic'

/**
 * Checks a point of the curve y² = x³ + 3, which has no subgroups: all its points are of order r.
 *
 * @throws {VerificationError} `COMITY_ZK_POINT_INVALID` when a coordinate is not from 0 to p − 1, or the point is not on
 *   the curve. The point at infinity has no coordinates, and (0, 0) is not on the curve.
 */
export function assertG1({ x, y }: G1Affine, name: PointName): void {
  if (!isCoordinate(x) || !isCoordinate(y)) throw invalid('a coordinate is not a number of the field', name)
  if ((x * x * x + 3n - y * y) % P !== 0n) throw invalid('the point is not on the curve', name)
}

/**
 * Checks a point of the twist, and computes what a pairing needs of it.
 *
 * @returns Its lines.
 * @throws {VerificationError} `COMITY_ZK_POINT_INVALID` when a coordinate is not from 0 to p − 1, or the point is not on
 *   the twist, or not in its subgroup of order r.
 */
export function linesOfG2(point: G2Affine, name: PointName): Lines {
  if (!isFp2(point.x) || !isFp2(point.y)) throw invalid('a coordinate is not a number of the field', name)
  if (!isOnTwist(point)) throw invalid('the point is not on the twist', name)
  const lines = linesOf(point)
  if (lines === undefined) throw invalid('the point is not in the subgroup', name)
  return lines
}

function isFp2({ c0, c1 }: Fp2): boolean {
  return isCoordinate(c0) && isCoordinate(c1)
}

function isCoordinate(value: bigint): boolean {
  return typeof value === 'bigint' && value >= 0n && value < P
}

function invalid(message: string, point: PointName): VerificationError {
  return new VerificationError('COMITY_ZK_POINT_INVALID', message, { spec: 'zk.md §11', details: { point } })
}
