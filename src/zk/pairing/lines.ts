import {
  add,
  conjugate,
  equals,
  invert,
  isZero,
  multiply,
  negate,
  ONE,
  P,
  power,
  product,
  reduce,
  scale,
  square,
  subtract,
  type Fp2,
} from './fp2.ts'
import { signedDigits } from './naf.ts'

/** A point of the twist y² = x³ + 3/ξ that is not the point at infinity. */
export interface G2Affine {
  /** The first coordinate. */
  readonly x: Fp2
  /** The second coordinate. */
  readonly y: Fp2
}

/** The line `w0·y + w1·x·w + w3·w³` of a Miller loop, to be evaluated at a point (x, y) of the curve. */
export interface Line {
  /** The factor of y; one where it is left out. */
  readonly w0?: Fp2
  /** The factor of x·w. */
  readonly w1: Fp2
  /** The part at w³. */
  readonly w3: Fp2
}

/** The lines of each step of a Miller loop. */
export type Lines = readonly (readonly Line[])[]

/** The parameter x of the curve: p and r are polynomials of it. */
export const X = 4965661367192848881n
/** The constant of the twist's equation. */
export const TWIST_B: Fp2 = multiply({ c0: 3n, c1: 0n }, invert({ c0: 9n, c1: 1n }))
/** The digits of 6x + 2 below the first, which is one. */
const STEPS = signedDigits(6n * X + 2n, 2).slice(1)
const PSI_X = power({ c0: 9n, c1: 1n }, (P - 1n) / 3n)
const PSI_Y = power({ c0: 9n, c1: 1n }, (P - 1n) / 2n)
const TRIPLE_B = scale(TWIST_B, 3n)

/** The untwisted Frobenius endomorphism: on the subgroup of order r, and only there, it is the multiplication by p. */
export function psi({ x, y }: G2Affine): G2Affine {
  return { x: multiply(conjugate(x), PSI_X), y: multiply(conjugate(y), PSI_Y) }
}

/** A point in homogeneous coordinates: x/z, y/z. */
interface Projective extends G2Affine {
  readonly z: Fp2
}

/** A step along the Miller loop: where it leads, and the line that it draws. */
interface Step {
  readonly to: Projective
  readonly line: Line
}

/**
 * Whether a point is on the twist. Most of those are in no small subgroup and are not in the one of order r either.
 */
export function isOnTwist({ x, y }: G2Affine): boolean {
  return equals(square(y), add(product(reduce(square(x)), x), TWIST_B))
}

/**
 * Computes what a pairing needs of its second point, and tells on the way whether the point is in the subgroup of
 * order r.
 *
 * The loop of the optimal ate pairing ends at R = [6x + 2]Q + ψ(Q) − ψ²(Q), and R + ψ³(Q) is the point at infinity
 * exactly for the points of the subgroup: as ψ² − [t]ψ + [p] = 0 on the whole twist, a point with that property has
 * an order that divides the norm of 6x + 2 + ψ − ψ² + ψ³ in ℤ[ψ], and the greatest common divisor of this norm and
 * the number of points of the twist is r (a test computes it). The additions know no special cases: where a point
 * of small order would need one, the third coordinate becomes zero and stays so, and the point is refused.
 *
 * @param q A point of the twist ({@link isOnTwist}), other than the point at infinity.
 * @returns The lines, or undefined for a point that is not in the subgroup.
 * @see {@link https://www.normalesup.org/~tibouchi/papers/icalp-journal.pdf | Vercauteren, Optimal Pairings} §IV (BN curves)
 */
export function linesOf(q: G2Affine): Lines | undefined {
  const minusQ = { x: q.x, y: negate(q.y) }
  let r: Projective = { ...q, z: ONE }
  const steps: Line[][] = []
  const take = (step: Step): Line => {
    r = step.to
    return step.line
  }
  for (const digit of STEPS) {
    const lines = [take(double(r))]
    if (digit !== 0) lines.push(take(addPoint(r, digit > 0 ? q : minusQ)))
    steps.push(lines)
  }
  const q1 = psi(q)
  const q2 = psi(q1)
  const q3 = psi(q2)
  steps.push([take(addPoint(r, q1)), take(addPoint(r, { x: q2.x, y: negate(q2.y) }))])
  const { x, y, z } = r
  if (isZero(z) || !equals(x, product(z, q3.x)) || !equals(y, negate(product(z, q3.y)))) return undefined
  return steps
}

/**
 * Divides each line by its first factor: a pairing with a fixed point is cheaper so, and has the same value, as all
 * elements of Fp2 become one in the final exponentiation.
 */
export function normalizeLines(lines: Lines): Lines {
  return lines.map((step) =>
    step.map(({ w0 = ONE, w1, w3 }) => {
      const by = invert(w0)
      return { w1: multiply(w1, by), w3: multiply(w3, by) }
    }),
  )
}

/**
 * The tangent at R, and 2R.
 *
 * @see {@link https://eprint.iacr.org/2009/615 | Costello, Lange and Naehrig, Faster Pairing Computations} §5
 */
function double({ x, y, z }: Projective): Step {
  const yy = reduce(square(y))
  const bzz = multiply(reduce(square(z)), TRIPLE_B)
  const yz2 = reduce(scale(product(y, z), 2n))
  const xy2 = reduce(scale(product(x, y), 2n))
  const bzz3 = scale(bzz, 3n)
  return {
    to: {
      x: multiply(subtract(yy, bzz3), xy2),
      y: reduce(subtract(square(add(yy, bzz3)), scale(square(bzz), 12n))),
      z: reduce(scale(product(yy, yz2), 4n)),
    },
    line: { w0: negate(yz2), w1: reduce(scale(square(x), 3n)), w3: subtract(bzz, yy) },
  }
}

/** The line through R and Q, and R + Q. Q is neither R nor −R. */
function addPoint({ x, y, z }: Projective, q: G2Affine): Step {
  const dy = reduce(subtract(y, product(q.y, z)))
  const dx = reduce(subtract(x, product(q.x, z)))
  const dx2 = reduce(square(dx))
  const dx3 = multiply(dx2, dx)
  const dx2x = multiply(dx2, x)
  const t = reduce(add(subtract(dx3, scale(dx2x, 2n)), product(reduce(square(dy)), z)))
  return {
    to: {
      x: multiply(dx, t),
      y: reduce(subtract(product(subtract(dx2x, t), dy), product(dx3, y))),
      z: multiply(z, dx3),
    },
    line: { w0: dx, w1: negate(dy), w3: reduce(subtract(product(dy, q.x), product(dx, q.y))) },
  }
}
