import { expect, it } from 'vitest'
import { randomIndex } from '../../src/status/random-index.ts'

function bytesOf(...values: number[]): (length: number) => Uint8Array {
  return () => {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, values.shift() ?? 0)
    return bytes
  }
}

it('draws again where the remainder would favour some indices', () => {
  // 2^32 = 3 * 1431655765 + 1: the last value is left over.
  expect(randomIndex(3, bytesOf(2 ** 32 - 1, 5))).toBe(2)
  expect(randomIndex(3, bytesOf(2 ** 32 - 2))).toBe(2)
  expect(randomIndex(131_072, bytesOf(2 ** 32 - 1))).toBe(131_071)
})
