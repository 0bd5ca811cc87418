import { invert, mod } from './freedom.ts'
import type { Sum } from './linear-systems.ts'

/** Sums of bits have fewer bits than this. */
const POWERS = 254

const exponents = new Map<bigint, readonly [sign: 1 | -1, exponent: number]>()

/**
 * All ways to make a sum 0 with unknown wires of two values each, where the steps between the two are powers of two
 * times a common unit, each another power; undefined where they are not.
 */
export function readBits(
  sum: Sum,
  pairs: ReadonlyMap<number, readonly [bigint, bigint]>,
  prime: bigint,
): [wire: number, value: bigint][][] | undefined {
  const bits: { wire: number; pair: readonly [bigint, bigint]; step: bigint }[] = []
  let target = -sum.known // what the steps have to make together
  for (const [wire, coefficient] of sum.unknown) {
    const pair = pairs.get(wire)!
    target -= coefficient * pair[0]
    bits.push({ wire, pair, step: mod(coefficient * (pair[1] - pair[0]), prime) })
  }
  const unit = invert(bits[0]!.step, prime)
  const powers = bits.map(({ step }) => powerOfTwo(mod(step * unit, prime), prime))
  const least = Math.min(...powers.map((power) => power?.[1] ?? NaN))
  if (Number.isNaN(least)) return undefined
  const byExponent = new Map<number, { bit: (typeof bits)[number]; sign: 1 | -1 }>()
  let [offset, total] = [0n, 0n]
  for (const [index, power] of powers.entries()) {
    const [sign, exponent] = [power![0], power![1] - least]
    if (byExponent.has(exponent)) return undefined
    byExponent.set(exponent, { bit: bits[index]!, sign })
    total += 1n << BigInt(exponent)
    if (sign === -1) offset += 1n << BigInt(exponent) // counted from its other value, it adds
  }
  if (total >= 2n * prime) return undefined
  const scale = mod(unit * (least < 0 ? 1n << BigInt(-least) : invert(1n << BigInt(least), prime)), prime)
  const readings: [number, bigint][][] = []
  for (let number = mod(target * scale + offset, prime); number <= total; number += prime) {
    let rest = number
    const values = [...byExponent].map(([exponent, { bit, sign }]): [number, bigint] => {
      const isSet = ((number >> BigInt(exponent)) & 1n) === 1n
      if (isSet) rest -= 1n << BigInt(exponent)
      return [bit.wire, bit.pair[isSet === (sign === 1) ? 1 : 0]]
    })
    if (rest === 0n) readings.push(values)
  }
  return readings
}

function powerOfTwo(value: bigint, prime: bigint): readonly [sign: 1 | -1, exponent: number] | undefined {
  if (exponents.size === 0) {
    for (let power = 1 - POWERS; power < POWERS; power++) {
      const number = power < 0 ? invert(1n << BigInt(-power), prime) : mod(1n << BigInt(power), prime)
      exponents.set(number, [1, power])
      exponents.set(prime - number, [-1, power])
    }
  }
  return exponents.get(value)
}
