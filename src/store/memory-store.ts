import { systemClock, type Clock } from '../runtime/index.ts'
import { parseCounter } from './arguments.ts'
import { createCheckedStore, type StoreBackend } from './checked-store.ts'
import { createMemoryEntries, type MemoryEntries } from './memory-entries.ts'
import { createMemoryLogs } from './memory-logs.ts'
import { createMemoryTopics } from './memory-topics.ts'
import type { Store } from './store.ts'

/** How large a memory store may become, and by which clock its entries expire. */
export interface MemoryStoreOptions {
  /** Tells when entries have expired. Defaults to the system clock. */
  readonly clock?: Clock
  /** How many entries that have not expired it may hold. Defaults to 100,000. */
  readonly maxEntries?: number
  /** How many log entries it may hold, all logs together. Defaults to 1,000,000. */
  readonly maxLogEntries?: number
}

/**
 * Makes a store that lives in this process: for tests, demos, and one instance that may forget all when it ends.
 *
 * It fails closed when it is full: nothing that still counts is ever thrown out to make room, since that could be
 * a used `jti`, a spent handshake or a revocation.
 *
 * @throws {TypeError} A bound is not a whole number from 1.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { clock = systemClock, maxEntries = 100_000, maxLogEntries = 1_000_000 } = options
  assertBound(maxEntries, 'options.maxEntries')
  assertBound(maxLogEntries, 'options.maxLogEntries')
  const entries = createMemoryEntries(() => clock.now(), maxEntries)
  const logs = createMemoryLogs(maxLogEntries)
  const topics = createMemoryTopics()
  return createCheckedStore({
    ...entryPrimitives(entries),
    append: (log, value) => logs.append(log, value),
    read: (log, after, limit) => logs.read(log, after, limit),
    publish: (topic, value) => {
      topics.publish(topic, value)
    },
    subscribe: (topic, handle) => topics.subscribe(topic, handle),
    close: () => {
      entries.clear()
      logs.clear()
      topics.clear()
    },
  })
}

// In all of these the work is done in one go, without an await: that is what makes each primitive atomic.
function entryPrimitives(
  entries: MemoryEntries,
): Pick<StoreBackend, 'get' | 'put' | 'putIfAbsent' | 'take' | 'compareAndSet' | 'decrement' | 'list'> {
  return {
    get: (key) => entries.get(key),
    put: (key, value, expiresAt) => {
      entries.set(key, value, expiresAt)
    },
    putIfAbsent: (key, value, expiresAt) => {
      if (entries.get(key) !== undefined) return false
      entries.set(key, value, expiresAt)
      return true
    },
    take: (key) => {
      const value = entries.get(key)
      entries.remove(key)
      return value
    },
    compareAndSet: (key, expected, next, expiresAt) => {
      if (entries.get(key) !== expected) return false
      if (next === undefined) entries.remove(key)
      else entries.set(key, next, expiresAt)
      return true
    },
    decrement: (key, by) => {
      const value = entries.get(key)
      if (value === undefined) return undefined
      const left = parseCounter(value) - by
      if (left < 0) return undefined
      entries.update(key, String(left))
      return left
    },
    list: (prefix, after, limit) => entries.list(prefix, after, limit),
  }
}

function assertBound(value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`${name} must be a whole number from 1`)
}
