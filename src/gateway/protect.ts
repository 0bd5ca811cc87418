import type { AuditLog } from '../audit/index.ts'
import type { Authorizer } from '../authorization/index.ts'
import type { Demand } from '../demand/index.ts'
import { ComityError, PolicyError } from '../errors/index.ts'
import type { EvidenceTrust } from '../handshake/index.ts'
import type { Clock } from '../runtime/index.ts'
import {
  verifyRequest,
  type DpopNonces,
  type SessionRecord,
  type SessionRegistry,
  type VerifiedRequest,
} from '../session/index.ts'
import type { Store } from '../store/index.ts'
import type { GatewayIdentity } from './identity.ts'
import { describeError, type GatewayLog } from './log.ts'
import type { PeerStreams } from './peer-streams.ts'
import { refusedResponse, withNonce } from './problem.ts'

/** What a request of an agent asks for. */
export interface ProtectedResource {
  /** The type of authorization detail, RFC 9396. */
  readonly type: string
  /** One of its actions. */
  readonly action: string
}

/** Answers a request that was verified and is allowed. */
export type ProtectedHandler = (request: Request, caller: VerifiedRequest) => Promise<Response>

/** What requests are decided with. */
export interface ProtectionContext {
  readonly identity: GatewayIdentity
  readonly registry: SessionRegistry
  readonly streams: PeerStreams
  /** The nonces that proofs must have, where they must. */
  readonly nonces: DpopNonces | undefined
  /** For how long those who may end a session may be silent, in seconds. */
  readonly leaseSeconds: number
  /** Judges what is shown in a renewal, and looks up again what a session rests on. */
  readonly evidence: EvidenceTrust
  /** What a fresh posture has to meet; undefined where no posture is asked for. */
  readonly postureDemand: Demand | undefined
  readonly authorizer: Authorizer
  readonly replay: Store
  readonly audit: AuditLog
  readonly log: GatewayLog
  readonly clock: Clock
}

const MAX_NAME_LENGTH = 1024

/**
 * Refuses what would protect nothing: a typing error would show only when a request is refused.
 *
 * @returns A copy, which nobody can change later.
 * @throws {TypeError} See `Gateway.protect`.
 */
export function checkResource(
  resource: Partial<ProtectedResource> | undefined,
  handler: unknown,
): ProtectedResource {
  const { type, action } = resource ?? {}
  if (!isName(type)) throw new TypeError('resource.type must be a text of 1 to 1024 characters')
  if (!isName(action)) throw new TypeError('resource.action must be a text of 1 to 1024 characters')
  if (typeof handler !== 'function') throw new TypeError('handler must be a function')
  return Object.freeze({ type, action })
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_NAME_LENGTH
}

/**
 * Verifies that a request belongs to an active session, comes from its agent, and that those who may end the session
 * are heard. The URL is built on the configured origin.
 *
 * @throws {ComityError} See `verifyRequest`; `COMITY_SESSION_SUSPENDED`.
 */
export async function authenticate(request: Request, context: ProtectionContext): Promise<VerifiedRequest> {
  const verified = await identify(request, context)
  await context.streams.assertHeard(verified.session)
  return verified
}

/**
 * Verifies that a request belongs to an active session and comes from its agent; also while the session is suspended.
 *
 * @throws {ComityError} See `verifyRequest`.
 */
export async function identify(request: Request, context: ProtectionContext): Promise<VerifiedRequest> {
  const { identity, registry, nonces, replay, clock } = context
  const { pathname, search } = new URL(request.url)
  return verifyRequest(
    {
      method: request.method,
      url: `${identity.origin}${pathname}${search}`,
      authorization: request.headers.get('authorization'),
      dpop: request.headers.get('dpop'),
    },
    {
      issuer: identity.did,
      audience: identity.origin,
      key: await identity.tokenKey(),
      registry,
      replay,
      now: clock.now(),
      ...(nonces === undefined ? {} : { nonces: await nonces.valid() }),
    },
  )
}

/**
 * Decides one request and answers it: verified, decided for this request, audited, and only then handled.
 */
export async function handleProtected(
  request: Request,
  resource: ProtectedResource,
  handler: ProtectedHandler,
  context: ProtectionContext,
): Promise<Response> {
  let caller: VerifiedRequest | undefined
  try {
    caller = await authenticate(request, context)
    await decide(request, caller, resource, context)
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    await refuse(error, caller, resource, context)
    return withNonce(refusedResponse(error), context.nonces)
  }
  return withNonce(await handler(request, caller), context.nonces)
}

async function decide(
  request: Request,
  { session, agent, granted, path }: VerifiedRequest,
  resource: ProtectedResource,
  { authorizer, audit, clock }: ProtectionContext,
): Promise<void> {
  const { postureAssessedAt, maxPostureAge } = session
  const now = clock.now()
  const decision = await authorizer.decide({
    // Not `session.organizations`: who may end a session is in part the agent's own word.
    subject: { did: agent, organizations: attestersOf(session), ...spiffeIdsOf(session) },
    resource,
    granted,
    ...(postureAssessedAt === undefined ? {} : { postureAssessedAt }),
    ...(maxPostureAge === undefined ? {} : { maxPostureAge }),
    context: { method: request.method, path, now },
  })
  if (!decision.allow) {
    const code = decision.code ?? 'COMITY_REQUEST_NOT_GRANTED'
    throw new PolicyError(code, 'the request is not allowed', {
      details: {
        reasons: decision.reasons.join('; '),
        ...(maxPostureAge === undefined ? {} : { maxAge: maxPostureAge }),
      },
    })
  }
  await audit.append({
    time: now,
    kind: 'decision',
    actor: agent,
    accountable: session.accountable,
    session: session.id,
    action: actionOf(resource),
    outcome: 'allowed',
  })
}

async function refuse(
  error: ComityError,
  caller: VerifiedRequest | undefined,
  resource: ProtectedResource,
  { audit, log, clock }: ProtectionContext,
): Promise<void> {
  log({
    level: 'warn',
    event: 'request.refused',
    ...(caller === undefined ? {} : { peer: caller.agent, session: caller.session.id }),
    ...describeError(error),
  })
  // Records are for good: what strangers send, who can send anything, is for the log alone.
  if (caller === undefined) return
  await audit.append({
    time: clock.now(),
    kind: 'decision',
    actor: caller.agent,
    accountable: caller.session.accountable,
    session: caller.session.id,
    action: actionOf(resource),
    outcome: 'refused',
    code: error.code,
  })
}

function attestersOf({ credentials }: SessionRecord): readonly string[] {
  return [...new Set(credentials.map(({ issuer }) => issuer))]
}

function spiffeIdsOf({ spiffeIds }: SessionRecord): Pick<SessionRecord, 'spiffeIds'> {
  return spiffeIds === undefined ? {} : { spiffeIds }
}

function actionOf({ type, action }: ProtectedResource): string {
  return `${type}:${action}`
}
