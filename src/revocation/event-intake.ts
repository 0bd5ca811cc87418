import type { DidResolver } from '../did/index.ts'
import { ComityError } from '../errors/index.ts'
import { createFetchBudget } from '../net/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { positionBefore } from './position.ts'
import { digestOf, keyPart } from './store-keys.ts'
import { verifyEvent, type VerifiedEvent } from './verify-event.ts'

/** What takes in the events of one organization. */
export interface EventIntake {
  /**
   * Verifies an event, hands it on unless it was handed on before, and remembers that.
   *
   * @throws {ComityError} The event does not verify: as {@link verifyEvent}.
   * @throws {unknown} What `onEvent` threw. The event then counts as not taken.
   */
  take(set: string): Promise<void>
  /**
   * The id of the last event that was taken: by this intake, or, before it was asked for the first time, by any on its
   * store; undefined where there was none. What others take later this one has still to hear of.
   */
  position(): Promise<string | undefined>
  /** Remembers the id of the last event that was taken. */
  advance(id: string): Promise<void>
}

/** What an intake works with. */
export interface EventIntakeOptions {
  readonly organization: string
  readonly did: string
  readonly store: Store
  readonly resolver: DidResolver
  readonly clock: Clock
  readonly onEvent: (event: VerifiedEvent) => unknown
  readonly onRepeated: ((event: VerifiedEvent) => unknown) | undefined
  readonly onError: (error: unknown) => void
}

// Much longer than an event may be old when it arrives.
const SEEN_SECONDS = 3600
// One place for each of the 4096 first digits: an organization takes up no more room than that, and an event that
// lost its place is at worst applied a second time.
const PLACE_DIGITS = 2
const BUDGET = { requests: 4, bytes: 262_144, timeoutMs: 5000 }

/** Makes the intake of one organization's events. */
export function createEventIntake(options: EventIntakeOptions): EventIntake {
  const { organization, did, store, resolver, clock, onEvent, onRepeated, onError } = options
  const positionKey = `event-position/${keyPart(did)}/${keyPart(organization)}`
  // The first event that was ever taken, for those who have taken none when they connect again.
  const firstKey = `event-first/${keyPart(did)}/${keyPart(organization)}`
  let own: string | undefined
  let hasBegun = false

  const handOn = async (event: VerifiedEvent): Promise<void> => {
    try {
      await onEvent(event)
    } catch (error) {
      // A refusal is an answer too, and the last one: told again, the event would be refused again.
      if (!(error instanceof ComityError) || error.code !== 'COMITY_EVENT_NOT_ENTITLED') throw error
      onError(error)
    }
  }

  return {
    take: async (set) => {
      const event = await verifyEvent(set, {
        audience: did,
        issuer: organization,
        resolver,
        now: clock.now(),
        budget: createFetchBudget(BUDGET),
      })
      const digest = digestOf(event.id)
      const key = `event-seen/${keyPart(did)}/${keyPart(organization)}/${digest.slice(0, PLACE_DIGITS)}`
      if ((await store.get(key)) === digest) {
        await onRepeated?.(event)
        return
      }
      if (event.kind !== 'other') await handOn(event)
      // Only now: an event that could not be applied must come again.
      await store.put(key, digest, { expiresAt: clock.now() + SEEN_SECONDS })
    },
    position: async () => {
      if (!hasBegun) own = await store.get(positionKey)
      hasBegun = true
      if (own !== undefined) return own
      const first = await store.get(firstKey)
      return first === undefined ? undefined : positionBefore(first)
    },
    advance: async (id) => {
      if (own === undefined) await store.putIfAbsent(firstKey, id)
      own = id
      await store.put(positionKey, id)
    },
  }
}
