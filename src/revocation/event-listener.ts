import type { DidResolver } from '../did/index.ts'
import { PolicyError } from '../errors/index.ts'
import type { Signer } from '../keys/index.ts'
import type { GuardedFetch } from '../net/index.ts'
import { randomBytes, systemClock, systemTimers, type Clock, type Timers } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { createAllowances } from './allowance.ts'
import { createBackoff } from './backoff.ts'
import { createEventIntake } from './event-intake.ts'
import { startSubscription, type EventSubscription } from './event-subscription.ts'
import { isDid } from './event.ts'
import type { VerifiedEvent } from './verify-event.ts'

/** What an event listener works with. */
export interface EventListenerOptions {
  /** The DID that subscribes; events must be for it. */
  readonly did: string
  /** Its signer for authentication, or what gets it for each request. */
  readonly signer: Signer | (() => Promise<Signer>)
  /** Fetches the streams. */
  readonly fetch: GuardedFetch
  /** Finds the organizations' keys and streams. */
  readonly resolver: DidResolver
  /** Where it is kept what was seen, and how far. */
  readonly store: Store
  /**
   * Is handed each event once, in order; the next one only after this is done. If it throws, the event is not
   * confirmed, and comes again before any other of that organization. `COMITY_EVENT_NOT_ENTITLED` counts as done.
   */
  readonly onEvent: (event: VerifiedEvent) => unknown
  /**
   * Is handed each event that was dealt with before, mostly by another process on the same store: so that this one
   * forgets what it has cached. If it throws, the event is not confirmed.
   */
  readonly onRepeated?: (event: VerifiedEvent) => unknown
  /** Is told what went wrong, with the organization it went wrong with. */
  readonly onError?: (error: unknown, organization: string) => void
  /** Defaults to the system clock. */
  readonly clock?: Clock
  /** Defaults to the system's timers. */
  readonly timers?: Timers
  /** A number from 0 to below 1, for the jitter. Defaults to the system's randomness. */
  readonly random?: () => number
  /** Milliseconds of silence after which a stream is given up, 1000 to 600,000. Defaults to 25,000. */
  readonly idleTimeoutMs?: number
  /** Milliseconds before the first reconnection, 10 to 60,000; then they double. Defaults to 250. */
  readonly minDelayMs?: number
  /** The most milliseconds between two attempts, from `minDelayMs` to 600,000. Defaults to 30,000. */
  readonly maxDelayMs?: number
  /** The most organizations that are listened to at once. Defaults to 1000. */
  readonly maxOrganizations?: number
}

/** Listens to the events of other organizations. */
export interface EventListener {
  /**
   * Listens to an organization from now on. Resolves when its stream is open and everything that it had to tell is
   * dealt with; from then on it reconnects by itself until {@link EventListener.stop} or {@link EventListener.close}.
   * If the first connection fails, or takes longer than 10 seconds, this rejects and nothing goes on. Where it is
   * listened to already, the same promise is returned.
   *
   * @throws {TrustError} `COMITY_DID_SERVICE_UNKNOWN` when the organization has no event stream; its document cannot
   *   be found.
   * @throws {PeerError} `COMITY_PEER_REFUSED`, `COMITY_PEER_PROTOCOL`.
   * @throws {NetworkError} The stream cannot be reached.
   * @throws {PolicyError} `COMITY_EVENT_LIMIT` when there are too many organizations.
   */
  listen(organization: string): Promise<void>
  /**
   * The time (seconds since the epoch, by the own clock) up to which everything that the organization published is
   * known and dealt with; undefined where it never was. It stands still while the stream is silent, broken, or stuck
   * at an event, and falls behind where the stream is held back on its way: it counts what the organization's clock
   * says has passed since this side asked for the stream.
   *
   * @param asOf The time (seconds since the epoch) at which that was known, for who has to know what a judgement of a
   *   moment ago may have missed. Defaults to now. Where it is too long ago to be told, the answer is undefined.
   */
  lastHeard(organization: string, asOf?: number): number | undefined
  /** Listens to an organization no more. */
  stop(organization: string): Promise<void>
  /** Ends everything; resolves when nothing runs any more. */
  close(): Promise<void>
}

/**
 * Makes an event listener.
 *
 * Nothing is skipped: an event that does not verify, or cannot be applied, holds up those behind it, and
 * `lastHeard` stands still. Whoever sends such a thing harms its own agents only.
 *
 * @param options See {@link EventListenerOptions}.
 * @throws {TypeError} An option is out of range.
 */
export function createEventListener(options: EventListenerOptions): EventListener {
  const { did, signer, clock = systemClock, timers = systemTimers, random = randomFraction } = options
  const { idleTimeoutMs = 25_000, maxOrganizations = 1000, minDelayMs = 250, maxDelayMs = 30_000 } = options
  if (!isDid(did)) throw new TypeError('options.did must be a DID')
  assertTimes({ idleTimeoutMs, minDelayMs, maxDelayMs })
  const subscriptions = new Map<string, EventSubscription>()
  const allowances = createAllowances(clock, 2 * maxOrganizations)
  let isClosed = false

  const start = (organization: string): EventSubscription => {
    if (subscriptions.size >= maxOrganizations) throw tooMany(maxOrganizations)
    const onError = (error: unknown): void => options.onError?.(error, organization)
    const { fetch, resolver, store, onEvent, onRepeated } = options
    const subscription = startSubscription({
      organization,
      did,
      signer: typeof signer === 'function' ? signer : () => Promise.resolve(signer),
      fetch,
      resolver,
      intake: createEventIntake({ organization, did, store, resolver, clock, onEvent, onRepeated, onError }),
      allowance: allowances(organization),
      clock,
      timers,
      idleTimeoutMs,
      onError,
      backoff: createBackoff({ minDelayMs, maxDelayMs, random }),
    })
    subscriptions.set(organization, subscription)
    return subscription
  }

  const stop = async (organization: string): Promise<void> => {
    const subscription = subscriptions.get(organization)
    subscriptions.delete(organization)
    subscription?.stop()
    await subscription?.done
  }

  return {
    listen: async (organization) => {
      if (isClosed) throw new TypeError('the listener is closed')
      if (!isDid(organization)) throw new TypeError('organization must be a DID')
      const subscription = subscriptions.get(organization) ?? start(organization)
      try {
        await subscription.opened
      } catch (error) {
        if (subscriptions.get(organization) === subscription) subscriptions.delete(organization)
        throw error
      }
    },
    lastHeard: (organization, asOf) => subscriptions.get(organization)?.lastHeard(asOf),
    stop,
    close: async () => {
      isClosed = true
      await Promise.all([...subscriptions.keys()].map(stop))
    },
  }
}

function tooMany(maxOrganizations: number): PolicyError {
  return new PolicyError('COMITY_EVENT_LIMIT', 'too many organizations are listened to', {
    details: { maxOrganizations },
  })
}

function assertTimes(times: { idleTimeoutMs: number; minDelayMs: number; maxDelayMs: number }): void {
  const { idleTimeoutMs, minDelayMs, maxDelayMs } = times
  if (!(Number.isInteger(idleTimeoutMs) && idleTimeoutMs >= 1000 && idleTimeoutMs <= 600_000)) {
    throw new TypeError('options.idleTimeoutMs must be a whole number from 1000 to 600000')
  }
  if (!(minDelayMs >= 10 && minDelayMs <= 60_000)) {
    throw new TypeError('options.minDelayMs must be 10 to 60000')
  }
  if (!(maxDelayMs >= minDelayMs && maxDelayMs <= 600_000)) {
    throw new TypeError('options.maxDelayMs must be from options.minDelayMs to 600000')
  }
}

function randomFraction(): number {
  return new DataView(randomBytes(4).buffer).getUint32(0) / 2 ** 32
}
