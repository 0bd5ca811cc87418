import { expect, it } from 'vitest'
import { createBoundedMap } from '../../src/keys/bounded-map.ts'

it('a bounded map forgets its oldest entries, and only them', () => {
  const map = createBoundedMap<number>(3)
  for (let entry = 0; entry < 10; entry++) map.set(`k${entry}`, entry)
  expect(Array.from({ length: 10 }, (_, entry) => map.get(`k${entry}`))).toEqual([
    ...Array.from({ length: 7 }, () => undefined),
    7,
    8,
    9,
  ])
  map.set('k9', 99)
  expect(map.get('k7')).toBe(7)
  expect(map.get('k9')).toBe(99)
})
