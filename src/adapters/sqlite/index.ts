/**
 * A store in one SQLite file: for everything that must outlive a process, and for several processes on one machine.
 *
 * @module
 */
export { createSqliteStore, type SqliteStoreOptions } from './sqlite-store.ts'
