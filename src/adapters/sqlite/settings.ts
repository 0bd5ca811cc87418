import { narrowFiles } from './database-file.ts'
import type { Database } from './database.ts'
import { ComityError } from '../../errors/index.ts'
import { ensureSchema } from './schema.ts'
import { sqliteCode, unavailable } from './sqlite-error.ts'

/** The part of the store's options that the connection is told. */
export interface Settings {
  /** What an acknowledged write survives. */
  readonly durability?: 'process' | 'power-loss'
  /** How large the file may become. */
  readonly maxBytes?: number
  /** How long a statement waits for a lock, in milliseconds. */
  readonly busyTimeoutMs?: number
}

const PAGE_BYTES = 4096
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024 * 1024
const DEFAULT_BUSY_MS = 5000

/** To what size the write-ahead log is cut back once it is all in the database. */
const KEPT_LOG_BYTES = 16 * 1024 * 1024

/**
 * Makes a connection that of a store: its tables, its files' modes, and what SQLite is to promise. Nothing of the
 * file is changed before it is known to be ours.
 *
 * @param path The absolute path of the database.
 * @throws {ComityError} As `createSqliteStore`.
 */
export function applySettings(database: Database, path: string, settings: Settings): void {
  const { durability = 'process', maxBytes = DEFAULT_MAX_BYTES, busyTimeoutMs = DEFAULT_BUSY_MS } = settings
  database.execute(`
    pragma busy_timeout = ${String(busyTimeoutMs)};
    pragma trusted_schema = off;
    pragma cell_size_check = on;
  `)
  ensureSchema(database)
  narrowFiles(path)
  useWal(database, busyTimeoutMs)
  database.execute(`
    pragma synchronous = ${durability === 'power-loss' ? 'full' : 'normal'};
    pragma journal_size_limit = ${String(KEPT_LOG_BYTES)};
    pragma max_page_count = ${String(Math.floor(maxBytes / PAGE_BYTES))};
  `)
}

const WAL_RETRY_MS = 5

/**
 * Switches to the write-ahead log. SQLite does not apply its busy timeout to this: where another process has just
 * made the file and is at it, too, it fails at once, so the wait is here.
 */
function useWal(database: Database, busyTimeoutMs: number): void {
  for (let waited = 0; ; waited += WAL_RETRY_MS) {
    try {
      const mode = database.prepare('pragma journal_mode = wal').row()?.[0]
      if (mode !== 'wal') throw unavailable(new Error('the file system has no shared memory'))
      return
    } catch (error) {
      const isBusy = error instanceof ComityError && sqliteCode(error.cause).startsWith('SQLITE_BUSY')
      if (!isBusy || waited >= busyTimeoutMs) throw error
      // Opening is synchronous, as everything on a connection is.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_RETRY_MS)
    }
  }
}
