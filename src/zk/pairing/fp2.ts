/** The modulus p of the field of bn254's coordinates. */
export const P: bigint = 0x30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47n

/**
 * `c0 + c1·i` with i² = −1.
 *
 * The arithmetic here is lazy: sums and products are not reduced, and a reduced coordinate is between −p and p, since
 * a division with remainder costs three times as much as a product. Only {@link canonical} makes equal elements look
 * equal. Not in constant time: everything that a verifier computes with is public.
 */
export interface Fp2 {
  /** The real part. */
  readonly c0: bigint
  /** The part at i. */
  readonly c1: bigint
}

/** The one. */
export const ONE: Fp2 = { c0: 1n, c1: 0n }

/** Reduces both coordinates to between −p and p. */
export function reduce({ c0, c1 }: Fp2): Fp2 {
  return { c0: c0 % P, c1: c1 % P }
}

/** The only form of an element: both coordinates from 0 to p − 1. */
export function canonical({ c0, c1 }: Fp2): Fp2 {
  return { c0: ((c0 % P) + P) % P, c1: ((c1 % P) + P) % P }
}

/** Whether both are the same element. */
export function equals(a: Fp2, b: Fp2): boolean {
  return isZero(subtract(a, b))
}

/** Whether it is zero. */
export function isZero({ c0, c1 }: Fp2): boolean {
  return c0 % P === 0n && c1 % P === 0n
}

/** Not reduced. */
export function add(a: Fp2, b: Fp2): Fp2 {
  return { c0: a.c0 + b.c0, c1: a.c1 + b.c1 }
}

/** Not reduced. */
export function subtract(a: Fp2, b: Fp2): Fp2 {
  return { c0: a.c0 - b.c0, c1: a.c1 - b.c1 }
}

/** The negative. */
export function negate({ c0, c1 }: Fp2): Fp2 {
  return { c0: -c0, c1: -c1 }
}

/** What the p-th power is. */
export function conjugate({ c0, c1 }: Fp2): Fp2 {
  return { c0, c1: -c1 }
}

/** Times a number; not reduced. */
export function scale({ c0, c1 }: Fp2, by: bigint): Fp2 {
  return { c0: c0 * by, c1: c1 * by }
}

/** Times ξ = 9 + i, which the higher fields are built on; not reduced. */
export function timesXi({ c0, c1 }: Fp2): Fp2 {
  return { c0: c0 * 9n - c1, c1: c0 + c1 * 9n }
}

/** The product, not reduced. Four products of numbers: here Karatsuba's three cost more in sums than they save. */
export function product(a: Fp2, b: Fp2): Fp2 {
  return { c0: a.c0 * b.c0 - a.c1 * b.c1, c1: a.c0 * b.c1 + a.c1 * b.c0 }
}

/** The square, not reduced. */
export function square({ c0, c1 }: Fp2): Fp2 {
  return { c0: (c0 + c1) * (c0 - c1), c1: 2n * c0 * c1 }
}

/** The product, reduced. */
export function multiply(a: Fp2, b: Fp2): Fp2 {
  return reduce(product(a, b))
}

/** A power; the exponent is not negative. */
export function power(base: Fp2, exponent: bigint): Fp2 {
  let result = ONE
  for (const bit of exponent.toString(2)) {
    result = reduce(square(result))
    if (bit === '1') result = multiply(result, base)
  }
  return result
}

/** The inverse, or zero for zero. */
export function invert({ c0, c1 }: Fp2): Fp2 {
  const norm = invertNumber(c0 * c0 + c1 * c1)
  return reduce(scale({ c0, c1: -c1 }, norm))
}

/** The inverse modulo p, from −p to p, or 0 for 0. */
export function invertNumber(value: bigint): bigint {
  let [a, b, x, y] = [((value % P) + P) % P, P, 1n, 0n]
  while (a !== 0n) {
    const quotient = b / a
    ;[a, b, x, y] = [b - quotient * a, a, y - quotient * x, x]
  }
  return b === 1n ? y : 0n
}
