import type { Agent } from '../agent/index.ts'
import { ComityError, PolicyError, TrustError } from '../errors/index.ts'
import { createEventListener, type EventListener, type VerifiedEvent } from '../revocation/index.ts'
import type { Clock, Timers } from '../runtime/index.ts'
import { assertLease, leasesOf, type SessionRecord, type SessionRegistry } from '../session/index.ts'
import type { Store } from '../store/index.ts'
import { describeError, type GatewayLog } from './log.ts'

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
   * Seconds since the epoch: up to when all that they have taken back was known in this process, before this. What was
   * taken back later may be missing in what it has cached.
   */
  readonly knownUntil: number
}

/** The event streams of other organizations, as one process of a gateway hears them. */
export interface PeerStreams {
  /** Listens to those who may end a session. */
  follow(organizations: EntitledOrganizations): Promise<Followed>
  /**
   * Refuses the requests of a session while those who may end it are silent. Those that this process has never heard
   * it listens to first, and then looks whether the session was ended meanwhile.
   *
   * @throws {PolicyError} `COMITY_SESSION_SUSPENDED`, `COMITY_SESSION_ENDED`.
   */
  assertHeard(session: SessionRecord): Promise<void>
  /** Ends all of them. */
  close(): Promise<void>
}

/** What the streams are heard with. */
export interface PeerStreamsOptions {
  readonly agent: Agent
  readonly registry: SessionRegistry
  readonly store: Store
  readonly leaseSeconds: number
  readonly log: GatewayLog
  readonly timers: Timers
  /** Deals with an event. */
  readonly onEvent: (event: VerifiedEvent) => Promise<void>
  /** Forgets what an event changes, where another process has dealt with it. */
  readonly onRepeated: (event: VerifiedEvent) => void
}

// How old a status list may be that is still believed, and how long the end of a session is remembered.
const CACHED_SECONDS = 300
// After a failure requests are answered at once for so long, and do not try again.
const RETRY_SECONDS = 5
const MAX_IDLE_MS = 25_000
const MAX_DELAY_MS = 10_000
const RESUME_AT_ONCE = 8

/**
 * Starts to hear the organizations whose agents have sessions in the store, of which this process knows nothing yet.
 *
 * Each process of a gateway has a stream of its own, though they share the store: what a process has cached, only its
 * own stream can make it forget, and how old its knowledge is, only its own clock can tell.
 */
export async function createPeerStreams(options: PeerStreamsOptions): Promise<PeerStreams> {
  const { agent, registry, leaseSeconds, log } = options
  const { clock } = agent
  const listener = await listenerFor(options)
  const context: Context = { ...options, clock, listener, failedAt: new Map() }
  let isClosed = false

  async function resume(): Promise<void> {
    const waiting = [...(await registry.leasingOrganizations())]
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined && !isClosed; next = waiting.pop()) {
        await begin(next, context)
      }
    }
    await Promise.all(Array.from({ length: RESUME_AT_ONCE }, work))
  }
  const resuming = resume().catch((error: unknown) => {
    if (!isClosed) log({ level: 'error', event: 'events.resume-failed', ...describeError(error) })
  })

  return Object.freeze({
    follow: (organizations: EntitledOrganizations) => follow(organizations, context),
    async assertHeard(session: SessionRecord) {
      const unheard = leasesOf(session).filter((each) => listener.lastHeard(each) === undefined)
      const begun = await Promise.all(unheard.map((each) => begin(each, context)))
      const lastHeard = (each: string): number | undefined => listener.lastHeard(each)
      assertLease(session, { lastHeard, leaseSeconds, now: clock.now() })
      if (!begun.includes(true)) return
      const now = await registry.get(session.id)
      if (now?.state !== 'active') throw new PolicyError('COMITY_SESSION_ENDED', 'the session has ended')
    },
    async close() {
      isClosed = true
      await listener.close()
      await resuming
    },
  })
}

interface Context extends PeerStreamsOptions {
  readonly clock: Clock
  readonly listener: EventListener
  /** When listening to an organization failed last. */
  readonly failedAt: Map<string, number>
}

async function listenerFor(options: PeerStreamsOptions): Promise<EventListener> {
  const { agent, store, leaseSeconds, timers, log, onEvent, onRepeated } = options
  return createEventListener({
    did: agent.did,
    signer: await agent.wallet.signer(agent.did, 'authentication'),
    fetch: agent.fetch,
    resolver: agent.evidence.resolver,
    store,
    clock: agent.clock,
    timers,
    // Given up while there is still time to open another one within the lease.
    idleTimeoutMs: Math.min(MAX_IDLE_MS, Math.floor((leaseSeconds * 1000 * 5) / 6)),
    maxDelayMs: MAX_DELAY_MS,
    onError: (error, organization) => {
      log({ level: 'warn', event: 'events.interrupted', peer: organization, ...describeError(error) })
    },
    onEvent,
    onRepeated,
  })
}

async function follow({ controllers, issuers }: EntitledOrganizations, context: Context): Promise<Followed> {
  const { agent, listener, clock, leaseSeconds, log } = context
  const now = clock.now()
  let knownUntil = now
  const followOne = async (organization: string): Promise<'heard' | 'unheard' | 'has none'> => {
    const known = listener.lastHeard(organization) ?? now - CACHED_SECONDS
    try {
      await listener.listen(organization)
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
    if (!isHeard || now - known >= CACHED_SECONDS) agent.evidence.status.invalidate?.(organization)
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

/** Begins to listen to an organization, unless that failed a moment ago. Returns whether it is listened to now. */
async function begin(organization: string, { listener, clock, failedAt, log }: Context): Promise<boolean> {
  const sinceFailure = clock.now() - (failedAt.get(organization) ?? -Infinity)
  if (sinceFailure >= 0 && sinceFailure < RETRY_SECONDS) return false
  try {
    await listener.listen(organization)
    failedAt.delete(organization)
    return true
  } catch (error) {
    failedAt.set(organization, clock.now())
    log({ level: 'warn', event: 'events.unavailable', peer: organization, ...describeError(error) })
    return false
  }
}
