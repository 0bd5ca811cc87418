import { VerificationError } from '../errors/index.ts'
import type { Signer } from '../keys/index.ts'
import { randomId, systemClock, systemTimers, type Clock, type Timers } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { deliver, type Delivery, type SubscribeOptions } from './deliveries.ts'
import { createEventLog } from './event-log.ts'
import { assertEvent, isDid, type RevocationEvent } from './event.ts'
import { encodePosition, parsePosition } from './position.ts'
import { createSubscribers } from './subscribers.ts'

/** What an event publisher works with. */
export interface EventPublisherOptions {
  /** Where the events are kept; shared by all instances of the organization's host. */
  readonly store: Store
  /** Signs the events; its key is in the organization's `assertionMethod` or `authentication`. */
  readonly signer: Signer
  /** The DID of the organization. */
  readonly issuer: string
  /** Defaults to the system clock. */
  readonly clock?: Clock
  /** Defaults to the system's timers. */
  readonly timers?: Timers
  /** The most subscriptions at once. Defaults to 1000. */
  readonly maxSubscribers?: number
}

/** Tells the organization's peers what is revoked. */
export interface EventPublisher {
  /** The DID of the organization. */
  readonly issuer: string
  /**
   * Publishes an event: once this resolves it is kept, and pushed to all subscribers of all instances.
   *
   * @throws {TypeError} The event is malformed.
   */
  publish(event: RevocationEvent): Promise<void>
  /**
   * The events for a subscriber in their order, first those that it missed, then each as it is published. The first
   * delivery is `open`. Events are signed as they are fetched: a slow subscriber costs nothing.
   *
   * Iterating throws {@link PolicyError} `COMITY_EVENT_LIMIT` when there are too many subscriptions. A seventeenth of
   * one audience ends its oldest.
   */
  subscribe(options: SubscribeOptions): AsyncIterable<Delivery>
  /**
   * Notes that the audience has dealt with everything up to and including an event.
   *
   * @throws {VerificationError} `COMITY_EVENT_INVALID` when there is no such event.
   */
  acknowledge(audience: string, id: string): Promise<void>
  /** The id of the last event that the audience has confirmed; undefined where there is none. */
  acknowledged(audience: string): Promise<string | undefined>
  /** Ends all subscriptions of this instance. */
  close(): void
}

/**
 * Makes an event publisher on a store.
 *
 * @param options See {@link EventPublisherOptions}.
 * @throws {TypeError} The issuer is not a DID, or the bound not a whole number from 1.
 */
export function createEventPublisher(options: EventPublisherOptions): EventPublisher {
  const { store, signer, issuer, clock = systemClock, timers = systemTimers, maxSubscribers = 1000 } = options
  if (!isDid(issuer)) throw new TypeError('options.issuer must be a DID')
  if (!Number.isSafeInteger(maxSubscribers) || maxSubscribers < 1) {
    throw new TypeError('options.maxSubscribers must be a whole number from 1')
  }
  const log = createEventLog(store, issuer)
  const subscribers = createSubscribers(maxSubscribers)

  const context = { issuer, signer, clock, timers, log, subscribers }

  return {
    issuer,
    publish: async (event) => {
      assertEvent(event)
      const now = clock.now()
      await log.append({ ...event, id: randomId(), occurredAt: event.occurredAt ?? now, at: now })
    },
    subscribe: (request) => {
      if (!isDid(request.audience)) throw new TypeError('options.audience must be a DID')
      return deliver(request, context)
    },
    acknowledge: async (audience, id) => {
      const position = parsePosition(id)
      const isOurs = position !== undefined && position.epoch === (await log.epoch())
      if (!isOurs || !(await log.acknowledge(audience, position.sequence))) {
        throw new VerificationError('COMITY_EVENT_INVALID', 'what is acknowledged is no event of this log')
      }
    },
    acknowledged: async (audience) => {
      const sequence = await log.acknowledged(audience)
      return sequence === 0 ? undefined : encodePosition({ epoch: await log.epoch(), sequence })
    },
    close: () => {
      subscribers.closeAll()
    },
  }
}
