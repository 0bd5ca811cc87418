import type { StoreBackend } from '../../store/index.ts'
import { asNumber, asText, type Database } from './database.ts'

/**
 * Makes the appending primitives, each one statement. A log's next number is counted within the inserting
 * statement, which has the write lock: there are no gaps, as there would be from a counter of its own after a crash.
 *
 * @param database Has the tables.
 * @param write Runs what adds to the store.
 */
export function createLogs(
  database: Database,
  write: <Result>(work: () => Result) => Result,
): Pick<StoreBackend, 'append' | 'read'> {
  const append = database.prepare(
    `insert into log_entries (log, sequence, value)
      values (?1, (select coalesce(max(sequence), 0) + 1 from log_entries where log = ?1), ?2)
      returning sequence`,
  )
  const read = database.prepare(
    'select sequence, value from log_entries where log = ?1 and sequence > ?2 order by sequence limit ?3',
  )
  return {
    append: (log, value) => asNumber(write(() => append.row(log, value))?.[0]),
    read: (log, after, limit) =>
      read
        .rows(log, after, limit)
        .map(([sequence, value]) => ({ sequence: asNumber(sequence), value: asText(value) })),
  }
}
