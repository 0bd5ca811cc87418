import { isJsonObject, type JsonObject } from '../encoding/index.ts'

/** What a record can be about. */
export const AUDIT_KINDS = ['handshake', 'decision', 'session', 'revocation', 'issuance'] as const

/** How what is recorded came out. */
export const AUDIT_OUTCOMES = [
  'allowed',
  'refused',
  'opened',
  'ended',
  'issued',
  'revoked',
  'suspended',
  'reinstated',
  'readmitted',
] as const

/** One of {@link AUDIT_KINDS}. */
export type AuditKind = (typeof AUDIT_KINDS)[number]

/** One of {@link AUDIT_OUTCOMES}. */
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number]

/**
 * What happened, who did it and who answers for it. Identifiers, codes and digests only: no claim, no token, no key and
 * no personal data, since what is appended is there for good.
 */
export interface AuditRecord {
  /** When, in seconds since the Unix epoch, with fraction. */
  readonly time: number
  /** What it is about. */
  readonly kind: AuditKind
  /** The DID of whoever did it, or tried to. At most 2048 characters, as the other identifiers. */
  readonly actor?: string
  /** The DIDs of those who answer for the actor, at most 64. */
  readonly accountable?: readonly string[]
  /** The DID of the other party: who was issued to, or revoked. */
  readonly peer?: string
  /** The id of the session. */
  readonly session?: string
  /** What was done, such as `invoices:read`. */
  readonly action?: string
  /** How it came out. */
  readonly outcome: AuditOutcome
  /** The code of the error, where it was refused. */
  readonly code?: string
  /** More, at most 32 values under names of letters, digits, `_`, `-` and `.`; text of at most 2048 characters. */
  readonly details?: Readonly<Record<string, string | number | boolean>>
}

const MAX_TEXT = 2048
const MAX_ACCOUNTABLE = 64
const MAX_DETAILS = 32
const REQUIRED = ['time', 'kind', 'outcome']
const OPTIONAL = ['actor', 'accountable', 'peer', 'session', 'action', 'code', 'details']
const CODE = /^COMITY_[A-Z0-9_]{1,64}$/
const NAME = /^[A-Za-z0-9_.-]{1,64}$/
const LONE_SURROGATE = /[\uD800-\uDFFF]/u

/**
 * Checks a record and copies it, without members whose value is undefined.
 *
 * @returns The copy, frozen; or the name of the member that is wrong, unknown or missing.
 */
export function readAuditRecord(value: unknown): AuditRecord | string {
  if (!isJsonObject(value)) return 'record'
  const record: Record<string, unknown> = {}
  for (const [name, member] of Object.entries<unknown>(value)) {
    if (!REQUIRED.includes(name) && !OPTIONAL.includes(name)) return 'unknown'
    if (member !== undefined) record[name] = member
  }
  const wrong = [...REQUIRED, ...OPTIONAL].find((name) => !isMember(name, record[name]))
  if (wrong !== undefined) return wrong
  const { accountable, details } = record as unknown as AuditRecord
  return Object.freeze({
    ...(record as unknown as AuditRecord),
    ...(accountable === undefined ? {} : { accountable: Object.freeze([...accountable]) }),
    ...(details === undefined ? {} : { details: Object.freeze({ ...details }) }),
  })
}

/** The record as JSON has it. */
export function auditRecordToJson(record: AuditRecord): JsonObject {
  return { ...record }
}

function isMember(name: string, value: unknown): boolean {
  if (value === undefined) return !REQUIRED.includes(name)
  switch (name) {
    case 'time':
      return typeof value === 'number' && Number.isFinite(value)
    case 'kind':
      return (AUDIT_KINDS as readonly unknown[]).includes(value)
    case 'outcome':
      return (AUDIT_OUTCOMES as readonly unknown[]).includes(value)
    case 'code':
      return typeof value === 'string' && CODE.test(value)
    case 'accountable':
      return Array.isArray(value) && value.length <= MAX_ACCOUNTABLE && value.every(isText)
    case 'details':
      return isDetails(value)
    default:
      return isText(value)
  }
}

function isDetails(value: unknown): boolean {
  if (!isJsonObject(value)) return false
  const details = Object.entries(value)
  return (
    details.length <= MAX_DETAILS &&
    details.every(([name, detail]) => NAME.test(name) && name !== '__proto__' && isDetail(detail))
  )
}

function isDetail(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value === 'boolean' || value === '' || isText(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TEXT && !LONE_SURROGATE.test(value)
}
