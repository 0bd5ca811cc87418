import { ComityError, PolicyError } from '../../errors/index.ts'
import { asNumber, type Database } from './database.ts'
import { foreign, sqliteCode } from './sqlite-error.ts'

/** `Comi` in ASCII: what SQLite's header calls the application that a file belongs to. */
const APPLICATION_ID = 0x43_6f_6d_69

/** Raised with each change that an older version of this adapter could not read or write correctly. */
const SCHEMA_VERSION = 1

const SCHEMA = `
  create table entries (
    key text not null primary key,
    value text not null,
    expires_at real
  ) strict;
  create index entries_by_expiry on entries (expires_at) where expires_at is not null;
  create table log_entries (
    log text not null,
    sequence integer not null,
    value text not null,
    primary key (log, sequence)
  ) strict, without rowid;
  create table messages (
    id integer primary key autoincrement,
    topic text not null,
    value text not null,
    published_at real not null
  ) strict;
  pragma application_id = ${String(APPLICATION_ID)};
  pragma user_version = ${String(SCHEMA_VERSION)};
`

/**
 * Makes sure that the database is a store of this version: creates the tables in an empty one, and leaves a foreign
 * one as it is.
 *
 * @throws {VerificationError} `COMITY_STORE_FOREIGN` The file is no database, or that of another program.
 * @throws {PolicyError} `COMITY_STORE_VERSION` A newer version of Comity wrote it.
 */
export function ensureSchema(database: Database): void {
  if (isOurs(database)) return
  database.immediate(() => {
    // Another process may have created the tables since.
    if (isOurs(database)) return
    database.execute(SCHEMA)
  })
}

/** One statement, so that all three are of the same moment: another process may be creating the tables. */
const IDENTITY = `
  select count(*),
    (select application_id from pragma_application_id),
    (select user_version from pragma_user_version)
  from sqlite_schema`

/** Whether the tables are there; false where the database is empty. */
function isOurs(database: Database): boolean {
  const [tables, application, version] = identityOf(database).map(asNumber)
  if (tables === 0 && application === 0 && version === 0) return false
  if (application !== APPLICATION_ID || version === undefined) throw foreign()
  if (version !== SCHEMA_VERSION) {
    throw new PolicyError('COMITY_STORE_VERSION', 'another version of Comity wrote the file', {
      details: { version, supported: SCHEMA_VERSION },
    })
  }
  return true
}

function identityOf(database: Database): readonly unknown[] {
  try {
    return database.prepare(IDENTITY).row() ?? []
  } catch (error) {
    if (error instanceof ComityError && sqliteCode(error.cause) === 'SQLITE_NOTADB') throw foreign(error)
    throw error
  }
}
