import { PolicyError } from '../errors/index.ts'
import type { Clock } from '../runtime/index.ts'
import { createPace, type Pace } from './pace.ts'

/** How much one organization may send, over all of its connections together. */
export interface Allowance {
  /** Takes an event. Gives the milliseconds to wait before it is dealt with. */
  readonly event: Pace
  /**
   * Takes bytes of the stream.
   *
   * @throws {PolicyError} `COMITY_EVENT_LIMIT` when there were too many beside the events.
   */
  takeBytes(bytes: number): void
  /** Gives back the bytes of an event that was dealt with: events have a pace of their own. */
  giveBack(bytes: number): void
  /**
   * Refuses to begin while there is nothing left to take.
   *
   * @throws {PolicyError} `COMITY_EVENT_LIMIT`.
   */
  assertLeft(): void
}

/** Finds the allowance of an organization, the same one however often it is connected to. */
export type Allowances = (organization: string) => Allowance

const EVENT_BURST = 10_000
const EVENTS_PER_SECOND = 50
/** Bytes beside the events: heartbeats, what proxies add, messages of names to come. */
const BYTE_BURST = 262_144
const BYTES_PER_SECOND = 4096

/**
 * Makes the allowances. They outlive connections and subscriptions: else whoever has used one up would come back for
 * another.
 *
 * @param clock Tells the time.
 * @param most How many are remembered; the one that was not asked for the longest is forgotten first.
 */
export function createAllowances(clock: Clock, most: number): Allowances {
  const known = new Map<string, Allowance>()
  return (organization) => {
    const allowance = known.get(organization) ?? createAllowance(clock)
    known.delete(organization)
    const [oldest] = known.size >= most ? known.keys() : []
    if (oldest !== undefined) known.delete(oldest)
    known.set(organization, allowance)
    return allowance
  }
}

function createAllowance(clock: Clock): Allowance {
  const bytes = createPace(clock, BYTE_BURST, BYTES_PER_SECOND)
  const takeBytes = (amount: number): void => {
    if (bytes(amount) === 0) return
    throw new PolicyError('COMITY_EVENT_LIMIT', 'the event stream has too much beside its events', {
      details: { maxBytesPerSecond: BYTES_PER_SECOND },
    })
  }
  return {
    event: createPace(clock, EVENT_BURST, EVENTS_PER_SECOND),
    takeBytes,
    giveBack: (amount) => {
      bytes(-amount)
    },
    assertLeft: () => {
      takeBytes(0)
    },
  }
}
