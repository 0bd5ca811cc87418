import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLruMap } from '../../src/runtime/index.ts'

/** What a map with these bounds would hold, told by a list instead: the last used comes last. */
function model(maxEntries: number, maxWeight: number) {
  let list: { key: string; value: number }[] = []
  const weight = (): number => list.reduce((sum, { value }) => sum + value, 0)
  return {
    get(key: string): number | undefined {
      const found = list.find((entry) => entry.key === key)
      if (found !== undefined) list = [...list.filter((entry) => entry !== found), found]
      return found?.value
    },
    set(key: string, value: number): void {
      list = [...list.filter((entry) => entry.key !== key), { key, value }]
      while (list.length > maxEntries || weight() > maxWeight) list.shift()
    },
    delete(key: string): void {
      list = list.filter((entry) => entry.key !== key)
    },
    keys: (): string[] => list.map(({ key }) => key),
  }
}

describe('a map of what was used last', () => {
  it('holds what a list would, whatever is done to it', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e')
    const step = fc.oneof(
      fc.record({ act: fc.constant('set' as const), key, value: fc.nat({ max: 9 }) }),
      fc.record({ act: fc.constantFrom('get' as const, 'peek' as const, 'delete' as const), key }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (steps, maxEntries) => {
        const map = createLruMap<number>({ maxEntries, maxWeight: 12, weigh: (value) => value })
        const expected = model(maxEntries, 12)
        for (const each of steps) {
          if (each.act === 'set') {
            map.set(each.key, each.value)
            expected.set(each.key, each.value)
          } else if (each.act === 'delete') {
            map.delete(each.key)
            expected.delete(each.key)
          } else if (each.act === 'get') expect(map.get(each.key)).toBe(expected.get(each.key))
          else expect(map.peek(each.key) !== undefined).toBe(expected.keys().includes(each.key))
          expect([...map.keys()]).toEqual(expected.keys())
        }
      }),
    )
  })

  it('does not hold what is too heavy by itself', () => {
    const map = createLruMap<number>({ maxWeight: 5, weigh: (value) => value })
    map.set('light', 1)
    map.set('heavy', 6)
    expect([...map.keys()]).toEqual([])
  })

  it('lets keys be removed while they are gone through', () => {
    const map = createLruMap<number>({ maxEntries: 9 })
    for (const key of ['a1', 'b', 'a2', 'c']) map.set(key, 0)
    for (const key of map.keys()) if (key.startsWith('a')) map.delete(key)
    expect([...map.keys()]).toEqual(['b', 'c'])
  })
})
