import { conjugate12, frobenius, invert12, multiply12, squareCyclotomic, type Fp12 } from './fp12.ts'
import { X } from './lines.ts'
import { signedDigits } from './naf.ts'

/** Digits of x, each ±1, ±3, ±5 or ±7 or zero; the first one is a one. */
const DIGITS = signedDigits(X, 4)

/**
 * Raises to a fixed multiple of (p¹² − 1)/r, so that the results of Miller loops become values that can be compared.
 *
 * @param f Any element other than zero.
 * @returns An element of the subgroup of order r; one exactly where `f` is an r-th power.
 * @see {@link https://doi.org/10.1007/978-3-642-28496-0_25 | Fuentes-Castañeda, Knapp and Rodríguez-Henríquez, Faster
 *   Hashing to G2} §5
 */
export function finalExponentiation(f: Fp12): Fp12 {
  const easy = multiply12(conjugate12(f), invert12(f))
  const r = multiply12(frobenius(frobenius(easy)), easy)
  const y1 = squareCyclotomic(powerMinusX(r))
  const y2 = multiply12(squareCyclotomic(y1), y1)
  const y4 = powerMinusX(y2)
  const y6 = powerMinusX(squareCyclotomic(y4))
  const y8 = multiply12(multiply12(conjugate12(y6), y4), conjugate12(y2))
  const y9 = multiply12(y8, y1)
  const first = multiply12(multiply12(y8, y4), r)
  const cubed = frobenius(frobenius(frobenius(multiply12(conjugate12(r), y9))))
  return multiply12(multiply12(first, frobenius(y9)), multiply12(frobenius(frobenius(y8)), cubed))
}

/** To the power of −x, in the subgroup in which the conjugate is the inverse. */
function powerMinusX(f: Fp12): Fp12 {
  const square = squareCyclotomic(f)
  const odd = [f]
  for (let at = 1; at < 4; at++) odd.push(multiply12(odd[at - 1] ?? f, square))
  let result: Fp12 | undefined
  for (const digit of DIGITS) {
    if (result !== undefined) result = squareCyclotomic(result)
    if (digit === 0) continue
    const table = odd[(Math.abs(digit) - 1) / 2] ?? f
    const factor = digit < 0 ? conjugate12(table) : table
    result = result === undefined ? factor : multiply12(result, factor)
  }
  return conjugate12(result ?? f)
}
