import { resolve } from 'node:path'
import { systemClock, systemTimers, type Clock, type Timers } from '../../runtime/index.ts'
import { createCheckedStore, type Store } from '../../store/index.ts'
import { openBell, type Bell } from './bell.ts'
import { createFile } from './database-file.ts'
import { openDatabase } from './database.ts'
import { createEntries } from './entries.ts'
import { createWriter } from './housekeeping.ts'
import { createLogs } from './logs.ts'
import { applySettings } from './settings.ts'
import { createTopics } from './topics.ts'

/** Where a SQLite store is, and what it promises. */
export interface SqliteStoreOptions {
  /** The path of the file; it is created where there is none, its folder is not. It must be on a local disk. */
  readonly file: string
  /**
   * What an acknowledged write survives. `process`, the default: the death of this process at any moment, kill -9
   * included. `power-loss`: the machine's too, for the price of waiting for the disk at each write. The file is
   * sound after either; with `process`, power loss can take the last writes with it.
   */
  readonly durability?: 'process' | 'power-loss'
  /** Tells when entries have expired. Defaults to the system clock. All processes of a file need the same. */
  readonly clock?: Clock
  /** Measures the time between the looks for messages that nobody told of. Defaults to the system's timers. */
  readonly timers?: Timers
  /** How large the file may become in bytes, 1 MiB to 1 TiB. Defaults to 4 GiB. */
  readonly maxBytes?: number
  /** How long a call waits while another process writes, in milliseconds, 1 to 60000. Defaults to 5000. */
  readonly busyTimeoutMs?: number
}

const DURABILITIES: readonly unknown[] = ['process', 'power-loss']
const MIB = 1024 * 1024

/**
 * Opens a store in one file, for one process or several on one machine.
 *
 * The file is for its owner only (mode 0600; rights that an existing one gives to others are taken away), and a
 * `-wal`, a `-shm` and a `-notify` file stand beside it. A foreign file, or one of a newer version, is left as it is.
 * Damage is found where it is read: SQLite has no checksums, so it finds torn structure, not changed values. Nothing
 * else in this process may open the file, not even to copy it: closing it again would end SQLite's locks.
 *
 * Each call works synchronously and blocks the process meanwhile: some microseconds for a read, some tens for a
 * write, longer with `power-loss`, and up to `busyTimeoutMs` while another process writes. Messages reach the
 * subscribers of all processes within milliseconds; a process that is stuck for a minute misses some.
 *
 * A call can reject with what {@link Store} says, and with `COMITY_STORE_UNAVAILABLE` (locked for too long, a disk
 * that fails) or `COMITY_STORE_CORRUPT`. After `close` libsql frees the file's handles when garbage is collected.
 *
 * @throws {TypeError} An option is missing or out of range.
 * @throws {NetworkError} `COMITY_STORE_UNAVAILABLE` The file cannot be created, opened or made its owner's.
 * @throws {VerificationError} `COMITY_STORE_FOREIGN` The file is no database, or that of another program;
 *   `COMITY_STORE_CORRUPT` it is damaged.
 * @throws {PolicyError} `COMITY_STORE_VERSION` A newer version of Comity wrote it.
 */
export function createSqliteStore(options: SqliteStoreOptions): Store {
  const { clock = systemClock, timers = systemTimers } = options
  checkOptions(options)
  const path = resolve(options.file)
  const now = (): number => clock.now()

  createFile(path)
  const database = openDatabase(path)
  let bell: Bell | undefined
  try {
    applySettings(database, path, options)
    const write = createWriter(database, now)
    const entries = createEntries(database, now, write)
    const logs = createLogs(database, write)
    bell = openBell(`${path}-notify`, now, timers)
    const topics = createTopics(database, now, write, bell)
    return createCheckedStore({
      ...entries,
      ...logs,
      publish: topics.publish,
      subscribe: topics.subscribe,
      close: () => {
        topics.close()
        bell?.close()
        database.close()
      },
    })
  } catch (error) {
    bell?.close()
    database.close()
    throw error
  }
}

function checkOptions({ file, durability, maxBytes, busyTimeoutMs }: SqliteStoreOptions): void {
  if (typeof file !== 'string' || file === '' || file === ':memory:' || file.includes('\0')) {
    throw new TypeError('options.file must be the path of a file')
  }
  if (durability !== undefined && !DURABILITIES.includes(durability)) {
    throw new TypeError('options.durability must be `process` or `power-loss`')
  }
  checkRange('maxBytes', maxBytes, MIB, MIB * MIB)
  checkRange('busyTimeoutMs', busyTimeoutMs, 1, 60_000)
}

function checkRange(name: string, value: number | undefined, least: number, most: number): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= least && value <= most)) {
    throw new TypeError(`options.${name} must be a whole number from ${String(least)} to ${String(most)}`)
  }
}
