import { ComityError } from '../errors/index.ts'
import { describeError } from './log.ts'
import { refusedResponse, withNonce } from './problem.ts'
import { identify, type ProtectionContext } from './protect.ts'

/** Why a session ended that its agent has closed. */
const REASON = 'closed'

/**
 * Ends a session at the wish of its agent: 204, and 401 where there is none any more. It can be ended while it is
 * suspended, too.
 */
export async function closeSession(request: Request, context: ProtectionContext): Promise<Response> {
  const { registry, log } = context
  try {
    const { session, agent } = await identify(request, context)
    await registry.end(session.id, REASON)
    log({ level: 'info', event: 'session.closed', peer: agent, session: session.id })
    return await withNonce(
      new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } }),
      context.nonces,
    )
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    log({ level: 'warn', event: 'session.close-refused', ...describeError(error) })
    return withNonce(refusedResponse(error), context.nonces)
  }
}
