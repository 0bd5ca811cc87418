import type { Agent } from '../agent/index.ts'
import { PolicyError } from '../errors/index.ts'
import { createEventListener, type EventListener, type VerifiedEvent } from '../revocation/index.ts'
import type { Timers } from '../runtime/index.ts'
import { assertLease, type SessionRecord, type SessionRegistry } from '../session/index.ts'
import type { Store } from '../store/index.ts'
import {
  beginAll,
  follow,
  watchAll,
  type EntitledOrganizations,
  type Followed,
  type FollowContext,
} from './follow-streams.ts'
import { describeError, type GatewayLog } from './log.ts'
import { createStreamSlots, type StreamHolder } from './stream-slots.ts'

/** The event streams of other organizations, as one process of a gateway hears them. */
export interface PeerStreams {
  /**
   * Listens to those who may end a session: for a minute, or until a session holds them.
   *
   * @param asOf When the evidence began to be judged, in seconds since the epoch.
   */
  follow(organizations: EntitledOrganizations, asOf: number): Promise<Followed>
  /** Listens to those that a session is leased by until it ends. To be called before it is opened. */
  hold(session: StreamHolder): void
  /** A session that was held was not opened. */
  release(session: string): void
  /**
   * Refuses the requests of a session while those who may end it are silent. Those that this process has never heard
   * it listens to first, and then looks whether the session was ended meanwhile.
   *
   * @throws {PolicyError} `COMITY_SESSION_SUSPENDED`, `COMITY_SESSION_ENDED`.
   */
  assertHeard(session: SessionRecord): Promise<void>
  /** Listens to these, for no session's sake, in place of those that it was told of before. */
  watch(organizations: readonly string[]): Promise<void>
  /** Ends all of them. */
  close(): Promise<void>
}

/** What the streams are heard with. */
export interface PeerStreamsOptions {
  readonly agent: Agent
  readonly registry: SessionRegistry
  readonly store: Store
  readonly leaseSeconds: number
  /** How many organizations are listened to at once; how many controllers of the agents that one peer vouches for. */
  readonly maxStreams: number
  readonly maxStreamsPerPeer: number
  readonly log: GatewayLog
  readonly timers: Timers
  /** Deals with an event. */
  readonly onEvent: (event: VerifiedEvent) => Promise<void>
  /** Forgets what an event changes, where another process has dealt with it. */
  readonly onRepeated: (event: VerifiedEvent) => void
}

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
  const context = await createContext(options)
  const { listener, slots } = context
  const stopHearingEnds = await registry.onEnded(({ id }) => {
    slots.release(id)
  })
  let isClosed = false

  async function resume(): Promise<void> {
    const sessions = registry.leasedSessions()[Symbol.asyncIterator]()
    const work = async (): Promise<void> => {
      for (let next = await sessions.next(); next.done !== true; next = await sessions.next()) {
        if (isClosed) return
        await beginAll(next.value, context)
      }
    }
    await Promise.all(Array.from({ length: RESUME_AT_ONCE }, work))
  }
  const resuming = resume().catch((error: unknown) => {
    if (!isClosed) log({ level: 'error', event: 'events.resume-failed', ...describeError(error) })
  })

  return Object.freeze({
    follow: (organizations: EntitledOrganizations, asOf: number) => follow(organizations, asOf, context),
    hold: (session: StreamHolder) => {
      slots.hold(session)
    },
    release: (session: string) => {
      slots.release(session)
    },
    async assertHeard(session: SessionRecord) {
      const begun = await beginAll(session, context)
      const lastHeard = (each: string): number | undefined => listener.lastHeard(each)
      assertLease(session, { lastHeard, leaseSeconds, now: clock.now() })
      if (!begun.includes(true)) return
      const now = await registry.get(session.id)
      if (now?.state !== 'active') throw new PolicyError('COMITY_SESSION_ENDED', 'the session has ended')
    },
    watch: (organizations: readonly string[]) => watchAll(organizations, context),
    async close() {
      isClosed = true
      stopHearingEnds()
      slots.close()
      await listener.close()
      await resuming
    },
  })
}

async function createContext(options: PeerStreamsOptions): Promise<FollowContext> {
  const { maxStreams, maxStreamsPerPeer, timers, log } = options
  const { clock } = options.agent
  const listener = await listenerFor(options)
  const failedAt = new Map<string, number>()
  const onGivenBack = (organization: string): void => {
    failedAt.delete(organization)
    if (listener.lastHeard(organization) !== undefined) {
      log({ level: 'info', event: 'events.given-back', peer: organization })
    }
    // It rejects never.
    void listener.stop(organization)
  }
  const slots = createStreamSlots({ maxStreams, maxStreamsPerPeer, clock, timers, onGivenBack })
  return { ...options, clock, listener, slots, failedAt }
}

async function listenerFor(options: PeerStreamsOptions): Promise<EventListener> {
  const { agent, store, leaseSeconds, maxStreams, timers, log, onEvent, onRepeated } = options
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
    maxOrganizations: maxStreams,
    onError: (error, organization) => {
      log({ level: 'warn', event: 'events.interrupted', peer: organization, ...describeError(error) })
    },
    onEvent,
    onRepeated,
  })
}
