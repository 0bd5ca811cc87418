import type { EvidenceTrust } from '../handshake/index.ts'
import { PolicyError } from '../errors/index.ts'
import { applyEvent, type VerifiedEvent } from '../revocation/index.ts'
import type { SessionRegistry } from '../session/index.ts'
import type { AuditLog } from '../audit/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { AnchorPublisher } from '../zk/index.ts'
import { describeError, type GatewayLog } from './log.ts'

/** What the events of other organizations are followed with. */
export interface PeerEventsContext {
  readonly evidence: EvidenceTrust
  readonly registry: SessionRegistry
  readonly audit: AuditLog
  readonly log: GatewayLog
  readonly clock: Clock
  /** Is told who may have taken back what anchors are made from; undefined where there are none. */
  readonly anchors: Pick<AnchorPublisher, 'noteChange'> | undefined
}

/** Forgets what an event may have changed: the subject's keys, the sender's status lists. */
export function forgetCached(event: VerifiedEvent, { resolver, status }: EvidenceTrust): void {
  resolver.invalidate(event.subject)
  status.invalidate?.(event.issuer)
}

/**
 * Ends what a verified event ends, and forgets what it may have changed: the subject's keys, the sender's status
 * lists. So no new session opens on what was cached before. An event that ends nothing is for the log alone: its
 * sender could fill the audit log with them.
 */
export async function takeEvent(event: VerifiedEvent, context: PeerEventsContext): Promise<void> {
  const { evidence, registry, audit, log, clock, anchors } = context
  forgetCached(event, evidence)
  // It rejects never, and takes as long as the issuer's lists do: the event is applied meanwhile.
  void anchors?.noteChange({ issuer: event.issuer })
  try {
    const ended = await applyEvent(event, registry)
    log({
      level: 'info',
      event: 'revocation.applied',
      peer: event.issuer,
      details: { sessions: ended.length },
    })
    if (ended.length === 0) return
    const details = { sessions: ended.length }
    const who = { actor: event.issuer, peer: event.subject }
    await audit.append({ time: clock.now(), kind: 'revocation', ...who, outcome: 'ended', details })
  } catch (error) {
    // Anything else was not the sender's fault: the event is not confirmed, and comes again.
    if (!(error instanceof PolicyError) || error.code !== 'COMITY_EVENT_NOT_ENTITLED') throw error
    log({ level: 'warn', event: 'revocation.refused', peer: event.issuer, ...describeError(error) })
  }
}
