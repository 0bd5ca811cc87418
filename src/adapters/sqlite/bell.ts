import { closeSync, constants, futimesSync, openSync, watch, type FSWatcher } from 'node:fs'
import type { Timers } from '../../runtime/index.ts'
import { unavailable } from './sqlite-error.ts'

/**
 * An empty file beside the database whose modification time is set after each publication. The operating system
 * tells every process that watches it; nothing has to be asked for at intervals.
 */
export interface Bell {
  /** Tells all who listen, this process included, that there is something to read. */
  ring(): void
  /**
   * Calls `heard` after each ring. It is called now and then without one too: not every system tells of every
   * change, and a ringer may die between its commit and its ring.
   *
   * @returns What ends it.
   */
  listen(heard: () => void): () => void
  /** Closes the file. */
  close(): void
}

/** The longest that a message waits where the system did not tell, in milliseconds. */
const RECHECK_MS = 250

/**
 * Opens the bell, creating its file where there is none.
 *
 * @param path Not the database or its log: closing a descriptor of the database drops SQLite's locks on it, and the
 *   log is written before what is in it can be read.
 * @throws {NetworkError} `COMITY_STORE_UNAVAILABLE`
 */
export function openBell(path: string, now: () => number, timers: Timers): Bell {
  const file = open(path)
  return {
    ring: () => {
      try {
        futimesSync(file, now(), now())
      } catch {
        // The message is published: who listens finds it when it looks next.
      }
    },
    listen: (heard) => {
      const watcher = startWatching(path, heard)
      const cancel = timers.every(RECHECK_MS, heard)
      return () => {
        cancel()
        watcher?.close()
      }
    },
    close: () => {
      closeSync(file)
    },
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | noFollow(), 0o600)
  } catch (cause) {
    throw unavailable(cause)
  }
}

/** Whoever can put a link there shall not choose which file is touched. Windows has no such flag. */
function noFollow(): number {
  return process.platform === 'win32' ? 0 : constants.O_NOFOLLOW
}

function startWatching(path: string, heard: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(path, { persistent: false }, heard)
    watcher.on('error', () => {
      watcher.close()
    })
    return watcher
  } catch {
    // Out of watches, or a file system that has none: the re-check is left.
    return undefined
  }
}
