import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createPermutation } from '../../src/status/permutation.ts'

/** Written down from docs/spec/status.md §4.1, with big integers and Node's own hash. */
function specified(position: number, length: number, secret: Uint8Array): number {
  let bits = 2
  while (2 ** bits < length) bits++
  const lowerBits = BigInt(Math.floor(bits / 2))
  const upperBits = BigInt(bits) - lowerBits
  let value = BigInt(position)
  do {
    let [upper, lower] = [value >> lowerBits, value & ((1n << lowerBits) - 1n)]
    for (let round = 0; round < 10; round++) {
      const half = Buffer.alloc(4)
      half.writeUInt32BE(Number(round % 2 === 0 ? lower : upper))
      const hash = createHash('sha256').update(secret).update(Buffer.of(round)).update(half).digest()
      const mixed = BigInt(hash.readUIntLE(0, 3))
      if (round % 2 === 0) upper ^= mixed & ((1n << upperBits) - 1n)
      else lower ^= mixed & ((1n << lowerBits) - 1n)
    }
    value = (upper << lowerBits) | lower
  } while (value >= BigInt(length))
  return Number(value)
}

const key = fc.uint8Array({ minLength: 32, maxLength: 32 })

describe('an order of places', () => {
  it('has each number once, and knows where it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), key, (length, secret) => {
        const order = createPermutation(length, secret)
        const numbers = Array.from({ length }, (_, position) => order.at(position))
        expect(new Set(numbers).size).toBe(length)
        expect(Math.min(...numbers)).toBe(0)
        expect(Math.max(...numbers)).toBe(length - 1)
        expect(numbers.map((number) => order.positionOf(number))).toEqual(numbers.map((_, place) => place))
      }),
    )
  })

  it('is in range for the lengths that lists have', () => {
    fc.assert(
      fc.property(fc.integer({ min: 131_072, max: 33_554_432 }), fc.nat(), key, (length, seed, secret) => {
        const order = createPermutation(length, secret)
        const number = order.at(seed % length)
        expect(Number.isInteger(number) && number >= 0 && number < length).toBe(true)
        expect(order.positionOf(number)).toBe(seed % length)
      }),
    )
  })

  it('is another one for another key', () => {
    const [first, second] = [1, 2].map((fill) => createPermutation(131_072, new Uint8Array(32).fill(fill)))
    const same = Array.from({ length: 1000 }, (_, position) => first?.at(position) === second?.at(position))
    expect(same.filter(Boolean).length).toBeLessThan(10)
  })

  it.each([131_072, 1_000_000, 33_554_432, 3, 1])('of %d is the one that is specified', (length) => {
    const secret = new Uint8Array(32).map((_, index) => index * 7)
    const order = createPermutation(length, secret)
    for (let count = 0; count < 20; count++) {
      const position = Math.floor((count * length) / 20)
      expect(order.at(position)).toBe(specified(position, length, secret))
    }
  })

  it('spreads neighbours evenly', () => {
    const order = createPermutation(1_000_000, new Uint8Array(32).fill(7))
    const tenths = new Array<number>(10).fill(0)
    let rising = 0
    for (let position = 0; position < 10_000; position++) {
      const number = order.at(position)
      tenths[Math.floor(number / 100_000)]! += 1
      if (order.at(position + 1) > number) rising++
    }
    // 1000 each and 5000, with standard deviations of 30 and about 29: six of them.
    for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(180)
    expect(Math.abs(rising - 5000)).toBeLessThan(180)
  })
})
