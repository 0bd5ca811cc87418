import { createLruMap } from '../runtime/index.ts'
import type { TokenStatusBits } from './token-list.ts'

/** The statuses of a list. */
export interface ListContent {
  readonly bytes: Uint8Array
  /** The bits of one status in a Token Status List; 1 in a Bitstring list, whose entries say how many they take. */
  readonly bits: TokenStatusBits
  /** What the bits of a Bitstring list may mean; empty in a Token Status List. */
  readonly purposes: readonly string[]
}

/** A list that was fetched and verified. */
export interface LoadedList extends ListContent {
  /** Seconds since the epoch, as the list says. */
  readonly validFrom: number
  /** Seconds since the epoch, as the list says. */
  readonly validUntil: number
  /** When it was asked for, by the reader's clock. */
  readonly fetchedAt: number
  /** Until when it need not be asked for again, by the reader's clock. */
  readonly freshUntil: number
}

/** Decoded lists, as many as fit. The one used longest ago goes first. */
export interface ListCache {
  get(key: string): LoadedList | undefined
  set(key: string, loaded: LoadedList): void
  /** Removes all whose key starts with the prefix. */
  removeUnder(prefix: string): void
}

/** Makes a cache that holds lists of at most `maxBytes` together; a single one that is larger is not kept. */
export function createListCache(maxBytes: number): ListCache {
  const lists = createLruMap<LoadedList>({ maxWeight: maxBytes, weigh: ({ bytes }) => bytes.length })
  return {
    get: (key) => lists.get(key),
    set: (key, loaded) => lists.set(key, loaded),
    removeUnder(prefix) {
      for (const key of lists.keys()) if (key.startsWith(prefix)) lists.delete(key)
    },
  }
}
