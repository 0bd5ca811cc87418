import { invert, mod } from './freedom.ts'
import { add, BASE8, FIELD, multiply, ORDER, type Point } from './reference.ts'
import { squareRoot } from './square-root.ts'

const A = 168700n
const D = 168696n

/** The curve has points of order 8: one of them, from any point outside of the subgroup. */
export const ORDER_EIGHT: Point = findOrderEight()

/** One point of each small order. */
export const SMALL_ORDER: Readonly<Record<string, Point>> = {
  1: [0n, 1n],
  2: multiply(ORDER_EIGHT, 4n),
  4: multiply(ORDER_EIGHT, 2n),
  8: ORDER_EIGHT,
}

/** A point of order 8 l: on the curve, of large order, and not in the subgroup. */
export const OUTSIDE: Point = add(BASE8, ORDER_EIGHT)

function findOrderEight(): Point {
  for (let y = 2n; ; y++) {
    // a x^2 + y^2 = 1 + d x^2 y^2
    const square = mod((1n - y * y) * invert(A - D * y * y, FIELD), FIELD)
    const x = squareRoot(square, FIELD)
    if (x === undefined) continue
    const small = multiply([x, y], ORDER)
    if (multiply(small, 4n)[0] === 0n && multiply(small, 4n)[1] === FIELD - 1n) return small
  }
}
