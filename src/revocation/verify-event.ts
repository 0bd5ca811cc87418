import { findVerificationKey, type DidResolver } from '../did/index.ts'
import { isJsonObject, type JsonObject } from '../encoding/index.ts'
import { ComityError, PolicyError, VerificationError } from '../errors/index.ts'
import {
  checkTimes,
  parseJws,
  verifyJwsSignature,
  type PublicJwk,
  type UnverifiedJws,
} from '../keys/index.ts'
import type { FetchBudget } from '../net/index.ts'
import { systemClock } from '../runtime/index.ts'
import {
  EVENT_TYP,
  EVENT_TYPES,
  isDid,
  isDigest,
  isReason,
  MAX_EVENT_LENGTH,
  type EventKind,
} from './event.ts'

/** What the receiver expects of an event. */
export interface VerifyEventOptions {
  /** The receiver's DID; `aud` must be it, as an exact string. */
  readonly audience: string
  /** The DID whose stream the event came over, where it came over one; `iss` must be it. */
  readonly issuer?: string
  /** Finds the sender's keys. */
  readonly resolver: DidResolver
  /** The oldest `iat` that is accepted, in seconds, 1 to 3600. Defaults to 300: senders sign anew at each delivery. */
  readonly maxAge?: number
  /** Allowed clock difference in seconds, 0 to 300. Defaults to 60. */
  readonly clockTolerance?: number
  /** Seconds since the epoch. Defaults to the system clock. */
  readonly now?: number
  /** Bounds what finding the keys may cost. */
  readonly budget?: FetchBudget
}

declare const verified: unique symbol

/** An event whose sender is proven. What the sender is entitled to, {@link applyEvent} judges. */
export interface VerifiedEvent {
  readonly [verified]: true
  /** The DID of the sender. */
  readonly issuer: string
  /** The DID that it is about. */
  readonly subject: string
  /** What happened; `other` for an event type that is not known here, and has no effect. */
  readonly kind: EventKind | 'other'
  /** Why: a coarse code; `unspecified` where the sender gave none. */
  readonly reason: string
  /** The digest of the credential that it is about, where it is about one only. */
  readonly credentialDigest?: string
  /** Its `jti`: the same for each repetition. */
  readonly id: string
  /** When it was signed, in seconds since the epoch. */
  readonly issuedAt: number
  /** When it happened, in seconds since the epoch, as the sender says. */
  readonly occurredAt: number
}

const events = new WeakSet()
const MAX_JTI_LENGTH = 128
const MAX_AGE = 3600
const MAX_CLOCK_TOLERANCE = 300

/**
 * Verifies a Security Event Token.
 *
 * The checks run in this order: size, form, `typ`, claims, expected sender, the sender's key in its
 * `assertionMethod` or `authentication`, signature, age, audience. Where the cached DID document does not have the
 * key, it is fetched anew once: keys rotate.
 *
 * @param set - Compact JWS of at most 16,384 characters.
 * @param options - See {@link VerifyEventOptions}.
 * @returns The event, frozen.
 * @throws {VerificationError} `COMITY_EVENT_INVALID` when a claim is missing or wrong; `COMITY_JWS_MALFORMED`,
 *   `COMITY_JWS_TOO_LARGE`, `COMITY_ALG_NOT_ALLOWED`, `COMITY_JWT_TYP_MISMATCH`, `COMITY_SIGNATURE_INVALID`,
 *   `COMITY_TOKEN_EXPIRED`, `COMITY_TOKEN_NOT_YET_VALID`, `COMITY_DID_KEY_RELATIONSHIP`.
 * @throws {TrustError} The sender's document or key cannot be found.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH` when it is for someone else.
 * @throws {TypeError} An option is out of range.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8417#section-2 | RFC 8417 §2}
 */
export async function verifyEvent(set: string, options: VerifyEventOptions): Promise<VerifiedEvent> {
  const { audience, maxAge = 300, clockTolerance = 60, now = systemClock.now() } = options
  if (!(maxAge >= 1 && maxAge <= MAX_AGE)) throw new TypeError('options.maxAge must be 1 to 3600 seconds')
  if (!(clockTolerance >= 0 && clockTolerance <= MAX_CLOCK_TOLERANCE)) {
    throw new TypeError('options.clockTolerance must be 0 to 300 seconds')
  }
  const { jws, event } = parseEvent(set)
  if (options.issuer !== undefined && event.issuer !== options.issuer)
    throw invalid('`iss` is not the sender')
  await verifyJwsSignature(jws, await senderKey(event.issuer, jws, options))
  checkTimes(jws.claims, { now, clockTolerance, require: ['iat'] })
  if (event.issuedAt < now - maxAge - clockTolerance) {
    throw new VerificationError('COMITY_TOKEN_EXPIRED', 'the event was signed too long ago', {
      details: { maxAge },
    })
  }
  if (jws.claims.aud !== audience) {
    throw new PolicyError('COMITY_AUDIENCE_MISMATCH', 'the event is for another audience', {
      spec: 'RFC 8417 §2.2',
    })
  }
  const sealed = Object.freeze(event) as VerifiedEvent
  events.add(sealed)
  return sealed
}

/**
 * Refuses what did not come from {@link verifyEvent}.
 *
 * @throws {TypeError} The value was not made there.
 */
export function assertVerifiedEvent(value: unknown): asserts value is VerifiedEvent {
  if (typeof value !== 'object' || value === null || !events.has(value)) {
    throw new TypeError('the event was not verified')
  }
}

type EventClaims = Omit<VerifiedEvent, typeof verified>

function parseEvent(set: string): { jws: UnverifiedJws; event: EventClaims } {
  const jws = parseJws(set, { maxLength: MAX_EVENT_LENGTH, typ: EVENT_TYP })
  const { iss, iat, jti, toe, sub_id: subject, exp } = jws.claims
  if (!isDid(iss)) throw invalid('`iss` must be a DID')
  if (typeof iat !== 'number') throw invalid('`iat` must be a number')
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) {
    throw invalid('`jti` must be a string of 1 to 128 characters')
  }
  if (toe !== undefined && typeof toe !== 'number') throw invalid('`toe` must be a number')
  if (exp !== undefined) throw invalid('an event has no `exp`')
  if (!isJsonObject(subject) || subject.format !== 'did' || !isDid(subject.url)) {
    throw invalid('`sub_id` must name a DID')
  }
  const what = parseWhat(jws.claims.events)
  return {
    jws,
    event: { issuer: iss, subject: subject.url, ...what, id: jti, issuedAt: iat, occurredAt: toe ?? iat },
  }
}

function parseWhat(value: unknown): Pick<EventClaims, 'kind' | 'reason' | 'credentialDigest'> {
  if (!isJsonObject(value)) throw invalid('`events` must be an object')
  const kinds = (Object.keys(EVENT_TYPES) as EventKind[]).filter((kind) => EVENT_TYPES[kind] in value)
  const [kind] = kinds
  if (kinds.length > 1) throw invalid('`events` must have one event')
  if (kind === undefined) return { kind: 'other', reason: UNSPECIFIED }
  const payload = value[EVENT_TYPES[kind]]
  if (!isJsonObject(payload)) throw invalid('an event must be an object')
  const credentialDigest = payload.credential_digest
  if (credentialDigest !== undefined && !isDigest(credentialDigest)) {
    throw invalid('`credential_digest` must be a SHA-256 in base64url')
  }
  // Only what takes something away has an effect: a credential that was added or changed cuts nobody off.
  if (kind === 'credential-change' && !TAKEN_AWAY.includes(payload.change_type)) {
    return { kind: 'other', reason: UNSPECIFIED }
  }
  return { kind, reason: reasonOf(payload), ...(credentialDigest === undefined ? {} : { credentialDigest }) }
}

const UNSPECIFIED = 'unspecified'
const TAKEN_AWAY: readonly unknown[] = ['revoke', 'delete']

function reasonOf(payload: JsonObject): string {
  const reason = isJsonObject(payload.reason_admin) ? payload.reason_admin.en : undefined
  return isReason(reason) ? reason : UNSPECIFIED
}

async function senderKey(
  issuer: string,
  jws: UnverifiedJws,
  options: VerifyEventOptions,
): Promise<PublicJwk> {
  const { kid } = jws.header
  if (typeof kid !== 'string') throw invalid('the event names no key')
  const find = async (fresh: boolean): Promise<PublicJwk> => {
    const document = await options.resolver.resolveDocument(issuer, {
      fresh,
      ...(options.budget === undefined ? {} : { budget: options.budget }),
    })
    try {
      return findVerificationKey(document, kid, 'assertionMethod')
    } catch (error) {
      if (!(error instanceof ComityError) || error.code !== 'COMITY_DID_KEY_RELATIONSHIP') throw error
      return findVerificationKey(document, kid, 'authentication')
    }
  }
  try {
    return await find(false)
  } catch (error) {
    if (!(error instanceof ComityError) || !MAY_BE_STALE.includes(error.code)) throw error
    return await find(true)
  }
}

const MAY_BE_STALE: readonly unknown[] = ['COMITY_DID_KEY_UNKNOWN', 'COMITY_DID_KEY_RELATIONSHIP']

function invalid(message: string): VerificationError {
  return new VerificationError('COMITY_EVENT_INVALID', message, { spec: 'RFC 8417 §2' })
}
