import type { Agent } from '../agent/index.ts'
import { ComityError, TrustError } from '../errors/index.ts'
import type { EventListener } from '../revocation/index.ts'
import type { Clock } from '../runtime/index.ts'
import { leasesOf, type SessionRecord } from '../session/index.ts'
import { describeError, type GatewayLog } from './log.ts'
import { peerOf, type StreamSlots } from './stream-slots.ts'

/** Those who may end a session by an event. */
export interface EntitledOrganizations {
  /** The agent's own: each must have an event stream. */
  readonly controllers: readonly string[]
  /** Who has attested something about it: those that have no event stream have their status lists. */
  readonly issuers: readonly string[]
}

/** How well those who may end a session are heard. */
export interface Followed {
  /** Whether every controller is heard now, and every issuer that has a stream. */
  readonly isComplete: boolean
  /** Those that are heard now: the session is to be served while they are. */
  readonly leasedBy: readonly string[]
  /**
   * Seconds since the epoch: up to when all that they have taken back was known in this process, when the evidence
   * began to be judged. What was taken back later may be missing in what it was judged by.
   */
  readonly knownUntil: number
}

/** What organizations are followed with. */
export interface FollowContext {
  readonly agent: Agent
  readonly leaseSeconds: number
  readonly log: GatewayLog
  readonly clock: Clock
  readonly listener: EventListener
  readonly slots: StreamSlots
  /** When listening to an organization failed last. */
  readonly failedAt: Map<string, number>
}

// How old a status list may be that is still believed, and how long the end of a session is remembered.
const CACHED_SECONDS = 300
// After a failure requests are answered at once for so long, and do not try again.
const RETRY_SECONDS = 5

/** See `PeerStreams.follow`. */
export async function follow(
  { controllers, issuers }: EntitledOrganizations,
  asOf: number,
  context: FollowContext,
): Promise<Followed> {
  const { agent, listener, clock, leaseSeconds, log } = context
  let knownUntil = asOf
  const followOne = async (organization: string): Promise<'heard' | 'unheard' | 'has none'> => {
    const known = listener.lastHeard(organization, asOf) ?? asOf - CACHED_SECONDS
    try {
      await listenTo(organization, issuers, context)
    } catch (error) {
      if (!(error instanceof ComityError)) throw error
      const hasNone = error instanceof TrustError && error.code === 'COMITY_DID_SERVICE_UNKNOWN'
      if (hasNone && !controllers.includes(organization)) return 'has none'
      log({ level: 'warn', event: 'events.unavailable', peer: organization, ...describeError(error) })
    }
    knownUntil = Math.min(knownUntil, known)
    // A stream that was open once may be broken now.
    const silentFor = clock.now() - (listener.lastHeard(organization) ?? -Infinity)
    const isHeard = silentFor <= leaseSeconds
    if (!isHeard) log({ level: 'warn', event: 'events.silent', peer: organization })
    // What was cached while nobody listened is not what the next agent is to be judged by.
    if (!isHeard || asOf - known >= CACHED_SECONDS) agent.evidence.status.invalidate?.(organization)
    return isHeard ? 'heard' : 'unheard'
  }
  const organizations = [...new Set([...controllers, ...issuers])]
  const found = await Promise.all(organizations.map(followOne))
  return {
    isComplete: !found.includes('unheard'),
    leasedBy: organizations.filter((_, index) => found[index] === 'heard'),
    knownUntil,
  }
}

/**
 * Listens to an organization, for its own sake where it has issued something, else for those who have. What was cached
 * while nobody listened is forgotten: what was taken back meanwhile, other processes may have dealt with.
 */
async function listenTo(
  organization: string,
  issuers: readonly string[],
  { agent, listener, slots }: FollowContext,
): Promise<void> {
  slots.take(organization, issuers.includes(organization) ? undefined : peerOf(issuers))
  const isNew = listener.lastHeard(organization) === undefined
  try {
    await listener.listen(organization)
  } catch (error) {
    slots.giveBack(organization)
    throw error
  }
  if (isNew) agent.evidence.status.invalidate?.(organization)
}

/** Begins to listen to those that a session is leased by, and keeps them. Returns for each new one whether it could be. */
export async function beginAll(session: SessionRecord, context: FollowContext): Promise<readonly boolean[]> {
  const { listener, slots } = context
  slots.hold(session)
  const unheard = leasesOf(session).filter((each) => listener.lastHeard(each) === undefined)
  if (unheard.length === 0) return []
  const issuers = session.credentials.map(({ issuer }) => issuer)
  const begun = await Promise.all(unheard.map((each) => begin(each, issuers, context)))
  slots.hold(session)
  return begun
}

/**
 * Listens to organizations for as long as this process lives, or until others are to be listened to in their place:
 * those whose status lists anchors are made from. Those that cannot be had just now are tried again with the next call.
 */
export async function watchAll(organizations: readonly string[], context: FollowContext): Promise<void> {
  const { listener, slots } = context
  // No session has such an id.
  const holder = { id: 'anchors/issuers', expiresAt: Infinity, organizations, leasedBy: organizations }
  slots.release(holder.id)
  slots.hold(holder)
  const unheard = organizations.filter((each) => listener.lastHeard(each) === undefined)
  await Promise.all(unheard.map((each) => begin(each, organizations, context)))
  slots.hold(holder)
}

/** Begins to listen to an organization, unless that failed a moment ago. Returns whether it is listened to now. */
async function begin(
  organization: string,
  issuers: readonly string[],
  context: FollowContext,
): Promise<boolean> {
  const { clock, failedAt, log } = context
  const sinceFailure = clock.now() - (failedAt.get(organization) ?? -Infinity)
  if (sinceFailure >= 0 && sinceFailure < RETRY_SECONDS) return false
  try {
    await listenTo(organization, issuers, context)
    failedAt.delete(organization)
    return true
  } catch (error) {
    failedAt.set(organization, clock.now())
    log({ level: 'warn', event: 'events.unavailable', peer: organization, ...describeError(error) })
    return false
  }
}
