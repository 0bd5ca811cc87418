import { PolicyError } from '../../errors/index.ts'
import type { Database } from './database.ts'

/** After how many writes what has expired is purged. */
const WRITES_PER_PURGE = 128

/** How many rows of a table one purge removes at most: more than were added since the one before. */
const PURGE_ROWS = 256

/** How many purges a full store tries before it says that it is full. */
const PURGES_WHEN_FULL = 64

/** For how many seconds a published message can be read by subscribers of other processes. */
const MESSAGE_SECONDS = 60

/**
 * Makes what every adding statement runs in: once in a while it first removes some of what has expired, and when the
 * store is full, as much of it as makes room.
 *
 * The purge comes before the write and in a transaction of its own: when it fails, nothing was acknowledged, and
 * when the process dies, only what was absent for every reader is gone.
 *
 * @param database Has the tables.
 * @param now The current time in seconds.
 */
export function createWriter(database: Database, now: () => number): <Result>(work: () => Result) => Result {
  const entries = database.prepare(
    `delete from entries where rowid in
      (select rowid from entries where expires_at <= ?1 order by expires_at limit ${String(PURGE_ROWS)})`,
  )
  // In order of publishing, so that no index by time is needed.
  const messages = database.prepare(
    `delete from messages where published_at <= ?1 and id in
      (select id from messages order by id limit ${String(PURGE_ROWS)})`,
  )
  let writes = 0

  const purge = (): number =>
    database.immediate(() => entries.run(now()) + messages.run(now() - MESSAGE_SECONDS))

  return (work) => {
    if (++writes >= WRITES_PER_PURGE) {
      writes = 0
      purge()
    }
    for (let purges = 0; ; purges++) {
      try {
        return work()
      } catch (error) {
        if (!(error instanceof PolicyError) || purges === PURGES_WHEN_FULL || purge() === 0) throw error
      }
    }
  }
}
