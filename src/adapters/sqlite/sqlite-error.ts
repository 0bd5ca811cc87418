import { NetworkError, PolicyError, VerificationError, type ComityError } from '../../errors/index.ts'

/** The last: all statements are constant, so one that SQLite finds wrong does not find its table. */
const DAMAGED = ['SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_ERROR']

/**
 * The coded error for what libsql threw.
 *
 * SQLite's messages name tables and limits, never what is stored; they are kept as the cause all the same.
 *
 * @returns `COMITY_STORE_FULL`, `COMITY_STORE_CORRUPT`, or `COMITY_STORE_UNAVAILABLE` with SQLite's own code in
 *   `details.sqlite`.
 */
export function storeError(cause: unknown): ComityError {
  const code = sqliteCode(cause)
  const context = { cause, details: { sqlite: code } }
  if (code === 'SQLITE_FULL') {
    return new PolicyError('COMITY_STORE_FULL', 'the store or its disk is full', context)
  }
  if (DAMAGED.some((each) => code.startsWith(each))) {
    return new VerificationError('COMITY_STORE_CORRUPT', 'the file of the store is damaged', context)
  }
  return unavailable(cause)
}

/** The store's file cannot be opened, read or written now. */
export function unavailable(cause: unknown): NetworkError {
  return new NetworkError('COMITY_STORE_UNAVAILABLE', 'the file of the store cannot be used', {
    cause,
    details: { sqlite: sqliteCode(cause) },
  })
}

/** The file is no database, or that of another program. */
export function foreign(cause?: unknown): VerificationError {
  return new VerificationError('COMITY_STORE_FOREIGN', 'the file is not a store of Comity', { cause })
}

/** SQLite's or the system's name for a failure, such as `SQLITE_BUSY` or `EACCES`; `unknown` where it has none. */
export function sqliteCode(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' && code !== '' ? code : 'unknown'
}
