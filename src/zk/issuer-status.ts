import { PolicyError } from '../errors/index.ts'
import type { TokenStatusList } from '../status/index.ts'
import { MAX_STATUSES, statusTree, type StatusTree } from './status-tree.ts'

/** Where so many statuses changed that the tree is built anew: with fewer, 17 hashes for each are less. */
const REBUILD_SHARE = 16

/** What an issuer has taken back, over all of its lists. */
export interface IssuerStatus {
  /** One bit for each index, the first one the lowest of the first byte: whether it is set in any list. */
  readonly bits: Uint8Array
  /** The tree over the bits. */
  readonly tree: StatusTree
}

/**
 * Joins the lists of one issuer: an index counts as taken back where any of them says anything but valid.
 *
 * A proof shows the index and neither the list nor the credential. With a tree for each list, somebody whose credential
 * was revoked in one of them would show that the same index is valid in another. So there is one tree, and two credentials
 * with the same index in different lists fall together: an issuer avoids that with one list that is long enough.
 *
 * @throws {PolicyError} `COMITY_ZK_STATUS_LIST_TOO_LONG` for a list of more than 2^24 statuses.
 */
export function joinStatuses(lists: readonly TokenStatusList[]): Uint8Array {
  const length = lists.reduce((most, list) => Math.max(most, list.length), 0)
  if (length > MAX_STATUSES) {
    throw new PolicyError('COMITY_ZK_STATUS_LIST_TOO_LONG', 'the status list is too long for a proof', {
      details: { length, limit: MAX_STATUSES },
    })
  }
  const bits = new Uint8Array(Math.ceil(length / 8))
  for (const list of lists) join(bits, list)
  return bits
}

function join(bits: Uint8Array, { bytes, bits: width }: TokenStatusList): void {
  const perByte = 8 / width
  const mask = 2 ** width - 1
  for (const [place, byte] of bytes.entries()) {
    if (byte === 0) continue
    for (let at = 0; at < perByte; at++) {
      const index = place * perByte + at
      if (((byte >> (at * width)) & mask) !== 0)
        bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
    }
  }
}

/** Whether an index is set. What lies behind the end is not. */
export function isSet(bits: Uint8Array, index: number): boolean {
  return (((bits[index >> 3] ?? 0) >> (index & 7)) & 1) === 1
}

/** The status over these bits, whose tree is built. */
export function statusOf(bits: Uint8Array): IssuerStatus {
  const tree = statusTree({ length: bits.length * 8, get: (index) => isSet(bits, index) })
  return { bits, tree }
}

/**
 * The status over these bits, by the tree of the status before, which is used up by that.
 *
 * @returns The status, and how many indices are not valid any more that were before.
 */
export function updateStatus(
  before: IssuerStatus,
  bits: Uint8Array,
): { readonly status: IssuerStatus; readonly taken: number } {
  const changed = differences(before.bits, bits)
  const taken = changed.filter((index) => isSet(bits, index)).length
  if (changed.length > bits.length / REBUILD_SHARE) return { status: statusOf(bits), taken }
  for (const index of changed) before.tree.set(index, isSet(bits, index))
  return { status: { bits, tree: before.tree }, taken }
}

function differences(before: Uint8Array, after: Uint8Array): number[] {
  const changed: number[] = []
  for (let place = 0; place < Math.max(before.length, after.length); place++) {
    const difference = (before[place] ?? 0) ^ (after[place] ?? 0)
    for (let at = 0; difference >> at !== 0; at++) {
      if (((difference >> at) & 1) === 1) changed.push(place * 8 + at)
    }
  }
  return changed
}
