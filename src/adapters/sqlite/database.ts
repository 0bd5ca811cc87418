import Libsql from 'libsql'
import { VerificationError } from '../../errors/index.ts'
import { storeError, unavailable } from './sqlite-error.ts'

/** What a column holds. */
export type SqlValue = string | number | null

/** A prepared statement; its parameters are `?1`, `?2`, … in order. */
export interface Statement {
  /** Runs it and returns how many rows it changed. */
  run(...values: readonly SqlValue[]): number
  /** Its first row. */
  row(...values: readonly SqlValue[]): readonly unknown[] | undefined
  /** All its rows. */
  rows(...values: readonly SqlValue[]): readonly (readonly unknown[])[]
}

/** One connection. Everything on it is synchronous, so nothing else of this process comes between two calls. */
export interface Database {
  /** Prepares one statement. */
  prepare(sql: string): Statement
  /** Runs statements that have no parameters and whose rows nobody wants. */
  execute(sql: string): void
  /**
   * Runs the work in a transaction that has the write lock from its start: one begun with a plain `begin` fails at
   * once with SQLITE_BUSY_SNAPSHOT where another connection wrote after its first read.
   */
  immediate<Result>(work: () => Result): Result
  /** Closes it. libsql frees the file's handles when the garbage collector comes to the statements. */
  close(): void
}

/**
 * Opens a connection.
 *
 * @param path An absolute path: libsql takes other texts for the address of a server.
 * @throws {NetworkError} `COMITY_STORE_UNAVAILABLE`
 */
export function openDatabase(path: string): Database {
  const connection = connect(path)
  const prepare = (sql: string): Statement => prepareStatement(connection, sql)
  const execute = (sql: string): void => {
    coded(() => connection.exec(sql))
  }
  return {
    prepare,
    execute,
    immediate: (work) => {
      execute('begin immediate')
      try {
        const result = work()
        execute('commit')
        return result
      } catch (error) {
        // Some failures end the transaction themselves, such as a full disk.
        if (connection.inTransaction) execute('rollback')
        throw error
      }
    },
    close: () => {
      connection.close()
    },
  }
}

function connect(path: string): Libsql.Database {
  try {
    return new Libsql(path)
  } catch (cause) {
    throw unavailable(cause)
  }
}

function prepareStatement(connection: Libsql.Database, sql: string): Statement {
  const statement = coded(() => connection.prepare(sql))
  return {
    run: (...values) => coded(() => statement.run(...values).changes),
    row: (...values) => {
      const row = coded(() => statement.raw().get(...values))
      return row === undefined ? undefined : asRow(row)
    },
    rows: (...values) => coded(() => statement.raw().all(...values)).map(asRow),
  }
}

function coded<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (cause) {
    throw storeError(cause)
  }
}

function asRow(row: unknown): readonly unknown[] {
  if (!Array.isArray(row)) throw damaged()
  return row
}

/**
 * A column that must hold text.
 *
 * @throws {VerificationError} `COMITY_STORE_CORRUPT`
 */
export function asText(value: unknown): string {
  if (typeof value !== 'string') throw damaged()
  return value
}

/**
 * A column that must hold a number.
 *
 * @throws {VerificationError} `COMITY_STORE_CORRUPT`
 */
export function asNumber(value: unknown): number {
  if (typeof value !== 'number') throw damaged()
  return value
}

function damaged(): VerificationError {
  return new VerificationError('COMITY_STORE_CORRUPT', 'a column holds what was never written there')
}
