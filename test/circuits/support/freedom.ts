import { constraintsByWire, type R1cs } from './r1cs.ts'

/**
 * The wires that can be changed alone, to any other value, without breaking a constraint.
 *
 * Not a trial of some values but of all: with one wire changed by d, a constraint's error is a polynomial in d of degree
 * two at most, which is 0 for every d, or for at most one d besides 0. Only the constraints that the wire is in matter.
 */
export function freeWires(r1cs: R1cs, witness: readonly bigint[]): number[] {
  const { prime } = r1cs
  const values = evaluate(r1cs, witness)
  const byWire = constraintsByWire(r1cs)
  const free: number[] = []
  for (let wire = 1; wire < r1cs.wires; wire++) {
    if (leavesFree(wire)) free.push(wire)
  }
  return free

  function leavesFree(wire: number): boolean {
    let only: bigint | undefined // the one d that all constraints so far allow; undefined: each d
    for (const constraint of byWire[wire]!) {
      const [ca, cb, cc] = r1cs.sides.map((side) => {
        let sum = 0n
        for (let term = side.start[constraint]!; term < side.start[constraint + 1]!; term++) {
          if (side.wire[term] === wire) sum += side.coefficient[term]!
        }
        return sum
      }) as [bigint, bigint, bigint]
      const [a, b] = [values[0]![constraint]!, values[1]![constraint]!]
      // (a + ca d) (b + cb d) - (c + cc d) = d (square d + linear), as a b = c.
      const square = mod(ca * cb, prime)
      const linear = mod(a * cb + b * ca - cc, prime)
      if (square === 0n && linear === 0n) continue
      if (square === 0n || linear === 0n) return false
      const root = mod(-linear * invert(square, prime), prime)
      if (only !== undefined && only !== root) return false
      only = root
    }
    return true
  }
}

/** The values of the three sides of each constraint. */
export function evaluate(r1cs: R1cs, witness: readonly bigint[]): readonly (readonly bigint[])[] {
  return r1cs.sides.map(({ start, wire, coefficient }) =>
    Array.from({ length: r1cs.constraints }, (_, constraint) => {
      let sum = 0n
      for (let term = start[constraint]!; term < start[constraint + 1]!; term++) {
        sum += coefficient[term]! * witness[wire[term]!]!
      }
      return mod(sum, r1cs.prime)
    }),
  )
}

/** The constraints that a witness breaks. */
export function brokenConstraints(r1cs: R1cs, witness: readonly bigint[]): number[] {
  const [a, b, c] = evaluate(r1cs, witness)
  return [...a!.keys()].filter((at) => mod(a![at]! * b![at]! - c![at]!, r1cs.prime) !== 0n)
}

/** The remainder, 0 to modulus - 1. */
export function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

/** The inverse of what is not 0, by Euclid. */
export function invert(value: bigint, modulus: bigint): bigint {
  let [r, newR, t, newT] = [modulus, mod(value, modulus), 0n, 1n]
  while (newR !== 0n) {
    const quotient = r / newR
    ;[r, newR] = [newR, r - quotient * newR]
    ;[t, newT] = [newT, t - quotient * newT]
  }
  return mod(t, modulus)
}
