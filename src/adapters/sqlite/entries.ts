import { parseCounter, type StoreBackend } from '../../store/index.ts'
import { asText, type Database } from './database.ts'

/** The keyed primitives. */
export type EntryPrimitives = Pick<
  StoreBackend,
  'get' | 'put' | 'putIfAbsent' | 'take' | 'compareAndSet' | 'decrement' | 'list'
>

/** For a row that has not expired by the time given as this parameter. */
const live = (now: string): string => `(expires_at is null or expires_at > ${now})`

/**
 * Makes the keyed primitives. Each is one statement, which SQLite runs whole or not at all; only `decrement` is two,
 * in a transaction that has the write lock before it reads.
 *
 * @param database Has the tables.
 * @param now The current time in seconds.
 * @param write Runs what adds to the store: makes room, and gives what has expired back.
 */
export function createEntries(
  database: Database,
  now: () => number,
  write: <Result>(work: () => Result) => Result,
): EntryPrimitives {
  const { get, put, putIfAbsent, take, replace, remove, update, list } = prepareAll(database)

  const read = (key: string): string | undefined => {
    const row = get.row(key, now())
    return row === undefined ? undefined : asText(row[0])
  }
  const setIfAbsent = (key: string, value: string, expiresAt: number): boolean =>
    write(() => putIfAbsent.run(key, value, column(expiresAt), now())) === 1

  return {
    get: read,
    put: (key, value, expiresAt) => {
      write(() => put.run(key, value, column(expiresAt)))
    },
    putIfAbsent: setIfAbsent,
    take: (key) => {
      const row = take.row(key)
      const [value, expiresAt] = row ?? []
      if (row === undefined || (typeof expiresAt === 'number' && expiresAt <= now())) return undefined
      return asText(value)
    },
    compareAndSet: (key, expected, next, expiresAt) => {
      if (expected === undefined) {
        return next === undefined ? read(key) === undefined : setIfAbsent(key, next, expiresAt)
      }
      if (next === undefined) return remove.run(key, expected, now()) === 1
      return write(() => replace.run(key, expected, next, column(expiresAt), now())) === 1
    },
    decrement: (key, by) =>
      database.immediate(() => {
        const value = read(key)
        if (value === undefined) return undefined
        const left = parseCounter(value) - by
        if (left < 0) return undefined
        update.run(key, String(left))
        return left
      }),
    list: (prefix, after, limit) =>
      list
        .rows(lowerBound(prefix, after), upperBound(prefix), now(), limit)
        .map(([key, value]) => ({ key: asText(key), value: asText(value) })),
  }
}

function prepareAll(database: Database) {
  return {
    get: database.prepare(`select value from entries where key = ?1 and ${live('?2')}`),
    put: database.prepare(
      `insert into entries (key, value, expires_at) values (?1, ?2, ?3)
        on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at`,
    ),
    putIfAbsent: database.prepare(
      `insert into entries (key, value, expires_at) values (?1, ?2, ?3)
        on conflict (key) do update set value = excluded.value, expires_at = excluded.expires_at
        where entries.expires_at <= ?4`,
    ),
    take: database.prepare('delete from entries where key = ?1 returning value, expires_at'),
    replace: database.prepare(
      `update entries set value = ?3, expires_at = ?4 where key = ?1 and value = ?2 and ${live('?5')}`,
    ),
    remove: database.prepare(`delete from entries where key = ?1 and value = ?2 and ${live('?3')}`),
    update: database.prepare('update entries set value = ?2 where key = ?1'),
    list: database.prepare(
      `select key, value from entries where key >= ?1 and key < ?2 and ${live('?3')} order by key limit ?4`,
    ),
  }
}

function column(expiresAt: number): number | null {
  return expiresAt === Infinity ? null : expiresAt
}

// Keys are printable ASCII: nothing sorts between a key and the key with a space behind it, and all keys under a
// prefix sort before the prefix with a DEL behind it.

function lowerBound(prefix: string, after: string | undefined): string {
  return after === undefined || after < prefix ? prefix : `${after} `
}

function upperBound(prefix: string): string {
  return `${prefix}\x7f`
}
