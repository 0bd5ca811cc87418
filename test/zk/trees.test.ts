import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTokenStatusList } from '../../src/status/index.ts'
import {
  buildTree,
  emptyRoot,
  FIELD_ORDER,
  issuerLeaf,
  MAX_STATUSES,
  rootOf,
  STATUS_DEPTH,
  statusTree,
} from '../../src/zk/index.ts'
import * as reference from '../circuits/support/reference.ts'

const leaf = fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n }))

describe('a Merkle tree', () => {
  it('has the root and the siblings of another implementation', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(leaf, { maxLength: 32 }),
        fc.nat(),
        (depth, all, at) => {
          const leaves = all.slice(0, 2 ** depth)
          const index = at % 2 ** depth
          const tree = buildTree(depth, leaves)
          const expected = reference.tree(depth, new Map(leaves.entries()), index)
          expect(tree.root).toBe(expected.root)
          expect(tree.path(index)).toEqual(expected.siblings)
          expect(tree.leaf(index)).toBe(leaves[index] ?? 0n)
          expect(rootOf(tree.leaf(index), index, tree.path(index))).toBe(tree.root)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('that is changed leaf by leaf is the one that is built of the leaves', () => {
    const changes = fc.array(fc.tuple(fc.nat({ max: 15 }), leaf), { maxLength: 8 })
    fc.assert(
      fc.property(fc.array(leaf, { maxLength: 16 }), changes, (leaves, list) => {
        const tree = buildTree(4, leaves)
        const all = Array.from({ length: 16 }, (_, i) => leaves[i] ?? 0n)
        for (const [index, value] of list) {
          tree.set(index, value)
          all[index] = value
        }
        const built = buildTree(4, all)
        expect(tree.root).toBe(built.root)
        for (let index = 0; index < 16; index++) expect(tree.path(index)).toEqual(built.path(index))
      }),
      { numRuns: 25 },
    )
  })

  it('gives a path to one place only', () => {
    const tree = buildTree(3, [5n, 6n, 7n])
    expect(rootOf(5n, 1, tree.path(0))).not.toBe(tree.root)
    expect(rootOf(6n, 0, tree.path(0))).not.toBe(tree.root)
  })

  it('of nothing is an empty one', () => {
    expect(buildTree(8, []).root).toBe(emptyRoot(8))
    expect(buildTree(8, [0n, 0n]).root).toBe(emptyRoot(8))
  })

  it.each([0, 33, 1.5, NaN])('is not %d levels deep', (depth) => {
    expect(() => buildTree(depth, [])).toThrow(TypeError)
  })

  it('refuses more leaves than it has places, and numbers and places that it has not', () => {
    expect(() => buildTree(1, [1n, 2n, 3n])).toThrow(TypeError)
    expect(() => buildTree(1, [FIELD_ORDER])).toThrow(TypeError)
    const tree = buildTree(1, [])
    for (const index of [-1, 2, 0.5, NaN]) {
      expect(() => tree.path(index)).toThrow(TypeError)
      expect(() => tree.leaf(index)).toThrow(TypeError)
      expect(() => tree.set(index, 1n)).toThrow(TypeError)
    }
    expect(() => tree.set(0, -1n)).toThrow(TypeError)
    expect(tree.root).toBe(emptyRoot(1))
  })
})

describe('a status tree', () => {
  it('has a bit for each status that is not valid, the first one lowest', () => {
    const list = createTokenStatusList({ length: 1024 })
    list.set(0, 1)
    list.set(129, 2)
    list.set(1023, 3)
    const tree = statusTree(list)
    expect(tree.leaf(5)).toBe(1n)
    expect(tree.leaf(128)).toBe(2n)
    expect(tree.leaf(1000)).toBe(2n ** 127n)
    expect(tree.leaf(300)).toBe(0n)
    const leaves = new Map([
      [0, 1n],
      [1, 2n],
      [7, 2n ** 127n],
    ])
    const expected = reference.tree(STATUS_DEPTH, leaves, 1)
    expect(tree.root).toBe(expected.root)
    expect(tree.path(130)).toEqual(expected.siblings)
  })

  it('that is changed is the one of the changed list', () => {
    const index = fc.nat({ max: 511 })
    fc.assert(
      fc.property(fc.array(fc.tuple(index, fc.boolean()), { maxLength: 6 }), (changes) => {
        const list = createTokenStatusList({ length: 512 })
        list.set(300, 1)
        const tree = statusTree(list)
        for (const [at, isSet] of changes) {
          list.set(at, isSet ? 1 : 0)
          tree.set(at, isSet)
        }
        expect(tree.root).toBe(statusTree(list).root)
      }),
      { numRuns: 15 },
    )
  })

  it('is valid behind the end of its list', () => {
    const tree = statusTree({ length: 3, get: () => true })
    expect(tree.leaf(0)).toBe(7n)
    expect(tree.leaf(MAX_STATUSES - 1)).toBe(0n)
    expect(rootOf(0n, MAX_STATUSES / 128 - 1, tree.path(MAX_STATUSES - 1))).toBe(tree.root)
  })

  it('has 2^24 places', () => {
    expect(() => statusTree({ length: MAX_STATUSES + 1, get: () => 0 })).toThrow(TypeError)
    expect(() => statusTree({ length: NaN, get: () => 0 })).toThrow(TypeError)
    const tree = statusTree({ length: 0, get: () => 0 })
    for (const index of [-1, MAX_STATUSES, 0.5]) {
      expect(() => tree.leaf(index)).toThrow(TypeError)
      expect(() => tree.path(index)).toThrow(TypeError)
      expect(() => tree.set(index, true)).toThrow(TypeError)
    }
  })

  it('is in the leaf of its issuer', () => {
    expect(issuerLeaf({ x: 1n, y: 2n }, 3n)).toBe(reference.poseidon(1n, 2n, 3n))
  })
})
