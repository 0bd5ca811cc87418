import { isJsonObject } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { parseJws } from '../keys/index.ts'
import type { Store } from '../store/index.ts'
import { parseDateTimeStamp } from '../credentials/index.ts'
import { decodeStatusList } from './codec.ts'
import { listKey, type ListAddress } from './list-address.ts'
import { statusListOf, type StatusList } from './status-list.ts'

const MAX_TOKEN_LENGTH = 16 * 1024 * 1024

/** Each lost race is a change that somebody else made; so many in a row are a store that does not work. */
const MAX_RACES = 1000

/** A list as it is stored and served. */
export interface StoredList {
  /** The credential. */
  readonly token: string
  /** The bits in it. Not to be changed. */
  readonly list: StatusList
  /** Seconds since the epoch: its `validFrom`. */
  readonly signedAt: number
}

/** Signs the credential of a list. */
export type SignList = (address: ListAddress, list: StatusList) => Promise<Omit<StoredList, 'list'>>

/** The lists of a publisher in its store. */
export interface ListRepository {
  /** The list as it is now; undefined where it was never created. */
  load(address: ListAddress): Promise<StoredList | undefined>
  /** The list as it is now, created empty where it is missing. */
  loadOrCreate(address: ListAddress, empty: () => StatusList): Promise<StoredList>
  /**
   * Changes a list, signs it and stores it, all or nothing, one change after another.
   *
   * @param change - Changes the copy that it is given; false where there is nothing to sign.
   * @returns The list as it is now; undefined where it was never created.
   */
  update(
    address: ListAddress,
    change: (list: StatusList, stored: StoredList) => boolean,
  ): Promise<StoredList | undefined>
}

/**
 * Makes the repository.
 *
 * The store holds the credential as it is served and nothing else. The bits of what this process stored or read last
 * are kept decoded, by the very text of the credential, so that a change decodes nothing, and other processes may
 * change the list meanwhile.
 */
export function createListRepository(store: Store, sign: SignList): ListRepository {
  const decoded = new Map<string, StoredList>()
  const queues = new Map<string, Promise<unknown>>()

  const load = async (address: ListAddress): Promise<StoredList | undefined> => {
    const token = await store.get(listKey(address))
    if (token === undefined) return undefined
    const known = decoded.get(address.url)
    if (known?.token === token) return known
    const stored = await decodeStored(token)
    decoded.set(address.url, stored)
    return stored
  }

  const replace = async (
    address: ListAddress,
    before: StoredList | undefined,
    list: StatusList,
  ): Promise<StoredList | undefined> => {
    const stored = { ...(await sign(address, list)), list }
    if (!(await store.compareAndSet(listKey(address), before?.token, stored.token))) return undefined
    decoded.set(address.url, stored)
    return stored
  }

  return {
    load,
    async loadOrCreate(address, empty) {
      const stored = await load(address)
      if (stored !== undefined) return stored
      return (await replace(address, undefined, empty())) ?? required(await load(address))
    },
    update: async (address, change) =>
      inTurn(queues, address.url, async () => {
        for (let race = 0; race < MAX_RACES; race++) {
          const before = await load(address)
          if (before === undefined) return undefined
          const list = statusListOf(before.list.bytes.slice())
          if (!change(list, before)) return before
          const after = await replace(address, before, list)
          if (after !== undefined) return after
        }
        throw new TypeError('options.store never replaces a value that it returned before')
      }),
  }
}

/** Runs things with the same name one after another. */
async function inTurn<Result>(
  queues: Map<string, Promise<unknown>>,
  name: string,
  run: () => Promise<Result>,
): Promise<Result> {
  const before = queues.get(name) ?? Promise.resolve()
  const result = before.then(run)
  const settled = result.catch(() => undefined)
  queues.set(name, settled)
  try {
    return await result
  } finally {
    if (queues.get(name) === settled) queues.delete(name)
  }
}

/** What the store holds was written by a publisher, so its signature is not checked again. */
async function decodeStored(token: string): Promise<StoredList> {
  const { credentialSubject, validFrom } = parseJws(token, {
    typ: 'vc+jwt',
    maxLength: MAX_TOKEN_LENGTH,
  }).claims
  const encodedList = isJsonObject(credentialSubject) ? credentialSubject['encodedList'] : undefined
  const signedAt = typeof validFrom === 'string' ? parseDateTimeStamp(validFrom) : undefined
  if (typeof encodedList !== 'string' || signedAt === undefined) {
    throw new VerificationError('COMITY_STATUS_LIST_INVALID', 'the stored list is malformed')
  }
  return { token, list: await decodeStatusList(encodedList), signedAt }
}

function required(stored: StoredList | undefined): StoredList {
  if (stored === undefined) throw new TypeError('options.store lost a value')
  return stored
}
