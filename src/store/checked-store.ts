import {
  assertAmount,
  assertKey,
  assertPrefix,
  assertValue,
  expiryOf,
  isValue,
  pageOf,
  sequenceOf,
} from './arguments.ts'
import type { LogEntry, Store, StoredEntry } from './store.ts'

type Awaitable<Value> = Value | Promise<Value>

/**
 * What is left to do for one kind of database, once arguments are checked and defaults are filled in: the
 * primitives of {@link Store}, each of them atomic. What a method throws, the store's method rejects with.
 *
 * Times are in seconds since the Unix epoch.
 */
export interface StoreBackend {
  /** The value, where there is one that has not expired. */
  get(key: string): Awaitable<string | undefined>
  /** Sets the value and its expiry, `Infinity` for none. An expiry may be in the past: the entry is absent then. */
  put(key: string, value: string, expiresAt: number): Awaitable<void>
  /** As `put`, only where there is no value that has not expired; returns whether it was set. */
  putIfAbsent(key: string, value: string, expiresAt: number): Awaitable<boolean>
  /** Removes the entry and returns its value, where there is one that has not expired. */
  take(key: string): Awaitable<string | undefined>
  /** Sets or (`next` undefined) removes, only where the value equals `expected`, undefined for none. */
  compareAndSet(
    key: string,
    expected: string | undefined,
    next: string | undefined,
    expiresAt: number,
  ): Awaitable<boolean>
  /** Subtracts from the counter (see {@link parseCounter}) and returns what is left, where there is enough. */
  decrement(key: string, by: number): Awaitable<number | undefined>
  /** Up to `limit` entries under the prefix with keys after `after`, in the order of their keys by code unit. */
  list(prefix: string, after: string | undefined, limit: number): Awaitable<readonly StoredEntry[]>
  /** Adds the value to the log and returns its sequence number. */
  append(log: string, value: string): Awaitable<number>
  /** Up to `limit` entries with sequence numbers above `after`, in order. */
  read(log: string, after: number, limit: number): Awaitable<readonly LogEntry[]>
  /** Hands the value to whoever subscribes to the topic at this moment. */
  publish(topic: string, value: string): Awaitable<void>
  /** Subscribes from this moment on, and returns what ends it. */
  subscribe(topic: string, handle: (value: string) => void): Awaitable<() => void>
  /** Ends all subscriptions and frees what the backend holds. Called once; nothing is called afterwards. */
  close(): Awaitable<void>
}

/**
 * Makes a {@link Store} of a backend: checks every argument as the interface promises, and refuses all calls after
 * `close`. For those who write an adapter for another database.
 */
export function createCheckedStore(backend: StoreBackend): Store {
  let closed: Promise<void> | undefined
  const assertOpen = (): void => {
    if (closed !== undefined) throw new TypeError('the store is closed')
  }
  return {
    ...entryPrimitives(backend, assertOpen),
    ...counterPrimitives(backend, assertOpen),
    ...logPrimitives(backend, assertOpen),
    close: () => (closed ??= (async () => backend.close())()),
  }
}

// The backend is called within the caller's turn, without an await before it: calls keep their order.

function entryPrimitives(
  backend: StoreBackend,
  assertOpen: () => void,
): Pick<Store, 'get' | 'put' | 'putIfAbsent' | 'take' | 'list'> {
  return {
    get: async (key) => {
      assertOpen()
      assertKey(key, 'key')
      return backend.get(key)
    },
    put: async (key, value, options) => {
      assertOpen()
      assertKey(key, 'key')
      assertValue(value, 'value')
      return backend.put(key, value, expiryOf(options))
    },
    putIfAbsent: async (key, value, options) => {
      assertOpen()
      assertKey(key, 'key')
      assertValue(value, 'value')
      return backend.putIfAbsent(key, value, expiryOf(options))
    },
    take: async (key) => {
      assertOpen()
      assertKey(key, 'key')
      return backend.take(key)
    },
    list: async (prefix, options) => {
      assertOpen()
      assertPrefix(prefix, 'prefix')
      if (options?.after !== undefined) assertPrefix(options.after, 'options.after')
      return backend.list(prefix, options?.after, pageOf(options))
    },
  }
}

function counterPrimitives(
  backend: StoreBackend,
  assertOpen: () => void,
): Pick<Store, 'compareAndSet' | 'decrement'> {
  return {
    compareAndSet: async (key, expected, next, options) => {
      assertOpen()
      assertKey(key, 'key')
      if (next !== undefined) assertValue(next, 'next')
      const expiresAt = expiryOf(options)
      // What cannot be stored is nowhere; a database could take half a surrogate pair for another text.
      if (expected !== undefined && !isValue(expected)) return false
      return backend.compareAndSet(key, expected, next, expiresAt)
    },
    decrement: async (key, by) => {
      assertOpen()
      assertKey(key, 'key')
      assertAmount(by)
      return backend.decrement(key, by)
    },
  }
}

function logPrimitives(
  backend: StoreBackend,
  assertOpen: () => void,
): Pick<Store, 'append' | 'read' | 'publish' | 'subscribe'> {
  return {
    append: async (log, value) => {
      assertOpen()
      assertKey(log, 'log')
      assertValue(value, 'value')
      return backend.append(log, value)
    },
    read: async (log, options) => {
      assertOpen()
      assertKey(log, 'log')
      return backend.read(log, sequenceOf(options), pageOf(options))
    },
    publish: async (topic, value) => {
      assertOpen()
      assertKey(topic, 'topic')
      assertValue(value, 'value')
      return backend.publish(topic, value)
    },
    subscribe: async (topic, handle) => {
      assertOpen()
      assertKey(topic, 'topic')
      return backend.subscribe(topic, handle)
    },
  }
}
