import fc from 'fast-check'
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { FIELD_ORDER, poseidon, sponge } from '../../src/zk/index.ts'
import * as reference from '../circuits/support/reference.ts'

const element = fc.oneof(
  fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n }),
  fc.constantFrom(0n, 1n, FIELD_ORDER - 1n, FIELD_ORDER - 2n, 2n ** 253n, 2n ** 64n),
)

describe('Poseidon', () => {
  it.each([1, 2, 3, 5, 7, 16])('hashes %d inputs as circomlibjs does', (count) => {
    const inputs = fc.array(element, { minLength: count, maxLength: count })
    fc.assert(
      fc.property(inputs, (values) => {
        expect(poseidon(values)).toBe(reference.poseidon(...values))
      }),
      {
        numRuns: 40,
        examples: [[Array<bigint>(count).fill(0n)], [Array<bigint>(count).fill(FIELD_ORDER - 1n)]],
      },
    )
  })

  it.each([0, 4, 17])('has no state for %d inputs', (count) => {
    expect(() => poseidon(Array<bigint>(count).fill(1n))).toThrow(TypeError)
  })

  it.each([[-1n], [FIELD_ORDER], [2n ** 300n], [1 as never], ['1' as never], [undefined as never]])(
    'takes numbers of the field only: not %s',
    (value) => {
      expect(() => poseidon([value])).toThrow(TypeError)
      expect(() => poseidon([1n, value])).toThrow(TypeError)
    },
  )

  it('computes with the constants that its tool writes', () => {
    execFileSync(process.execPath, ['tools/poseidon-constants.mjs', '--check'])
  })
})

describe('the sponge', () => {
  it('agrees with circomlibjs for any number of items', () => {
    fc.assert(
      fc.property(fc.array(element, { maxLength: 35 }), (items) => {
        expect(sponge(items)).toBe(reference.sponge(items))
      }),
      { numRuns: 30, examples: [[[]], [Array<bigint>(15).fill(7n)], [Array<bigint>(16).fill(7n)]] },
    )
  })

  it('tells a list from the same one with zeros behind it', () => {
    expect(sponge([1n])).not.toBe(sponge([1n, 0n]))
    expect(sponge([])).not.toBe(sponge([0n]))
  })

  it('takes numbers of the field only', () => {
    expect(() => sponge([FIELD_ORDER])).toThrow(TypeError)
  })
})
