import { createLruMap, type Clock } from '../runtime/index.ts'

/** Stands for one resolution under way, so that its result is not kept when it is out of date already. */
export interface Ticket<Value> {
  /**
   * Keeps the result for some seconds, unless the DID was invalidated, or resolved by a later one, since. To be called
   * with what the DID's host has said, also where that may be kept for no time.
   */
  keep(value: Value, seconds: number): void
  /** Ends the resolution; to be called always. */
  done(): void
}

/** Keeps values by DID, a bounded number for a bounded time. */
export interface DidCache<Value> {
  /** Gives the value, unless it is too old. */
  get(did: string): Value | undefined
  /** Opens a ticket for a value that is on its way. */
  begin(did: string): Ticket<Value>
  /**
   * Says whether the DID was invalidated and nothing that was asked for since has come: whoever asks now must not be
   * given what caches on the way still have.
   */
  isOvertaken(did: string): boolean
  /** Forgets the value, and does not keep those that are on their way. */
  invalidate(did: string): void
}

interface Entry<Value> {
  readonly value: Value
  readonly number: number
  readonly storedAt: number
  readonly expiresAt: number
}

/** Whoever can have DIDs invalidated must not make us remember all of them: the oldest go. */
function addBounded(dids: Set<string>, did: string, most: number): void {
  dids.delete(did)
  dids.add(did)
  const [oldest] = dids
  if (dids.size > most && oldest !== undefined) dids.delete(oldest)
}

/**
 * Makes a cache.
 *
 * @param maxEntries - When it is full, what was stored or read the longest ago goes.
 */
export function createDidCache<Value>(maxEntries: number, clock: Clock): DidCache<Value> {
  const entries = createLruMap<Entry<Value>>({ maxEntries })
  const stale = new Map<string, number>()
  const open = new Map<string, Set<number>>()
  const invalidated = new Set<string>()
  let counter = 0

  return {
    get(did) {
      const entry = entries.get(did)
      if (entry === undefined) return undefined
      const now = clock.now()
      // A clock that was set back must not keep a document alive.
      if (now < entry.storedAt || now >= entry.expiresAt) {
        entries.delete(did)
        return undefined
      }
      return entry.value
    },
    begin(did) {
      const number = (counter += 1)
      const numbers = open.get(did) ?? new Set()
      open.set(did, numbers.add(number))
      return {
        keep(value, seconds) {
          const isOld = number <= (stale.get(did) ?? 0) || number < (entries.peek(did)?.number ?? 0)
          if (isOld) return
          invalidated.delete(did)
          if (!(seconds > 0)) return
          const storedAt = clock.now()
          entries.set(did, { value, number, storedAt, expiresAt: storedAt + seconds })
        },
        done() {
          numbers.delete(number)
          if (numbers.size > 0) return
          open.delete(did)
          stale.delete(did)
        },
      }
    },
    isOvertaken: (did) => invalidated.has(did),
    invalidate(did) {
      entries.delete(did)
      addBounded(invalidated, did, maxEntries)
      // What is under way was asked before: it may be returned to who asked, and is not kept.
      if (open.has(did)) stale.set(did, counter)
    },
  }
}
