import { ComityError, PolicyError } from '../errors/index.ts'
import { issueAccessToken } from '../session/index.ts'
import { describeError } from './log.ts'
import { jsonResponse, refusedResponse } from './problem.ts'
import { authenticate, type ProtectionContext } from './protect.ts'

/**
 * Renews the token of an active session: the same session, key and grant, until its evidence ends. A session
 * whose posture has become older than the demand allows is not renewed.
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
    const { session, granted } = await authenticate(request, context)
    const now = clock.now()
    const { maxPostureAge, postureAssessedAt = 0 } = session
    if (maxPostureAge !== undefined && now - postureAssessedAt > maxPostureAge) {
      throw new PolicyError('COMITY_POSTURE_STALE', 'the posture is older than the demand allows', {
        details: { maxAge: maxPostureAge },
      })
    }
    const { token, expiresAt } = await issueAccessToken({
      signer: await identity.tokenSigner(),
      issuer: identity.did,
      audience: identity.origin,
      session,
      lifetimeSeconds: tokenSeconds,
      now,
    })
    return jsonResponse({
      access_token: token,
      token_type: 'DPoP',
      exp: expiresAt,
      authorization_details: granted,
    })
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    log({ level: 'warn', event: 'renewal.refused', ...describeError(error) })
    return refusedResponse(error)
  }
}
