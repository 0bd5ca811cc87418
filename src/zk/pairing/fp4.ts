import { add, negate, product, reduce, square, subtract, timesXi, type Fp2 } from './fp2.ts'

/** `a + b·s` with s² = ξ. Lazy as {@link Fp2}. */
export interface Fp4 {
  /** The first part. */
  readonly a: Fp2
  /** The part at s. */
  readonly b: Fp2
}

/** Reduces all coordinates to between −p and p. */
export function reduce4({ a, b }: Fp4): Fp4 {
  return { a: reduce(a), b: reduce(b) }
}

/** Not reduced. */
export function add4(x: Fp4, y: Fp4): Fp4 {
  return { a: add(x.a, y.a), b: add(x.b, y.b) }
}

/** Not reduced. */
export function subtract4(x: Fp4, y: Fp4): Fp4 {
  return { a: subtract(x.a, y.a), b: subtract(x.b, y.b) }
}

/** The negative. */
export function negate4({ a, b }: Fp4): Fp4 {
  return { a: negate(a), b: negate(b) }
}

/** `a − b·s`. */
export function conjugate4({ a, b }: Fp4): Fp4 {
  return { a, b: negate(b) }
}

/** Times s; not reduced. */
export function timesS({ a, b }: Fp4): Fp4 {
  return { a: timesXi(b), b: a }
}

/** Times an element of the field below; not reduced. */
export function scale4({ a, b }: Fp4, by: Fp2): Fp4 {
  return { a: product(a, by), b: product(b, by) }
}

/** The product, not reduced. */
export function product4(x: Fp4, y: Fp4): Fp4 {
  return {
    a: add(product(x.a, y.a), timesXi(product(x.b, y.b))),
    b: add(product(x.a, y.b), product(x.b, y.a)),
  }
}

/** The square, not reduced. */
export function square4({ a, b }: Fp4): Fp4 {
  const half = product(a, b)
  return { a: add(square(a), timesXi(square(b))), b: add(half, half) }
}
