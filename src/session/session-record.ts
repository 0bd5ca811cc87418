import { parseAuthorizationDetails, type AuthorizationDetail } from '../authorization/index.ts'
import type { StatusReference } from '../credentials/index.ts'
import { isJsonObject, parseJsonObject, type JsonValue } from '../encoding/index.ts'
import { ComityError } from '../errors/index.ts'
import { isSessionCompliance, type SessionCompliance } from './session-compliance.ts'

/** A credential that a session rests on. */
export interface SessionCredential {
  /** The DID of the issuer. */
  readonly issuer: string
  /** The credential's type, such as `AgentPostureCredential`. */
  readonly type: string
  /** Its `credentialDigest`, which its holder cannot change. */
  readonly digest: string
  /** The credential's own `id`, where it has one. */
  readonly id?: string
  /** Of an SD-JWT VC, the names of all claims that were seen, its own (such as `exp`) included; no values. Else absent. */
  readonly claimNames?: readonly string[]
  /** Where its status can be looked up again. */
  readonly statusRefs: readonly StatusReference[]
}

/** What is to be remembered about a session that a handshake has established. */
export interface NewSession {
  /** The session's id as both sides derived it in the handshake, base64url, at most 128 characters. */
  readonly id: string
  /** The DID of the agent that the session is for. */
  readonly agent: string
  /** The DIDs that may end the session by an event: the agent's controllers and its issuers. At most 64. */
  readonly organizations: readonly string[]
  /** The DIDs that answer for the agent, as verified evidence names them: for the audit records. At most 64. */
  readonly accountable: readonly string[]
  /** The SPIFFE IDs that the agent has proven, `spiffe://…` and at most 2048 characters each. At most 4. */
  readonly spiffeIds?: readonly string[]
  /**
   * Those of them whose event streams must be heard for its requests to be served; none where it may be served without.
   * Absent, all of them: nobody has said that it may be.
   */
  readonly leasedBy?: readonly string[]
  /** The RFC 7638 thumbprint of the session key; every request is signed with that key. */
  readonly jkt: string
  /** What the agent may do in it. At most 32 entries. */
  readonly granted: readonly AuthorizationDetail[]
  /** Seconds since the epoch. The session ends by then: the end of the first of its evidence. */
  readonly expiresAt: number
  /** When the agent's posture was assessed, in seconds since the epoch. */
  readonly postureAssessedAt?: number
  /** The oldest posture, in seconds, that its requests may rest on. */
  readonly maxPostureAge?: number
  /** What the session rests on. At most 32. */
  readonly credentials: readonly SessionCredential[]
  /** The compliance proofs that it rests on, beside. At most 4; absent where there are none. */
  readonly compliance?: readonly SessionCompliance[]
  /**
   * Seconds since the epoch: when the evidence was checked. A session whose subject was cut off since then is not
   * opened. Defaults to the moment of opening.
   */
  readonly evidenceCheckedAt?: number
}

/** A session as the registry knows it. Frozen. */
export interface SessionRecord extends Omit<NewSession, 'evidenceCheckedAt'> {
  /** Seconds since the epoch. */
  readonly openedAt: number
  /** `ended` is final. */
  readonly state: 'active' | 'ended'
  /** Why it ended: a code such as `expired`, or what the one who ended it said. */
  readonly endedReason?: string
  /** When it ended, in seconds since the epoch. */
  readonly endedAt?: number
}

const MAX_RECORD_BYTES = 1_048_576
const MAX_ID_LENGTH = 128
const MAX_DID_LENGTH = 2048
/** Most credentials, and most grants, of a session. */
export const MAX_ENTRIES = 32
/** Most organizations of a session. */
export const MAX_ORGANIZATIONS = 64
const ID = /^[A-Za-z0-9_-]+$/
const DID = /^did:[!-.0-~]+$/
const SPIFFE_ID = /^spiffe:\/\/[!-~]{1,2039}$/
const MAX_SPIFFE_IDS = 4
const MAX_PROOFS = 4

/**
 * Refuses what is not a session.
 *
 * @throws {TypeError} A member is missing, of the wrong form or out of bounds.
 */
export function assertNewSession(session: NewSession): void {
  const complain = (name: string): never => {
    throw new TypeError(`session.${name} is missing, of the wrong form or out of bounds`)
  }
  if (!isId(session.id)) complain('id')
  if (!isDid(session.agent)) complain('agent')
  if (!isListOf(session.organizations, isDid, MAX_ORGANIZATIONS)) complain('organizations')
  if (!isListOf(session.accountable, isDid, MAX_ORGANIZATIONS)) complain('accountable')
  if (session.spiffeIds !== undefined && !isListOf(session.spiffeIds, isSpiffeId, MAX_SPIFFE_IDS)) {
    complain('spiffeIds')
  }
  if (session.leasedBy !== undefined && !isListOf(session.leasedBy, isDid, MAX_ORGANIZATIONS)) {
    complain('leasedBy')
  }
  if (!isId(session.jkt)) complain('jkt')
  if (!isListOf(session.granted, isJsonObject)) complain('granted')
  if (!Number.isFinite(session.expiresAt)) complain('expiresAt')
  if (!isOptionalTime(session.postureAssessedAt)) complain('postureAssessedAt')
  if (!isOptionalTime(session.maxPostureAge)) complain('maxPostureAge')
  if (!isOptionalTime(session.evidenceCheckedAt)) complain('evidenceCheckedAt')
  if (!isListOf(session.credentials, isSessionCredential)) complain('credentials')
  const { compliance } = session
  if (compliance !== undefined && !isListOf(compliance, isSessionCompliance, MAX_PROOFS)) {
    complain('compliance')
  }
}

/** Freezes a record, so that nobody who was handed it can widen it. */
export function sealRecord(record: SessionRecord): SessionRecord {
  return deepFreeze({ ...record })
}

/**
 * How long a session is remembered past the end that it was opened with, in seconds: a late request is told "ended" and
 * not "unknown".
 */
export const KEEP_SECONDS = 120

/** The record as it is at a time. The store forgets by its own clock, later: what has expired by ours is over now. */
export function expire(record: SessionRecord, now: number): SessionRecord {
  if (record.state === 'ended' || record.expiresAt > now) return record
  return sealRecord({ ...record, state: 'ended', endedReason: 'expired', endedAt: record.expiresAt })
}

/** The text under which a record is stored. */
export function encodeRecord(record: SessionRecord): string {
  return JSON.stringify(record)
}

/** Reads a stored record; undefined when it cannot be read: nothing is known about the session then. */
export function decodeRecord(text: string): SessionRecord | undefined {
  try {
    const value = parseJsonObject(text, { maxBytes: MAX_RECORD_BYTES })
    const record = { ...value, granted: parseAuthorizationDetails(value.granted) } as unknown as SessionRecord
    assertNewSession(record)
    if (!Number.isFinite(record.openedAt)) throw new TypeError('openedAt must be a time')
    if (value.state !== 'active' && value.state !== 'ended') throw new TypeError('state must be known')
    return sealRecord(record)
  } catch (error) {
    if (!(error instanceof ComityError) && !(error instanceof TypeError)) throw error
    return undefined
  }
}

/** Says whether the text can be the id of a session, or a thumbprint or digest. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_ID_LENGTH && ID.test(value)
}

function isDid(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_DID_LENGTH && DID.test(value)
}

function isSpiffeId(value: unknown): boolean {
  return typeof value === 'string' && SPIFFE_ID.test(value)
}

function isListOf(value: unknown, isItem: (item: unknown) => boolean, max: number = MAX_ENTRIES): boolean {
  return Array.isArray(value) && value.length <= max && value.every(isItem)
}

function isOptionalTime(value: unknown): boolean {
  return value === undefined || (Number.isFinite(value) && Number(value) >= 0)
}

function isSessionCredential(value: unknown): boolean {
  if (!isJsonObject(value)) return false
  const { issuer, type, digest, id, claimNames, statusRefs } = value
  return (
    isDid(issuer) &&
    typeof type === 'string' &&
    isId(digest) &&
    (id === undefined || typeof id === 'string') &&
    (claimNames === undefined || isListOf(claimNames, (name) => typeof name === 'string', Infinity)) &&
    isListOf(statusRefs, isJsonObject)
  )
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const member of Object.values(value) as JsonValue[]) deepFreeze(member)
  return Object.freeze(value)
}
