import { ComityError } from '../errors/index.ts'
import { issueAccessToken, type SessionRecord } from '../session/index.ts'
import { checkStatus } from './check-status.ts'
import { describeError } from './log.ts'
import { jsonResponse, problemResponse, refusedResponse, withNonce } from './problem.ts'
import { authenticate, type ProtectionContext } from './protect.ts'
import { assertFreshPosture, readRenewal, stepUp } from './step-up.ts'

/**
 * Renews the token of an active session: the same session, key and grant, until its evidence ends. A fresh posture that
 * the request brings takes the place of the old one. A session whose posture has become older than the demand allows is
 * not renewed, nor is one whose evidence has a status that cannot be looked up; one whose evidence was revoked or
 * suspended meanwhile ends.
 *
 * @param tokenSeconds Life of the new token, in seconds.
 */
export async function renewSession(
  request: Request,
  tokenSeconds: number,
  context: ProtectionContext,
): Promise<Response> {
  const { identity, clock, log } = context
  try {
    const caller = await authenticate(request, context)
    const { granted } = caller
    const demand = context.postureDemand
    const shown = demand === undefined ? undefined : await readRenewal(request)
    const session =
      demand === undefined || shown === undefined
        ? caller.session
        : await stepUp(caller.session, shown, demand, context)
    const now = clock.now()
    assertFreshPosture(session, now)
    await endIfTakenBack(session, context)
    const { token, expiresAt } = await issueAccessToken({
      signer: await identity.tokenSigner(),
      issuer: identity.did,
      audience: identity.origin,
      session,
      lifetimeSeconds: tokenSeconds,
      now,
    })
    const answer = jsonResponse({
      access_token: token,
      token_type: 'DPoP',
      exp: expiresAt,
      authorization_details: granted,
    })
    return await withNonce(answer, context.nonces)
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    log({ level: 'warn', event: 'renewal.refused', ...describeError(error) })
    const refusal = MALFORMED.test(error.code) ? problemResponse(400, 'malformed') : refusedResponse(error)
    return await withNonce(refusal, context.nonces)
  }
}

/** Not every issuer has an event stream: what it takes back without one is seen here. */
async function endIfTakenBack(
  { id, credentials }: SessionRecord,
  { evidence, registry, clock }: ProtectionContext,
): Promise<void> {
  try {
    await checkStatus(credentials, evidence.status, clock.now())
  } catch (error) {
    if (error instanceof ComityError && TAKEN_BACK.includes(error.code)) await registry.end(id, 'status')
    throw error
  }
}

const MALFORMED = /^COMITY_(?:JSON|UTF8|HANDSHAKE)_/

const TAKEN_BACK: readonly string[] = ['COMITY_STATUS_REVOKED', 'COMITY_STATUS_SUSPENDED']
