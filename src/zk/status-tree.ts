import { buildTree, type MerkleTree } from './merkle.ts'
import { poseidon } from './poseidon.ts'
import type { BabyJubJubPoint } from './baby-jubjub.ts'

/** Levels of a status tree above its leaves. */
export const STATUS_DEPTH = 17
/** How many statuses stand in one leaf. */
export const STATUSES_PER_LEAF = 128
/** How many statuses a tree has: 2^24. */
export const MAX_STATUSES: number = STATUSES_PER_LEAF * 2 ** STATUS_DEPTH

/** What a status tree is made of: a status list of any kind. */
export interface StatusBits {
  /** How many statuses there are, at most {@link MAX_STATUSES}. */
  readonly length: number
  /** The status at an index; anything but 0 (false) is not valid. */
  get(index: number): number | boolean
}

/** The Merkle tree over a status list, in which proofs show that one status is valid. */
export interface StatusTree {
  /** The hash of all. */
  readonly root: bigint
  /**
   * The 128 statuses around an index, as the circuit takes them: the first one is the lowest bit.
   *
   * @throws {TypeError} The index is not below 2^24.
   */
  leaf(index: number): bigint
  /**
   * The siblings on the way from the leaf of an index to the root, lowest first.
   *
   * @throws {TypeError} The index is not below 2^24.
   */
  path(index: number): readonly bigint[]
  /**
   * Changes one status, in 17 hashes.
   *
   * @param isSet - Whether the status is anything but valid.
   * @throws {TypeError} The index is not below 2^24.
   */
  set(index: number, isSet: boolean): void
}

/**
 * Builds the tree over a status list. What lies behind the end of the list is valid.
 *
 * A leaf in which all is valid costs no hash, so that a list of 2^20 statuses costs what its revoked ones cost.
 *
 * @throws {TypeError} The list has more than {@link MAX_STATUSES} entries.
 * @see docs/spec/zk.md, "Status"
 */
export function statusTree(list: StatusBits): StatusTree {
  if (!(list.length <= MAX_STATUSES)) throw new TypeError('the list is too long for a status tree')
  return treeOf(buildTree(STATUS_DEPTH, leavesOf(list)))
}

function treeOf(tree: MerkleTree): StatusTree {
  return {
    get root() {
      return tree.root
    },
    leaf: (index) => tree.leaf(leafIndex(index)),
    path: (index) => tree.path(leafIndex(index)),
    set(index, isSet) {
      const at = leafIndex(index)
      const bit = 1n << BigInt(index % STATUSES_PER_LEAF)
      const before = tree.leaf(at)
      const after = isSet ? before | bit : before & ~bit
      if (after !== before) tree.set(at, after)
    },
  }
}

function leavesOf(list: StatusBits): bigint[] {
  const leaves: bigint[] = []
  for (let start = 0; start < list.length; start += STATUSES_PER_LEAF) {
    let leaf = 0n
    const end = Math.min(start + STATUSES_PER_LEAF, list.length)
    for (let index = start; index < end; index++) {
      const status = list.get(index)
      if (status !== 0 && status !== false) leaf |= 1n << BigInt(index - start)
    }
    leaves.push(leaf)
  }
  return leaves
}

function leafIndex(index: number): number {
  if (Number.isInteger(index) && index >= 0 && index < MAX_STATUSES) {
    return Math.floor(index / STATUSES_PER_LEAF)
  }
  throw new TypeError('an index of a status must be a whole number below 2^24')
}

/**
 * The leaf of an issuer in the tree of anchors.
 *
 * @param key - The key that it signs credentials for proofs with.
 * @param statusRoot - The root of one of its status trees.
 * @see docs/spec/zk.md, "Anchors"
 */
export function issuerLeaf(key: BabyJubJubPoint, statusRoot: bigint): bigint {
  return poseidon([key.x, key.y, statusRoot])
}
