import type { EvidenceTrust } from '../handshake/index.ts'
import { ComityError, PolicyError, TrustError } from '../errors/index.ts'
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

/** Those who may end a session by an event. */
export interface EntitledOrganizations {
  /** The agent's own: each must have an event stream. */
  readonly controllers: readonly string[]
  /** Who has attested something about it: those that have no event stream have their status lists. */
  readonly issuers: readonly string[]
}

/**
 * Makes sure that the events of those who may end a session are being heard.
 *
 * @returns True when every controller's event stream is open now, and that of every issuer that has one.
 */
export async function followOrganizations(
  { controllers, issuers }: EntitledOrganizations,
  listener: EventListener,
  { log }: Pick<PeerEventsContext, 'log'>,
): Promise<boolean> {
  const follow = async (organization: string): Promise<boolean> => {
    try {
      await listener.listen(organization)
      return true
    } catch (error) {
      if (!(error instanceof ComityError)) throw error
      const hasNone = error instanceof TrustError && error.code === 'COMITY_DID_SERVICE_UNKNOWN'
      if (hasNone && !controllers.includes(organization)) return true
      log({ level: 'warn', event: 'events.unavailable', peer: organization, ...describeError(error) })
      return false
    }
  }
  const followed = await Promise.all([...new Set([...controllers, ...issuers])].map(follow))
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
    // Anything else was not the sender's fault: the event is not confirmed, and comes again.
    if (!(error instanceof PolicyError) || error.code !== 'COMITY_EVENT_NOT_ENTITLED') throw error
    log({ level: 'warn', event: 'revocation.refused', peer: event.issuer, ...describeError(error) })
    await audit.append({ ...record, outcome: 'refused', code: error.code })
  }
}
