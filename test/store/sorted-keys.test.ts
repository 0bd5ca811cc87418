import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSortedKeys } from '../../src/store/sorted-keys.ts'

/** Few different keys, so that they meet again; many calls, so that blocks are cut and emptied. */
const key = fc
  .tuple(fc.constantFrom('a', 'b', 'b/', 'c'), fc.nat({ max: 2000 }))
  .map(([prefix, n]) => `${prefix}${String(n)}`)
const call = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('filter' as const), key }) },
)

describe('sorted keys', () => {
  it('are what a sorted set would be, whatever was added and removed', () => {
    const calls = fc.array(call, { minLength: 0, maxLength: 3000, size: 'max' })
    const question = fc.record({
      prefix: fc.constantFrom('', 'a', 'b', 'b/', 'b/1', 'd'),
      after: fc.option(key),
    })
    const property = fc.property(calls, fc.array(question, { minLength: 1, maxLength: 5 }), (done, asked) => {
      const [keys, model] = [createSortedKeys(), new Set<string>()]
      for (const { kind, key: one } of done) {
        if (kind === 'add' && !model.has(one)) {
          keys.add(one)
          model.add(one)
        } else if (kind === 'remove') {
          keys.remove(one)
          model.delete(one)
        } else if (kind === 'filter' && one.endsWith('7')) {
          keys.filter((each) => !each.endsWith('7'))
          for (const each of model) if (each.endsWith('7')) model.delete(each)
        }
      }
      for (const { prefix, after } of asked) {
        const expected = [...model]
          .filter((each) => each.startsWith(prefix) && (after === null || each > after))
          .sort((left, right) => (left < right ? -1 : 1))
        expect([...keys.under(prefix, after ?? undefined)]).toEqual(expected)
      }
    })
    fc.assert(property, { numRuns: 60 })
  })

  it('keeps its order over more keys than a block holds', () => {
    const keys = createSortedKeys()
    const all = Array.from({ length: 5000 }, (_, index) => String((index * 7919) % 5000).padStart(4, '0'))
    for (const each of all) keys.add(each)
    expect([...keys.under('')]).toEqual(all.toSorted())
    for (const each of all) if (each !== '2500') keys.remove(each)
    expect([...keys.under('25')]).toEqual(['2500'])
  })
})
