import { multiplySparse, ONE12, square12, type Fp12 } from './fp12.ts'
import { invertNumber, P, scale, reduce } from './fp2.ts'
import type { Line, Lines } from './lines.ts'

/** A point of the curve y² = x³ + 3 that is not the point at infinity. */
export interface G1Affine {
  /** The first coordinate. */
  readonly x: bigint
  /** The second coordinate; never zero, as the curve has no point of order two. */
  readonly y: bigint
}

/** What is paired: a point of the curve, and the lines of a point of the twist. */
export interface MillerPair {
  /** The first point. */
  readonly point: G1Affine
  /** The lines of the second one. */
  readonly lines: Lines
}

/**
 * Runs the Miller loop of several pairs at once: one squaring a step for all of them.
 *
 * @param pairs At least one.
 * @returns The product of the pairings before the final exponentiation. Its factor in Fp2 means nothing.
 */
export function millerLoop(pairs: readonly MillerPair[]): Fp12 {
  // Lines are divided by y too, which the final exponentiation hides like any other factor in Fp2.
  const evaluated = pairs.map(({ point, lines }) => {
    const inverse = invertNumber(point.y)
    return { lines, inverse, slope: (point.x * inverse) % P }
  })
  let f = ONE12
  for (let step = 0; step < (pairs[0]?.lines.length ?? 0); step++) {
    // The last two lines, with which the loop of the optimal ate pairing ends, have no squaring of their own.
    if (step > 0 && step < (pairs[0]?.lines.length ?? 0) - 1) f = square12(f)
    for (const { lines, inverse, slope } of evaluated) {
      for (const line of lines[step] ?? []) f = timesLine(f, line, inverse, slope)
    }
  }
  return f
}

function timesLine(f: Fp12, { w0, w1, w3 }: Line, inverse: bigint, slope: bigint): Fp12 {
  return multiplySparse(f, reduce(scale(w1, slope)), reduce(scale(w3, inverse)), w0)
}
