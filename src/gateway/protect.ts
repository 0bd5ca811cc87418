import type { AuditLog } from '../audit/index.ts'
import type { Authorizer } from '../authorization/index.ts'
import { ComityError, PolicyError } from '../errors/index.ts'
import type { Clock } from '../runtime/index.ts'
import { verifyRequest, type SessionRegistry, type VerifiedRequest } from '../session/index.ts'
import type { Store } from '../store/index.ts'
import type { GatewayIdentity } from './identity.ts'
import { describeError, type GatewayLog } from './log.ts'
import { refusedResponse } from './problem.ts'

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
  readonly authorizer: Authorizer
  readonly replay: Store
  readonly audit: AuditLog
  readonly log: GatewayLog
  readonly clock: Clock
}

/**
 * Verifies that a request belongs to an active session and comes from its agent. The URL is built on the
 * configured origin.
 *
 * @throws {ComityError} See `verifyRequest`.
 */
export async function authenticate(request: Request, context: ProtectionContext): Promise<VerifiedRequest> {
  const { identity, registry, replay, clock } = context
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
    return refusedResponse(error)
  }
  return handler(request, caller)
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
    subject: { did: agent, organizations: session.organizations },
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

function actionOf({ type, action }: ProtectedResource): string {
  return `${type}:${action}`
}
