import { assertFieldElement, poseidon } from './poseidon.ts'

/** A Merkle tree of fixed depth whose node is the Poseidon hash of its two children. */
export interface MerkleTree {
  /** How many levels there are above the leaves. */
  readonly depth: number
  /** The hash of all. */
  readonly root: bigint
  /**
   * Reads a leaf; 0 where none was set.
   *
   * @throws {TypeError} The index is not in the tree.
   */
  leaf(index: number): bigint
  /**
   * The siblings on the way from a leaf to the root, lowest first: as many as the tree is deep.
   *
   * @throws {TypeError} The index is not in the tree.
   */
  path(index: number): readonly bigint[]
  /**
   * Changes a leaf and the nodes above it, in as many hashes as the tree is deep.
   *
   * @throws {TypeError} The index is not in the tree, or the leaf is no number of the field.
   */
  set(index: number, leaf: bigint): void
}

const MAX_DEPTH = 32
/** Roots of trees in which all is 0, by depth. */
const empty: bigint[] = [0n]

/**
 * Builds a tree. Subtrees without leaves take neither hashes nor memory.
 *
 * @param depth - 1 to 32.
 * @param leaves - From index 0 on, at most 2^depth; what follows them is 0.
 * @throws {TypeError} The depth is out of range, there are too many leaves, or one is no number of the field.
 * @see docs/spec/zk.md, "Trees"
 */
export function buildTree(depth: number, leaves: readonly bigint[]): MerkleTree {
  if (!Number.isInteger(depth) || depth < 1 || depth > MAX_DEPTH) {
    throw new TypeError(`depth must be 1 to ${String(MAX_DEPTH)}`)
  }
  if (leaves.length > 2 ** depth) throw new TypeError('the tree has no place for so many leaves')
  const levels = buildLevels(depth, leaves)
  const node = (level: number, index: number): bigint => levels[level]?.get(index) ?? emptyRoot(level)
  const checkIndex = (index: number): void => {
    if (!Number.isInteger(index) || index < 0 || index >= 2 ** depth) {
      throw new TypeError('the index is not in the tree')
    }
  }
  return {
    depth,
    get root() {
      return node(depth, 0)
    },
    leaf(index) {
      checkIndex(index)
      return node(0, index)
    },
    path(index) {
      checkIndex(index)
      return Array.from({ length: depth }, (_, level) => node(level, ancestor(index, level) ^ 1))
    },
    set(index, leaf) {
      checkIndex(index)
      assertFieldElement(leaf)
      let value = leaf
      for (const [level, nodes] of levels.entries()) {
        const at = ancestor(index, level)
        if (level > 0) value = poseidon([node(level - 1, 2 * at), node(level - 1, 2 * at + 1)])
        if (value === emptyRoot(level)) nodes.delete(at)
        else nodes.set(at, value)
      }
    },
  }
}

/** The root of a tree of that depth in which all leaves are 0. */
export function emptyRoot(depth: number): bigint {
  for (let level = empty.length; level <= depth; level++) {
    const below = empty[level - 1] ?? 0n
    empty.push(poseidon([below, below]))
  }
  return empty[depth] ?? 0n
}

/**
 * The root that a path leads to: what the circuit computes.
 *
 * @param index - Where the leaf is, from 0.
 * @param siblings - Lowest first.
 */
export function rootOf(leaf: bigint, index: number, siblings: readonly bigint[]): bigint {
  return siblings.reduce(
    (node, sibling, level) => poseidon(ancestor(index, level) % 2 === 0 ? [node, sibling] : [sibling, node]),
    leaf,
  )
}

/** The nodes that are not the root of an empty subtree, level by level from the leaves on. */
function buildLevels(depth: number, leaves: readonly bigint[]): readonly Map<number, bigint>[] {
  let below = new Map<number, bigint>()
  for (const [index, leaf] of leaves.entries()) {
    assertFieldElement(leaf)
    if (leaf !== 0n) below.set(index, leaf)
  }
  const levels = [below]
  for (let level = 1; level <= depth; level++) {
    const nodes = new Map<number, bigint>()
    const child = (index: number): bigint => below.get(index) ?? emptyRoot(level - 1)
    for (const index of below.keys()) {
      const at = ancestor(index, 1)
      if (!nodes.has(at)) nodes.set(at, poseidon([child(2 * at), child(2 * at + 1)]))
    }
    levels.push(nodes)
    below = nodes
  }
  return levels
}

function ancestor(index: number, level: number): number {
  return Math.floor(index / 2 ** level)
}
