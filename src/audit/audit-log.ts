import { canonicalizeJson, concatBytes, encodeBase64url, encodeUtf8, parseJson } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { sha256 } from '../runtime/index.ts'
import { MAX_PAGE, type ReadOptions, type Store } from '../store/index.ts'
import { auditRecordToJson, readAuditRecord, type AuditRecord } from './audit-record.ts'

/** Where a record is in its log. */
export interface AuditPlace {
  /** From 1, without gaps. */
  readonly sequence: number
  /** The record's leaf hash (see {@link auditLeafHash}). */
  readonly leafHash: string
}

/** A record, and where it is in its log. */
export interface AuditEntry extends AuditPlace {
  /** What happened; frozen. */
  readonly record: AuditRecord
}

/** A log to which records are only ever added. */
export interface AuditLog {
  /**
   * Adds a record. When this returns, it is kept as durably as the store promises.
   *
   * @throws {TypeError} The record is not one: a member is unknown, missing, too long or of another type.
   * @throws {PolicyError} `COMITY_STORE_FULL` when the store is.
   */
  append(record: AuditRecord): Promise<AuditPlace>
  /**
   * The records in their order: at most `limit` (1 to 1000, which is the default), after the sequence number `after`.
   *
   * @throws {VerificationError} `COMITY_AUDIT_RECORD_INVALID` when what the store has was not written by `append`.
   * @throws {TypeError} An option is out of range.
   */
  read(options?: ReadOptions): Promise<readonly AuditEntry[]>
}

/** Where an audit log is kept. */
export interface AuditLogOptions {
  /** Its entries are appended to this store's log `audit:` + name. */
  readonly store: Store
  /** The log's name: printable ASCII. Defaults to `main`. */
  readonly log?: string
}

/** The largest record as text: every member at its bound, each character escaped. */
const MAX_RECORD_BYTES = 2 * 1024 * 1024

/** Makes an audit log on a store. */
export function createAuditLog(options: AuditLogOptions): AuditLog {
  const { store, log = 'main' } = options
  if (!/^[ -~]{1,256}$/.test(log))
    throw new TypeError('options.log must be printable ASCII of at most 256 characters')
  const key = `audit:${log}`
  return {
    append: async (record) => {
      const checked = readAuditRecord(record)
      if (typeof checked === 'string') throw new TypeError(`not an audit record: the member \`${checked}\``)
      const text = canonicalizeJson(auditRecordToJson(checked))
      const sequence = await store.append(key, text)
      return Object.freeze({ sequence, leafHash: hashText(text) })
    },
    read: async ({ after = 0, limit = MAX_PAGE } = {}) => {
      const entries = await store.read(key, { after, limit })
      return entries.map(({ sequence, value }) => parseEntry(sequence, value))
    },
  }
}

/**
 * The leaf hash of a record: SHA-256 of a zero byte and the record's canonical JSON (RFC 8785), as base64url. These are
 * the leaves of the log's Merkle tree.
 *
 * @throws {TypeError} The record is not one.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6962#section-2.1 RFC 6962 §2.1}
 */
export function auditLeafHash(record: AuditRecord): string {
  const checked = readAuditRecord(record)
  if (typeof checked === 'string') throw new TypeError(`not an audit record: the member \`${checked}\``)
  return hashText(canonicalizeJson(auditRecordToJson(checked)))
}

const LEAF_PREFIX = Uint8Array.of(0)

function hashText(text: string): string {
  return encodeBase64url(sha256(concatBytes(LEAF_PREFIX, encodeUtf8(text))))
}

function parseEntry(sequence: number, text: string): AuditEntry {
  const record = readAuditRecord(parseRecord(sequence, text))
  if (typeof record === 'string') refuse(sequence)
  // Only the canonical text has the hash that others computed over the record.
  if (canonicalizeJson(auditRecordToJson(record)) !== text) refuse(sequence)
  return Object.freeze({ sequence, leafHash: hashText(text), record })
}

function parseRecord(sequence: number, text: string): unknown {
  try {
    return parseJson(text, { maxBytes: MAX_RECORD_BYTES, maxDepth: 4 })
  } catch (cause) {
    return refuse(sequence, cause)
  }
}

function refuse(sequence: number, cause?: unknown): never {
  throw new VerificationError('COMITY_AUDIT_RECORD_INVALID', 'an entry of the audit log is not a record', {
    details: { sequence },
    ...(cause === undefined ? {} : { cause }),
  })
}
