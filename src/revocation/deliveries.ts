import type { Signer } from '../keys/index.ts'
import type { Clock, Timers } from '../runtime/index.ts'
import { createBell } from './bell.ts'
import type { EventLog } from './event-log.ts'
import { signEvent } from './event-token.ts'
import { encodePosition, parsePosition } from './position.ts'
import type { Subscribers } from './subscribers.ts'

/** Who subscribes, and from where. */
export interface SubscribeOptions {
  /** The DID of the subscriber; each event is signed for it. */
  readonly audience: string
  /**
   * The id of the last event that the subscriber has dealt with. Without one, or with one of a log that is gone, it
   * gets what it has not confirmed; where it never listened before, what happened in the last 300 seconds.
   */
  readonly after?: string
  /** Milliseconds of silence after which an `idle` delivery says that nothing was missed. Defaults to 10,000. */
  readonly idleMs?: number
  /** Ends the subscription. */
  readonly signal?: AbortSignal
}

/** What a subscriber is handed: the opening, an event, or the news that there is none. */
export type Delivery =
  | {
      readonly type: 'open'
      /** When the subscription began, in seconds since the epoch, by the publisher's clock. */
      readonly asOf: number
    }
  | {
      readonly type: 'event'
      /** The event's place in the log. */
      readonly id: string
      /** The Security Event Token, signed for this subscriber. */
      readonly set: string
    }
  | {
      /** The log was read to its end: everything that was published is delivered. */
      readonly type: 'idle'
      /** Until when: seconds since the epoch, by the publisher's clock. */
      readonly asOf: number
    }

/** What deliveries are made from. */
export interface DeliveryContext {
  readonly issuer: string
  readonly signer: Signer
  readonly clock: Clock
  readonly timers: Timers
  readonly log: EventLog
  readonly subscribers: Subscribers
}

const PAGE = 32
const IDLE_MS = 10_000
// A status list may be believed for five minutes: whoever subscribes anew gets what was revoked meanwhile.
const HISTORY_SECONDS = 300

/** Delivers to one subscriber, until it is ended. */
export async function* deliver(
  request: SubscribeOptions,
  context: DeliveryContext,
): AsyncGenerator<Delivery, void, undefined> {
  const { audience, after, idleMs = IDLE_MS, signal } = request
  const { issuer, signer, clock, timers, log, subscribers } = context
  const bell = createBell(timers)
  const close = (): void => bell.close()
  const leave = subscribers.enter(audience, bell)
  signal?.addEventListener('abort', close, { once: true })
  if (signal?.aborted === true) bell.close()
  let unsubscribe: (() => void) | undefined
  try {
    // Before the first read, or what is appended between the two would wait for the next bell.
    unsubscribe = await log.onAppended(() => bell.ring())
    const epoch = await log.epoch()
    let position = await startFor(audience, after, context)
    yield { type: 'open', asOf: clock.now() }
    for (;;) {
      // Before the log is read: what is published later is not in what was read.
      const asOf = clock.now()
      const entries = await log.read(position, PAGE)
      for (const { sequence, event } of entries) {
        position = sequence
        if (event.audiences?.includes(audience) === false) continue
        const set = await signEvent(event, { signer, issuer, audience, now: clock.now() })
        yield { type: 'event', id: encodePosition({ epoch, sequence }), set }
      }
      if (entries.length > 0) continue
      yield { type: 'idle', asOf }
      // Also after a silence the log is read again before it is called idle: a bell can get lost, an event cannot.
      if ((await bell.wait(idleMs)) === 'closed') return
    }
  } finally {
    signal?.removeEventListener('abort', close)
    unsubscribe?.()
    leave()
  }
}

async function startFor(
  audience: string,
  after: string | undefined,
  { log, clock }: DeliveryContext,
): Promise<number> {
  const position = after === undefined ? undefined : parsePosition(after)
  // Of a log that is gone, nothing of this one was seen.
  if (position !== undefined) return position.epoch === (await log.epoch()) ? position.sequence : 0
  const acknowledged = await log.acknowledged(audience)
  // From the first time on nothing is left out, however long the subscriber is away before it confirms something.
  return acknowledged > 0
    ? acknowledged
    : log.begun(audience, await log.before(clock.now() - HISTORY_SECONDS))
}
