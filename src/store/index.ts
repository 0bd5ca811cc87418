/**
 * The primitives under everything that Comity remembers, and their implementation in memory.
 *
 * Sessions, replay protection, handshakes under way, status lists, events and audit records are all built on
 * {@link Store}; an adapter for a database implements nothing else, by way of {@link createCheckedStore}.
 *
 * @module
 */
export { parseCounter } from './arguments.ts'
export { createCheckedStore, type StoreBackend } from './checked-store.ts'
export { createMemoryStore, type MemoryStoreOptions } from './memory-store.ts'
export {
  DEFAULT_PAGE,
  MAX_KEY_LENGTH,
  MAX_PAGE,
  MAX_VALUE_LENGTH,
  type ListOptions,
  type LogEntry,
  type PutOptions,
  type ReadOptions,
  type Store,
  type StoredEntry,
} from './store.ts'
