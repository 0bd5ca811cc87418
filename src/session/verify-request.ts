import { isWithin, type AuthorizationDetail } from '../authorization/index.ts'
import { PolicyError } from '../errors/index.ts'
import { systemClock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { verifyAccessToken, type VerifiedAccessToken, type VerifyAccessTokenOptions } from './access-token.ts'
import { parseAuthorization } from './authorization-header.ts'
import type { SessionRecord } from './session-record.ts'
import type { SessionRegistry } from './session-registry.ts'
import { checkDpopProof, parseDpopProof, type VerifyDpopProofOptions } from './verify-dpop-proof.ts'

/** What of a request is verified. */
export interface SessionRequest {
  /** The method, as received. */
  readonly method: string
  /** The absolute URL, as the client knows it: behind a proxy, the public one. */
  readonly url: string
  /** The value of the `Authorization` header; several values joined by a comma; null where there is none. */
  readonly authorization: string | null
  /** The value of the `DPoP` header; several values joined by a comma; null where there is none. */
  readonly dpop: string | null
}

/** What a request is verified with. Every field without a `?` is a decision that the caller cannot skip. */
export interface VerifyRequestOptions
  extends
    VerifyAccessTokenOptions,
    Pick<VerifyDpopProofOptions, 'nonces' | 'maxAge' | 'clockTolerance' | 'algorithms'> {
  /** Where the sessions are. */
  readonly registry: SessionRegistry
  /** Where used proofs are remembered; shared by all instances of the gateway. */
  readonly replay: Store
}

declare const verified: unique symbol

/** A request of an active session, sent by the holder of the session's key. Only {@link verifyRequest} makes one. */
export interface VerifiedRequest {
  readonly [verified]: true
  /** The session, as the store had it at this request. */
  readonly session: SessionRecord
  /** The DID of the agent. */
  readonly agent: string
  /** What may be granted: what the token allows and the session still does. */
  readonly granted: readonly AuthorizationDetail[]
  /** The `jti` of the access token. */
  readonly tokenId: string
  /** When the access token ends, in seconds since the epoch. */
  readonly tokenExpiresAt: number
  /** The request's method. */
  readonly method: string
  /** The path of the request's URL, still percent-encoded. */
  readonly path: string
}

const requests = new WeakSet()

/**
 * Verifies that a request belongs to an active session and comes from its agent.
 *
 * The checks run in this order, and the first that fails decides the error: form and size of `Authorization`; form,
 * signature, times, issuer and audience of the token; form, size and signature of the proof; its key against `cnf.jkt`;
 * method, URL, token hash and nonce; age; replay; and last the session's state, read from the store. What it may do
 * is not judged here.
 *
 * @param request - See {@link SessionRequest}.
 * @param options - See {@link VerifyRequestOptions}.
 * @returns The request's session and grant, frozen.
 * @throws {VerificationError} `COMITY_SESSION_TOKEN_INVALID`, `COMITY_TOKEN_EXPIRED`, `COMITY_TOKEN_NOT_YET_VALID`,
 *   `COMITY_DPOP_INVALID`, `COMITY_DPOP_KEY_MISMATCH`, `COMITY_DPOP_REPLAYED`.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH`; `COMITY_SESSION_UNKNOWN` when there is no such session;
 *   `COMITY_SESSION_ENDED` when it was ended or has expired; `COMITY_STORE_FULL` when the proof's use cannot be
 *   remembered.
 * @throws {TypeError} An option is out of range.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-7 | RFC 9449 §7}
 */
export async function verifyRequest(
  request: SessionRequest,
  options: VerifyRequestOptions,
): Promise<VerifiedRequest> {
  const { registry, now = systemClock.now() } = options
  const accessToken = parseAuthorization(request.authorization)
  const token = await verifyAccessToken(accessToken, { ...options, now })
  const proof = parseDpopProof(request.dpop, options.algorithms)
  const { method, url } = request
  await checkDpopProof(proof, { ...options, now, method, url, accessToken, jkt: token.jkt })
  return seal(request, token, await activeSession(token, registry, now))
}

/**
 * Refuses what did not come from {@link verifyRequest}.
 *
 * @throws {TypeError} The value was not made there.
 */
export function assertVerifiedRequest(value: unknown): asserts value is VerifiedRequest {
  if (typeof value !== 'object' || value === null || !requests.has(value)) {
    throw new TypeError('the request was not verified')
  }
}

async function activeSession(
  token: VerifiedAccessToken,
  registry: SessionRegistry,
  now: number,
): Promise<SessionRecord> {
  const session = await registry.get(token.sessionId)
  if (session === undefined) throw new PolicyError('COMITY_SESSION_UNKNOWN', 'there is no such session')
  if (session.state !== 'active' || session.expiresAt <= now) {
    throw new PolicyError('COMITY_SESSION_ENDED', 'the session has ended', {
      details: { reason: session.endedReason ?? 'expired' },
    })
  }
  // Both come from us, and can only differ if a record was replaced: then the token is not its token.
  if (session.agent !== token.agent || session.jkt !== token.jkt) {
    throw new PolicyError('COMITY_SESSION_UNKNOWN', 'the token is not of this session')
  }
  return session
}

function seal(request: SessionRequest, token: VerifiedAccessToken, session: SessionRecord): VerifiedRequest {
  const sealed = Object.freeze({
    session,
    agent: session.agent,
    granted: Object.freeze(token.granted.filter((detail) => isWithin(detail, session.granted))),
    tokenId: token.id,
    tokenExpiresAt: token.expiresAt,
    method: request.method,
    path: new URL(request.url).pathname,
  }) as VerifiedRequest
  requests.add(sealed)
  return sealed
}
