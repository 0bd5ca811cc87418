import type { Store } from '../store/index.ts'
import { listKey, type ListAddress } from './list-address.ts'
import { decodeStored, type SignList, type StoredList } from './published-list.ts'

/** Each lost race is a change that somebody else made; so many in a row are a store that does not work. */
const MAX_RACES = 1000

/** The most bytes of decoded lists that are kept. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024

/** The lists of a publisher in its store. */
export interface ListRepository {
  /** The list as it is now; undefined where it was never created. */
  load(address: ListAddress): Promise<StoredList | undefined>
  /** Says whether a list was created. */
  has(address: ListAddress): Promise<boolean>
  /** Creates a list of so many bytes, all zero, where it is missing. */
  create(address: ListAddress, length: number): Promise<void>
  /**
   * Changes a list, signs it and stores it, all or nothing, one change after another.
   *
   * @param change - Changes the copy that it is given; false where there is nothing to sign.
   * @returns The list as it is now; undefined where it was never created.
   */
  update(
    address: ListAddress,
    change: (bytes: Uint8Array<ArrayBuffer>, stored: StoredList) => boolean,
  ): Promise<StoredList | undefined>
}

/**
 * Makes the repository.
 *
 * The store holds the credential or token as it is served and nothing else. The statuses of what this process stored
 * or read last are kept decoded, by the very text of the token, so that a change decodes nothing, and other processes
 * may change the list meanwhile.
 */
export function createListRepository(store: Store, sign: SignList): ListRepository {
  const decoded = createDecoded()
  const queues = new Map<string, Promise<unknown>>()

  const load = async (address: ListAddress): Promise<StoredList | undefined> => {
    const token = await store.get(listKey(address))
    if (token === undefined) return undefined
    const known = decoded.get(address.url)
    if (known?.token === token) return known
    const stored = await decodeStored(address, token)
    decoded.set(address.url, stored)
    return stored
  }

  const replace = async (
    address: ListAddress,
    before: StoredList | undefined,
    bytes: Uint8Array<ArrayBuffer>,
  ): Promise<StoredList | undefined> => {
    const stored = { ...(await sign(address, bytes)), bytes }
    if (!(await store.compareAndSet(listKey(address), before?.token, stored.token))) return undefined
    decoded.set(address.url, stored)
    return stored
  }

  return {
    load,
    has: async (address) => (await store.get(listKey(address))) !== undefined,
    async create(address, length) {
      if ((await store.get(listKey(address))) !== undefined) return
      await replace(address, undefined, new Uint8Array(length))
    },
    update: async (address, change) =>
      inTurn(queues, address.url, async () => {
        for (let race = 0; race < MAX_RACES; race++) {
          const before = await load(address)
          if (before === undefined) return undefined
          const bytes = before.bytes.slice()
          if (!change(bytes, before)) return before
          const after = await replace(address, before, bytes)
          if (after !== undefined) return after
        }
        throw new TypeError('options.store never replaces a value that it returned before')
      }),
  }
}

/** The decoded lists that were used last, as many as fit, and at least one. */
function createDecoded(): Pick<Map<string, StoredList>, 'get'> & {
  set(url: string, list: StoredList): void
} {
  const lists = new Map<string, StoredList>()
  return {
    get: (url) => lists.get(url),
    set(url, list) {
      lists.delete(url)
      lists.set(url, list)
      let bytes = 0
      for (const [each, { bytes: held }] of [...lists].toReversed()) {
        bytes += held.length
        if (bytes > MAX_KEPT_BYTES && each !== url) lists.delete(each)
      }
    },
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
