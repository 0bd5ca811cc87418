/** What happened: all sessions of the subject are over, or a credential of the subject is not good any more. */
export type EventKind = 'session-revoked' | 'credential-change'

/** Something that the organization tells its peers. */
export interface RevocationEvent {
  /** The DID of the agent that it is about; the organization's own DID for everything that rests on it. */
  readonly subject: string
  /** What happened. */
  readonly kind: EventKind
  /** Why: a coarse code of 1 to 64 characters out of a to z, 0 to 9, `_`, `-` and `.`. No prose, nothing personal. */
  readonly reason: string
  /** SHA-256 of the credential's token, base64url: only what rests on that credential is concerned. */
  readonly credentialDigest?: string
  /** When it happened, in seconds since the epoch. Defaults to the moment of publishing. */
  readonly occurredAt?: number
  /** The DIDs that are told; at most 256. Without it all subscribers are. */
  readonly audiences?: readonly string[]
}

/** The CAEP event types by our names. */
export const EVENT_TYPES: Readonly<Record<EventKind, string>> = Object.freeze({
  'session-revoked': 'https://schemas.openid.net/secevent/caep/event-type/session-revoked',
  'credential-change': 'https://schemas.openid.net/secevent/caep/event-type/credential-change',
})

/** The `typ` of a Security Event Token. */
export const EVENT_TYP = 'secevent+jwt'

/** The longest Security Event Token, in characters. */
export const MAX_EVENT_LENGTH = 16_384

const MAX_DID_LENGTH = 2048
const MAX_AUDIENCES = 256
const REASON = /^[a-z0-9_.-]{1,64}$/
const DIGEST = /^[A-Za-z0-9_-]{43}$/
const DID = /^did:[!-.0-~]+$/

/** Says whether the value is a coarse code. */
export function isReason(value: unknown): value is string {
  return typeof value === 'string' && REASON.test(value)
}

/** Says whether the value is a SHA-256 in base64url. */
export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && DIGEST.test(value)
}

/** Says whether the value has the form of a DID (without path, query or fragment) of bounded length. */
export function isDid(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_DID_LENGTH && DID.test(value) && !/[?#]/.test(value)
}

/**
 * Refuses what cannot be published.
 *
 * @throws {TypeError} A member is missing, of the wrong form or out of bounds.
 */
export function assertEvent(event: RevocationEvent): void {
  const { subject, kind, reason, credentialDigest, occurredAt, audiences } = event
  if (!isDid(subject)) throw new TypeError('event.subject must be a DID')
  if (!Object.hasOwn(EVENT_TYPES, kind)) throw new TypeError('event.kind is not known')
  if (!isReason(reason)) throw new TypeError('event.reason must be a coarse code')
  if (credentialDigest !== undefined && !isDigest(credentialDigest)) {
    throw new TypeError('event.credentialDigest must be a SHA-256 in base64url')
  }
  if (occurredAt !== undefined && !Number.isFinite(occurredAt)) {
    throw new TypeError('event.occurredAt must be a finite number of seconds')
  }
  if (audiences !== undefined && (audiences.length > MAX_AUDIENCES || !audiences.every(isDid))) {
    throw new TypeError(`event.audiences must be at most ${String(MAX_AUDIENCES)} DIDs`)
  }
}
