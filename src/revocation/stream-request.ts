import { findVerificationKey, type DidResolver } from '../did/index.ts'
import { PolicyError, VerificationError } from '../errors/index.ts'
import {
  checkTimes,
  parseJws,
  signJws,
  verifyJwsSignature,
  type Signer,
  type UnverifiedJws,
} from '../keys/index.ts'
import { createFetchBudget } from '../net/index.ts'
import { randomId, systemClock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { isDid } from './event.ts'
import { digestOf } from './store-keys.ts'

const TYP = 'comity-events+jwt'
const LIFETIME = 60
const MAX_LIFETIME = 120
const CLOCK_TOLERANCE = 60
const MAX_LENGTH = 8192
const MAX_JTI_LENGTH = 128
const FORM = /^Comity ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i
// What a stranger may make us fetch to find out who it is.
const BUDGET = { requests: 4, bytes: 262_144, timeoutMs: 5000 }

/**
 * Makes the `Authorization` value with which a subscriber opens a stream, or acknowledges. It can be used once.
 *
 * @param options - The signer of the subscriber's `authentication` key, the DIDs of subscriber and publisher, and the
 *   current time in seconds since the epoch (defaults to the system clock).
 */
export async function authorizeStreamRequest(options: {
  readonly signer: Signer
  readonly subscriber: string
  readonly publisher: string
  readonly now?: number
}): Promise<string> {
  const { signer, subscriber, publisher, now = systemClock.now() } = options
  const iat = Math.floor(now)
  const payload = { iss: subscriber, aud: publisher, iat, exp: iat + LIFETIME, jti: randomId() }
  return `Comity ${await signJws({ header: { typ: TYP }, payload, signer })}`
}

/** What a stream request is verified with. */
export interface VerifyStreamRequestOptions {
  /** The DID whose events are asked for. */
  readonly publisher: string
  /** Says which DIDs get events. It is asked before anything about the DID is proven or fetched. */
  readonly admit: (subscriber: string) => boolean | Promise<boolean>
  /** Finds the subscriber's keys. */
  readonly resolver: DidResolver
  /** Where used requests are remembered; shared by all instances. */
  readonly replay: Store
  /** Seconds since the epoch. */
  readonly now: number
}

/**
 * Verifies who asks for events.
 *
 * The checks run in this order: size and form, `typ`, claims, admission, key in the subscriber's `authentication`,
 * signature, times (at most 120 s of life), audience, single use.
 *
 * @param authorization - The header's value, or null where there is none. At most 8192 characters.
 * @returns The DID of the subscriber.
 * @throws {VerificationError} `COMITY_EVENT_REQUEST_INVALID` when the request is malformed or was used before; the
 *   codes of JWS, times and DID keys.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH`; `COMITY_EVENT_NOT_ENTITLED` when the DID gets no events.
 * @throws {TrustError} The subscriber's document or key cannot be found.
 */
export async function verifyStreamRequest(
  authorization: string | null,
  options: VerifyStreamRequestOptions,
): Promise<string> {
  const { jws, subscriber, jti, kid } = parseStreamRequest(authorization)
  if (!(await options.admit(subscriber))) {
    throw new PolicyError('COMITY_EVENT_NOT_ENTITLED', 'the subscriber gets no events here')
  }
  const document = await options.resolver.resolveDocument(subscriber, { budget: createFetchBudget(BUDGET) })
  await verifyJwsSignature(jws, findVerificationKey(document, kid, 'authentication'))
  const { now, publisher, replay } = options
  const { expiresAt } = checkTimes(jws.claims, {
    now,
    clockTolerance: CLOCK_TOLERANCE,
    maxLifetime: MAX_LIFETIME,
    require: ['iat', 'exp'],
  })
  if (jws.claims.aud !== publisher) {
    throw new PolicyError('COMITY_AUDIENCE_MISMATCH', 'the request is for another publisher')
  }
  const expires = (expiresAt ?? now) + 2 * CLOCK_TOLERANCE
  if (
    !(await replay.putIfAbsent(`event-request/${digestOf(subscriber, jti)}`, '1', { expiresAt: expires }))
  ) {
    throw invalid('replayed', 'the request was used before')
  }
  return subscriber
}

function parseStreamRequest(authorization: string | null): {
  jws: UnverifiedJws
  subscriber: string
  jti: string
  kid: string
} {
  if (authorization === null) throw invalid('missing', 'the request has no `Authorization` header')
  const token = authorization.length > MAX_LENGTH ? undefined : FORM.exec(authorization)?.[1]
  if (token === undefined) throw invalid('form', '`Authorization` is not one `Comity` token')
  const jws = parseJws(token, { maxLength: MAX_LENGTH, typ: TYP })
  const { iss, jti } = jws.claims
  const { kid } = jws.header
  if (!isDid(iss)) throw invalid('iss', '`iss` must be a DID')
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) {
    throw invalid('jti', '`jti` must be a string of 1 to 128 characters')
  }
  if (typeof kid !== 'string') throw invalid('kid', 'the request names no key')
  return { jws, subscriber: iss, jti, kid }
}

function invalid(reason: string, message: string): VerificationError {
  return new VerificationError('COMITY_EVENT_REQUEST_INVALID', message, { details: { reason } })
}
