import { bn254 } from '@noble/curves/bn254.js'
import { canonical, conjugate, equals, multiply, ONE, P, power, type Fp2 } from './fp2.ts'
import {
  add4,
  conjugate4,
  negate4,
  product4,
  reduce4,
  scale4,
  square4,
  subtract4,
  timesS,
  type Fp4,
} from './fp4.ts'

/**
 * `a + b·w + c·w²` with w³ = s, so w⁶ = ξ: the field in which pairings take their values. Between calls all
 * coordinates are from −p to p.
 */
export interface Fp12 {
  /** The first part. */
  readonly a: Fp4
  /** The part at w. */
  readonly b: Fp4
  /** The part at w². */
  readonly c: Fp4
}

const ZERO: Fp2 = { c0: 0n, c1: 0n }
const ZERO4: Fp4 = { a: ZERO, b: ZERO }

/** The one. */
export const ONE12: Fp12 = { a: { a: ONE, b: ZERO }, b: ZERO4, c: ZERO4 }

const reduce12 = (a: Fp4, b: Fp4, c: Fp4): Fp12 => ({ a: reduce4(a), b: reduce4(b), c: reduce4(c) })

/** Whether both are the same element. */
export function equals12(x: Fp12, y: Fp12): boolean {
  return parts(x).every((part, at) => equals(part, parts(y)[at] ?? ZERO))
}

/** The product. */
export function multiply12(x: Fp12, y: Fp12): Fp12 {
  const a = product4(x.a, y.a)
  const b = product4(x.b, y.b)
  const c = product4(x.c, y.c)
  const bc = subtract4(product4(add4(x.b, x.c), add4(y.b, y.c)), add4(b, c))
  const ab = subtract4(product4(add4(x.a, x.b), add4(y.a, y.b)), add4(a, b))
  const ac = subtract4(product4(add4(x.a, x.c), add4(y.a, y.c)), add4(a, c))
  return reduce12(add4(a, timesS(bc)), add4(ab, timesS(c)), add4(ac, b))
}

/**
 * The square.
 *
 * @see {@link https://doi.org/10.1109/ARITH.2007.11 | Chung and Hasan, Asymmetric Squaring Formulae}, SQR2
 */
export function square12({ a, b, c }: Fp12): Fp12 {
  const aa = square4(a)
  const cc = square4(c)
  const ab = product4(a, b)
  const bc = product4(b, c)
  const twiceAb = add4(ab, ab)
  const twiceBc = add4(bc, bc)
  const all = square4(subtract4(add4(a, c), b))
  const outer = subtract4(add4(add4(all, twiceAb), twiceBc), add4(aa, cc))
  return reduce12(add4(aa, timesS(twiceBc)), add4(twiceAb, timesS(cc)), outer)
}

/**
 * The square of an element whose (p⁴ − p² + 1)-th power is one, as all are after the easy part of the final
 * exponentiation.
 *
 * @see {@link https://eprint.iacr.org/2009/565 | Granger and Scott, Faster Squaring in the Cyclotomic Subgroup}, §3
 */
export function squareCyclotomic({ a, b, c }: Fp12): Fp12 {
  const three = (x: Fp4) => add4(add4(x, x), x)
  const twice = (x: Fp4) => add4(x, x)
  return reduce12(
    subtract4(three(square4(a)), twice(conjugate4(a))),
    add4(three(timesS(square4(c))), twice(conjugate4(b))),
    subtract4(three(square4(b)), twice(conjugate4(c))),
  )
}

/** Times the sparse element `constant + w·w1 + w³·w3`; a constant that is left out is one, which is cheaper. */
export function multiplySparse(x: Fp12, w1: Fp2, w3: Fp2, constant?: Fp2): Fp12 {
  const times =
    constant === undefined
      ? (y: Fp4) => add4(y, timesS(scale4(y, w3)))
      : (y: Fp4) => product4(y, { a: constant, b: w3 })
  return reduce12(
    add4(times(x.a), timesS(scale4(x.c, w1))),
    add4(times(x.b), scale4(x.a, w1)),
    add4(times(x.c), scale4(x.b, w1)),
  )
}

/** What the p⁶-th power is; after the easy part of the final exponentiation also the inverse. */
export function conjugate12({ a, b, c }: Fp12): Fp12 {
  return { a: conjugate4(a), b: negate4(conjugate4(b)), c: conjugate4(c) }
}

/** ξ to the power of k·(p − 1)/6. */
const FROBENIUS: readonly Fp2[] = [0n, 1n, 2n, 3n, 4n, 5n].map((k) =>
  power({ c0: 9n, c1: 1n }, (k * (P - 1n)) / 6n),
)

/** The p-th power. */
export function frobenius(x: Fp12): Fp12 {
  return fromParts(parts(x).map((part, k) => multiply(conjugate(part), FROBENIUS[k] ?? ZERO)))
}

/** The inverse. */
export function invert12(x: Fp12): Fp12 {
  return fromNoble(bn254.fields.Fp12.inv(toNoble(x)))
}

/** The same element as noble writes it, in canonical coordinates. */
export function toNoble(x: Fp12): NobleFp12 {
  const [c00, c10, c01, c11, c02, c12] = parts(x).map(canonical)
  return {
    c0: { c0: c00 ?? ZERO, c1: c01 ?? ZERO, c2: c02 ?? ZERO },
    c1: { c0: c10 ?? ZERO, c1: c11 ?? ZERO, c2: c12 ?? ZERO },
  }
}

function fromNoble({ c0, c1 }: NobleFp12): Fp12 {
  return fromParts([c0.c0, c1.c0, c0.c1, c1.c1, c0.c2, c1.c2])
}

/** Two elements of a field over three of Fp2: noble's tower, with v = w². */
export type NobleFp12 = Parameters<typeof bn254.fields.Fp12.inv>[0]

/** The coordinates at w⁰ to w⁵. */
function parts({ a, b, c }: Fp12): readonly Fp2[] {
  return [a.a, b.a, c.a, a.b, b.b, c.b]
}

function fromParts([a = ZERO, b = ZERO, c = ZERO, d = ZERO, e = ZERO, f = ZERO]: readonly Fp2[]): Fp12 {
  return { a: { a, b: d }, b: { a: b, b: e }, c: { a: c, b: f } }
}
