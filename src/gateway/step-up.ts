import { parseJsonObject, type JsonObject } from '../encoding/index.ts'
import { PolicyError, VerificationError } from '../errors/index.ts'
import { judgeFreshPosture } from '../handshake/index.ts'
import { readBody } from '../net/index.ts'
import type { SessionRecord } from '../session/index.ts'
import { sessionCredential, UNREVOCABLE_SESSION_SECONDS } from './open-session.ts'
import type { ProtectionContext } from './protect.ts'

/** Largest body of a renewal, in bytes. */
export const MAX_RENEWAL_BYTES = 65_536

/**
 * Reads the evidence that a renewal may bring.
 *
 * @returns Undefined where the request has no JSON body.
 * @throws {VerificationError} `COMITY_HANDSHAKE_TOO_LARGE` above 64 KiB, and the codes of JSON.
 */
export async function readRenewal(request: Request): Promise<JsonObject | undefined> {
  const type = request.headers.get('content-type')
  if (type === null || !/^application\/json\s*(?:;|$)/i.test(type)) return undefined
  const body = await readBody(request.body, MAX_RENEWAL_BYTES)
  if (body === undefined) {
    throw new VerificationError('COMITY_HANDSHAKE_TOO_LARGE', 'the renewal is too large', {
      details: { maxBytes: MAX_RENEWAL_BYTES },
    })
  }
  return parseJsonObject(body, { maxBytes: MAX_RENEWAL_BYTES })
}

/**
 * Lets a session rest on the fresh posture that was shown in its renewal.
 *
 * @returns The session as it is then.
 * @throws {ComityError} What keeps the evidence from counting: see `judgeFreshPosture` and `SessionRegistry.refresh`.
 */
export async function stepUp(
  session: SessionRecord,
  shown: JsonObject,
  demand: NonNullable<ProtectionContext['postureDemand']>,
  { identity, evidence, registry, streams, leaseSeconds, clock }: ProtectionContext,
): Promise<SessionRecord> {
  const now = clock.now()
  const { credentials, assessedAt } = await judgeFreshPosture(shown, demand, {
    ...evidence,
    holder: session.agent,
    audience: identity.did,
    now,
  })
  const issuers = credentials.map(({ issuer }) => issuer)
  const { isComplete, leasedBy, knownUntil } = await streams.follow({ controllers: [], issuers }, now)
  const heardEnd = isComplete ? Infinity : now + Math.min(UNREVOCABLE_SESSION_SECONDS, leaseSeconds)
  return registry.refresh(session.id, {
    postureAssessedAt: assessedAt,
    credentials: credentials.map(sessionCredential),
    expiresAt: Math.min(heardEnd, ...credentials.map(({ validUntil }) => validUntil)),
    leasedBy,
    evidenceCheckedAt: Math.min(now, knownUntil),
  })
}

/**
 * Refuses a session whose posture is older than the demand allows.
 *
 * @throws {PolicyError} `COMITY_POSTURE_STALE`.
 */
export function assertFreshPosture(
  { maxPostureAge, postureAssessedAt = 0 }: SessionRecord,
  now: number,
): void {
  if (maxPostureAge === undefined || now - postureAssessedAt <= maxPostureAge) return
  throw new PolicyError('COMITY_POSTURE_STALE', 'the posture is older than the demand allows', {
    details: { maxAge: maxPostureAge },
  })
}
