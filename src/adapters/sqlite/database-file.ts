import { chmodSync, closeSync, existsSync, openSync, statSync } from 'node:fs'
import { foreign, sqliteCode, unavailable } from './sqlite-error.ts'

/** Read and written by its owner only: what is in it may not be secret, but is nobody else's to see or change. */
const MODE = 0o600

/** What SQLite keeps beside a database (it gives new ones the mode of the database). */
const COMPANIONS = ['-wal', '-shm']

/** The size of the first page of every store; a shorter file that isn't empty would be overwritten by SQLite. */
const LEAST_BYTES = 4096

/**
 * Creates an empty file, for its owner only, where there is none, and refuses one that is too short for a store.
 *
 * An existing one is never opened here. Closing it again would drop the locks that SQLite has on it for another
 * store of this process: POSIX locks end when any descriptor of the file is closed.
 *
 * @throws {NetworkError} `COMITY_STORE_UNAVAILABLE`
 * @throws {VerificationError} `COMITY_STORE_FOREIGN`
 */
export function createFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', MODE))
  } catch (cause) {
    if (sqliteCode(cause) !== 'EEXIST') throw unavailable(cause)
    const { size } = statSync(path)
    // With a journal beside it, its creation was cut short, and SQLite undoes it.
    if (size > 0 && size < LEAST_BYTES && !existsSync(`${path}-journal`)) throw foreign()
  }
}

/**
 * Takes everybody's rights but the owner's from the files of a store. Where this process does not own them, that
 * fails: it is not for a stranger to choose what a store holds.
 *
 * @throws {NetworkError} `COMITY_STORE_UNAVAILABLE`
 */
export function narrowFiles(path: string): void {
  try {
    for (const each of [path, ...COMPANIONS.map((suffix) => path + suffix)]) {
      if (existsSync(each)) chmodSync(each, MODE)
    }
  } catch (cause) {
    throw unavailable(cause)
  }
}
