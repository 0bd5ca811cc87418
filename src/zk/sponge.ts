import { poseidon } from './poseidon.ts'

/** How many items one call of Poseidon takes up, beside the state. */
const RATE = 15

/**
 * Hashes a list of numbers: the state starts as their count and takes up 15 of them at a time; the last block is filled
 * up with zeros.
 *
 * @param items - Numbers of the field.
 * @returns A number of the field.
 * @throws {TypeError} An item is no number of the field.
 * @see docs/spec/zk.md, "Hashes"
 */
export function sponge(items: readonly bigint[]): bigint {
  let state = BigInt(items.length)
  for (let at = 0; at < items.length; at += RATE) {
    const block = items.slice(at, at + RATE)
    while (block.length < RATE) block.push(0n)
    state = poseidon([state, ...block])
  }
  return state
}
