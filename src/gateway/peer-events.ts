import type { EvidenceTrust } from '../handshake/index.ts'
import { ComityError } from '../errors/index.ts'
import { applyEvent, type EventListener, type VerifiedEvent } from '../revocation/index.ts'
import type { SessionRegistry } from '../session/index.ts'
import type { AuditLog } from '../audit/index.ts'
import type { Clock } from '../runtime/index.ts'
import { describeError, type GatewayLog } from './log.ts'

/** What the events of other organizations are followed with. */
export interface PeerEventsContext {
  readonly evidence: EvidenceTrust
  readonly registry: SessionRegistry
  readonly audit: AuditLog
  readonly log: GatewayLog
  readonly clock: Clock
}

/**
 * Makes sure that the events of these organizations are being heard.
 *
 * @returns True when every one of them has an event stream and it is open now.
 */
export async function followOrganizations(
  organizations: readonly string[],
  listener: EventListener,
  { log }: Pick<PeerEventsContext, 'log'>,
): Promise<boolean> {
  const followed = await Promise.all(
    organizations.map(async (organization) => {
      try {
        await listener.listen(organization)
        return true
      } catch (error) {
        if (!(error instanceof ComityError)) throw error
        log({ level: 'warn', event: 'events.unavailable', peer: organization, ...describeError(error) })
        return false
      }
    }),
  )
  return followed.every(Boolean)
}

/**
 * Ends what a verified event ends, and forgets what it may have changed: the subject's keys, the sender's status
 * lists. So no new session opens on what was cached before.
 */
export async function takeEvent(event: VerifiedEvent, context: PeerEventsContext): Promise<void> {
  const { evidence, registry, audit, log, clock } = context
  evidence.resolver.invalidate(event.subject)
  evidence.status.invalidate?.(event.issuer)
  const record = { time: clock.now(), kind: 'revocation', actor: event.issuer, peer: event.subject } as const
  try {
    const ended = await applyEvent(event, registry)
    log({
      level: 'info',
      event: 'revocation.applied',
      peer: event.issuer,
      details: { sessions: ended.length },
    })
    await audit.append({ ...record, outcome: 'ended', details: { sessions: ended.length } })
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    log({ level: 'warn', event: 'revocation.refused', peer: event.issuer, ...describeError(error) })
    await audit.append({ ...record, outcome: 'refused', code: error.code })
  }
}
