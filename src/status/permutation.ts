import { sha256 } from '../runtime/index.ts'

const ROUNDS = 10

/** An order of the numbers from 0 to `length` − 1 that nobody knows who does not know the key. */
export interface Permutation {
  /** The number that stands at a position. */
  at(position: number): number
  /** The position at which a number stands. */
  positionOf(number: number): number
}

/**
 * Makes an order of numbers out of a secret key: a Feistel network over the smallest range of whole bits, whose
 * results are put in again until they are in range. It takes no memory, whatever the length.
 *
 * @param length - How many numbers, 1 to 2^31. Positions and numbers outside give nonsense.
 * @param key - The secret, the same for all who share the order.
 */
export function createPermutation(length: number, key: Uint8Array): Permutation {
  const bits = Math.max(2, Math.ceil(Math.log2(length)))
  const widths = [bits - (bits >> 1), bits >> 1] as const
  const input = new Uint8Array([...key, 0, 0, 0, 0, 0])
  const tail = new DataView(input.buffer, key.length)

  const mix = (round: number, half: number): number => {
    tail.setUint8(0, round)
    tail.setUint32(1, half)
    const [first = 0, second = 0, third = 0] = sha256(input)
    return first | (second << 8) | (third << 16)
  }
  // Even rounds change the upper half by the lower one, odd rounds the other way round.
  const shuffle = (number: number, rounds: readonly number[]): number => {
    const [upperBits, lowerBits] = widths
    let upper = number >>> lowerBits
    let lower = number & (2 ** lowerBits - 1)
    for (const round of rounds) {
      if (round % 2 === 0) upper ^= mix(round, lower) & (2 ** upperBits - 1)
      else lower ^= mix(round, upper) & (2 ** lowerBits - 1)
    }
    return upper * 2 ** lowerBits + lower
  }
  const walk = (number: number, rounds: readonly number[]): number => {
    let result = shuffle(number, rounds)
    while (result >= length) result = shuffle(result, rounds)
    return result
  }
  const forwards = Array.from({ length: ROUNDS }, (_, round) => round)
  const backwards = forwards.toReversed()
  return { at: (position) => walk(position, forwards), positionOf: (number) => walk(number, backwards) }
}
