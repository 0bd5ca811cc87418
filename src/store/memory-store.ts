import { systemClock, type Clock } from '../runtime/index.ts'
import {
  assertAmount,
  assertKey,
  assertPrefix,
  assertValue,
  expiryOf,
  pageOf,
  parseCounter,
  sequenceOf,
} from './arguments.ts'
import { createMemoryEntries, type MemoryEntries } from './memory-entries.ts'
import { createMemoryLogs, type MemoryLogs } from './memory-logs.ts'
import { createMemoryTopics, type MemoryTopics } from './memory-topics.ts'
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
  let closed = false

  const assertOpen = (): void => {
    if (closed) throw new TypeError('the store is closed')
  }
  return {
    ...entryPrimitives(entries, assertOpen),
    ...counterPrimitives(entries, assertOpen),
    ...logPrimitives(logs, assertOpen),
    ...topicPrimitives(topics, assertOpen),
    close: async () => {
      closed = true
      entries.clear()
      logs.clear()
      topics.clear()
    },
  }
}

// In all of these the work is done in one go, without an await: that is what makes each primitive atomic.

function entryPrimitives(
  entries: MemoryEntries,
  assertOpen: () => void,
): Pick<Store, 'get' | 'put' | 'putIfAbsent' | 'take' | 'list'> {
  return {
    get: async (key) => {
      assertOpen()
      assertKey(key, 'key')
      return entries.get(key)
    },
    put: async (key, value, options) => {
      assertOpen()
      assertKey(key, 'key')
      assertValue(value, 'value')
      entries.set(key, value, expiryOf(options))
    },
    putIfAbsent: async (key, value, options) => {
      assertOpen()
      assertKey(key, 'key')
      assertValue(value, 'value')
      const expiresAt = expiryOf(options)
      if (entries.get(key) !== undefined) return false
      entries.set(key, value, expiresAt)
      return true
    },
    take: async (key) => {
      assertOpen()
      assertKey(key, 'key')
      const value = entries.get(key)
      entries.remove(key)
      return value
    },
    list: async (prefix, options) => {
      assertOpen()
      assertPrefix(prefix, 'prefix')
      if (options?.after !== undefined) assertPrefix(options.after, 'options.after')
      return entries.list(prefix, options?.after, pageOf(options))
    },
  }
}

function counterPrimitives(
  entries: MemoryEntries,
  assertOpen: () => void,
): Pick<Store, 'compareAndSet' | 'decrement'> {
  return {
    compareAndSet: async (key, expected, next, options) => {
      assertOpen()
      assertKey(key, 'key')
      if (next !== undefined) assertValue(next, 'next')
      const expiresAt = expiryOf(options)
      if (entries.get(key) !== expected) return false
      if (next === undefined) entries.remove(key)
      else entries.set(key, next, expiresAt)
      return true
    },
    decrement: async (key, by) => {
      assertOpen()
      assertKey(key, 'key')
      assertAmount(by)
      const value = entries.get(key)
      if (value === undefined) return undefined
      const left = parseCounter(value) - by
      if (left < 0) return undefined
      entries.update(key, String(left))
      return left
    },
  }
}

function logPrimitives(logs: MemoryLogs, assertOpen: () => void): Pick<Store, 'append' | 'read'> {
  return {
    append: async (log, value) => {
      assertOpen()
      assertKey(log, 'log')
      assertValue(value, 'value')
      return logs.append(log, value)
    },
    read: async (log, options) => {
      assertOpen()
      assertKey(log, 'log')
      return logs.read(log, sequenceOf(options), pageOf(options))
    },
  }
}

function topicPrimitives(topics: MemoryTopics, assertOpen: () => void): Pick<Store, 'publish' | 'subscribe'> {
  return {
    publish: async (topic, value) => {
      assertOpen()
      assertKey(topic, 'topic')
      assertValue(value, 'value')
      topics.publish(topic, value)
    },
    subscribe: async (topic, handle) => {
      assertOpen()
      assertKey(topic, 'topic')
      return topics.subscribe(topic, handle)
    },
  }
}

function assertBound(value: number, name: string): void {
  if (!Number.isSafeInteger(value) || value < 1) throw new TypeError(`${name} must be a whole number from 1`)
}
