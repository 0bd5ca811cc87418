import { PolicyError } from '../errors/index.ts'
import { createSortedKeys, type SortedKeys } from './sorted-keys.ts'
import type { StoredEntry } from './store.ts'

/** The keyed entries of a memory store; everything is synchronous, and so atomic. */
export interface MemoryEntries {
  /** The value, where there is one that has not expired. */
  get(key: string): string | undefined
  /** Sets the value and its expiry (seconds; infinite for none). One that has expired already only removes. */
  set(key: string, value: string, expiresAt: number): void
  /** Sets the value and leaves the expiry as it is; nothing where the key is absent. */
  update(key: string, value: string): void
  /** Removes the entry, where there is one. */
  remove(key: string): void
  /** Up to `limit` entries under the prefix with keys after `after`, in order. */
  list(prefix: string, after: string | undefined, limit: number): StoredEntry[]
  /** Removes everything. */
  clear(): void
}

interface Entry {
  readonly value: string
  readonly expiresAt: number
}

/** Below this number of entries nothing is swept: there is little to win. */
const FIRST_SWEEP = 1024

/**
 * Makes the keyed part of a memory store.
 *
 * @param now The current time in seconds.
 * @param maxEntries How many entries that have not expired there may be.
 */
export function createMemoryEntries(now: () => number, maxEntries: number): MemoryEntries {
  const entries = new Map<string, Entry>()
  const keys = createSortedKeys()
  const sweeper = createSweeper(entries, keys, now, maxEntries)

  const live = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    return entry === undefined || entry.expiresAt <= now() ? undefined : entry
  }
  const remove = (key: string): void => {
    if (entries.delete(key)) keys.remove(key)
  }

  return {
    get: (key) => live(key)?.value,
    set: (key, value, expiresAt) => {
      if (expiresAt <= now()) {
        remove(key)
        return
      }
      if (!entries.has(key)) {
        sweeper.makeRoom()
        keys.add(key)
      }
      sweeper.expect(expiresAt)
      entries.set(key, { value, expiresAt })
    },
    update: (key, value) => {
      const entry = live(key)
      if (entry !== undefined) entries.set(key, { value, expiresAt: entry.expiresAt })
    },
    remove,
    list: (prefix, after, limit) => {
      const found: StoredEntry[] = []
      for (const key of keys.under(prefix, after)) {
        const entry = live(key)
        if (entry !== undefined) found.push({ key, value: entry.value })
        if (found.length === limit) break
      }
      return found
    },
    clear: () => {
      entries.clear()
      keys.filter(() => false)
    },
  }
}

interface Sweeper {
  /** Told of each expiry that is set. */
  expect(expiresAt: number): void
  /** Called before an entry is added: sweeps if it is time to, and refuses where it is full all the same. */
  makeRoom(): void
}

/**
 * Sweeps out what has expired whenever the entries have doubled since the last sweep, and before the store is called
 * full. It does nothing before the first expiry is reached, so that a flood of refused puts on a full store is cheap.
 */
function createSweeper(
  entries: Map<string, Entry>,
  keys: SortedKeys,
  now: () => number,
  maxEntries: number,
): Sweeper {
  let sweepAt = Math.min(maxEntries, FIRST_SWEEP)
  let earliestExpiry = Infinity

  const sweep = (): void => {
    const time = now()
    if (time >= earliestExpiry) {
      earliestExpiry = Infinity
      for (const [key, { expiresAt }] of entries) {
        if (expiresAt <= time) entries.delete(key)
        else earliestExpiry = Math.min(earliestExpiry, expiresAt)
      }
      keys.filter((key) => entries.has(key))
    }
    sweepAt = Math.min(maxEntries, Math.max(FIRST_SWEEP, 2 * entries.size))
  }

  return {
    expect: (expiresAt) => {
      earliestExpiry = Math.min(earliestExpiry, expiresAt)
    },
    makeRoom: () => {
      if (entries.size >= sweepAt) sweep()
      if (entries.size < maxEntries) return
      throw new PolicyError('COMITY_STORE_FULL', 'the store holds as many entries as it may', {
        details: { maxEntries },
      })
    },
  }
}
