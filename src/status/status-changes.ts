import type { StatusPurpose, StatusReference } from '../credentials/index.ts'
import { parseListAddress, type ListAddress } from './list-address.ts'
import type { Places } from './places.ts'
import { statusListOf } from './status-list.ts'
import { PUBLISHED_BITS, readTokenStatus, TOKEN_STATUS, writeTokenStatus } from './token-list.ts'

/** What is to become of one place. */
export interface StatusChange {
  readonly reference: StatusReference
  readonly purpose: StatusPurpose
  readonly value: boolean
}

/** What is to become of places of one list. */
export interface ListChanges {
  readonly address: ListAddress
  readonly changes: readonly (StatusChange & { readonly index: number })[]
}

/** @throws {TypeError} When it is no purpose. */
export function checkPurpose(purpose: unknown): asserts purpose is StatusPurpose {
  if (purpose === 'revocation' || purpose === 'suspension') return
  throw new TypeError('purposes must be revocation or suspension')
}

/**
 * What a call of `StatusPublisher.set` asks for.
 *
 * @throws {TypeError} When a purpose is missing or unknown, or a revocation is to be taken back.
 */
export function planChanges(
  references: StatusReference | readonly StatusReference[],
  value: boolean,
  purpose: StatusPurpose | undefined,
): readonly StatusChange[] {
  if (typeof value !== 'boolean') throw new TypeError('value must be a boolean')
  const list = Array.isArray(references)
    ? (references as readonly StatusReference[])
    : [references as StatusReference]
  const changes = list.map((reference) => {
    const own = reference.type === 'TokenStatusList' ? undefined : reference.statusPurpose
    const wanted = purpose ?? own
    checkPurpose(wanted)
    return { reference, own, change: { reference, purpose: wanted, value } }
  })
  const due = changes.filter(({ own, change }) => own === undefined || own === change.purpose)
  if (!value && due.some(({ change }) => change.purpose === 'revocation')) {
    throw new TypeError('a revocation is for good')
  }
  return due.map(({ change }) => change)
}

/**
 * Sorts changes by list.
 *
 * @throws {TypeError} When a place was not given out by this publisher: somebody else's bit must not be set.
 */
export async function sortByList(
  changes: readonly StatusChange[],
  { base, places }: { readonly base: string; readonly places: Places },
): Promise<readonly ListChanges[]> {
  const byList = new Map<string, { address: ListAddress; changes: (StatusChange & { index: number })[] }>()
  for (const change of changes) {
    const found = locate(base, change.reference)
    if (found === undefined || !(await places.isTaken(found.address, found.index))) {
      throw new TypeError('entry must be one that this publisher allocated')
    }
    const { address, index } = found
    const list = byList.get(address.url) ?? { address, changes: [] }
    list.changes.push({ ...change, index })
    byList.set(address.url, list)
  }
  return [...byList.values()]
}

function locate(
  base: string,
  reference: StatusReference,
): { readonly address: ListAddress; readonly index: number } | undefined {
  if (reference.type === 'TokenStatusList') {
    const address = parseListAddress(base, reference.uri)
    return address?.kind === 'token' ? { address, index: reference.idx } : undefined
  }
  const address = parseListAddress(base, reference.statusListCredential)
  const index = Number(reference.statusListIndex)
  const isCanonical = String(index) === reference.statusListIndex
  return address?.kind === reference.statusPurpose && isCanonical ? { address, index } : undefined
}

/** Changes places of a list, and says whether anything is different now. */
export function applyChanges(bytes: Uint8Array<ArrayBuffer>, { address, changes }: ListChanges): boolean {
  const list = statusListOf(bytes)
  const change =
    address.kind === 'token'
      ? (each: StatusChange & { readonly index: number }) => changeToken(bytes, each)
      : (each: StatusChange & { readonly index: number }) => list.set(each.index, each.value)
  return changes.map(change).includes(true)
}

/** One place says all: what is revoked stays so, whether it is suspended or not. */
function changeToken(
  bytes: Uint8Array,
  { index, purpose, value }: StatusChange & { readonly index: number },
): boolean {
  const { VALID, INVALID, SUSPENDED } = TOKEN_STATUS
  if (readTokenStatus(bytes, index, PUBLISHED_BITS) === INVALID) return false
  const status = purpose === 'revocation' ? INVALID : value ? SUSPENDED : VALID
  return writeTokenStatus(bytes, { index, bits: PUBLISHED_BITS, status })
}
