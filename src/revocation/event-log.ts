import { parseJsonObject } from '../encoding/index.ts'
import { randomId, type Cancel } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import type { RevocationEvent } from './event.ts'
import { keyPart } from './store-keys.ts'

/** An event as it is kept. */
export interface LoggedEvent extends RevocationEvent {
  /** Its own name, from which the `jti` for each audience is made. */
  readonly id: string
  /** When it happened, in seconds since the epoch. */
  readonly occurredAt: number
  /** When it was appended, in seconds since the epoch. */
  readonly at: number
}

/** An organization's events in the order in which they are told, and how far each peer has confirmed them. */
export interface EventLog {
  /** Appends, and tells all instances that there is something to read. */
  append(event: LoggedEvent): Promise<void>
  /** Up to `limit` events after a sequence number. */
  read(after: number, limit: number): Promise<readonly { sequence: number; event: LoggedEvent }[]>
  /** Calls `handle` after each append, at whichever instance. */
  onAppended(handle: () => void): Promise<Cancel>
  /** The name of this log. */
  epoch(): Promise<string>
  /** The sequence number after which everything since that time (seconds) stands. */
  before(time: number): Promise<number>
  /** How far the audience has confirmed; 0 for not at all. */
  acknowledged(audience: string): Promise<number>
  /** Where the audience began when it listened for the first time: at this number, if that is now. */
  begun(audience: string, sequence: number): Promise<number>
  /** Confirms everything up to a sequence number; false where the log has no such number. Never goes back. */
  acknowledge(audience: string, sequence: number): Promise<boolean>
}

/** The event log of an organization on a store. */
export function createEventLog(store: Store, issuer: string): EventLog {
  const name = `events/${keyPart(issuer)}`
  const epochKey = `events-epoch/${keyPart(issuer)}`
  const acknowledgedKey = (audience: string): string =>
    `events-acknowledged/${keyPart(issuer)}/${keyPart(audience)}`

  const at = async (sequence: number): Promise<LoggedEvent | undefined> => {
    const [entry] = await store.read(name, { after: sequence - 1, limit: 1 })
    return entry === undefined ? undefined : decode(entry.value)
  }

  return {
    append: async (event) => {
      const sequence = await store.append(name, JSON.stringify(event))
      await store.publish(name, String(sequence))
    },
    read: async (after, limit) => {
      const entries = await store.read(name, { after, limit })
      return entries.map(({ sequence, value }) => ({ sequence, event: decode(value) }))
    },
    onAppended: (handle) => store.subscribe(name, handle),
    epoch: async () => {
      const known = await store.get(epochKey)
      if (known !== undefined) return known
      const made = randomId()
      return (await store.putIfAbsent(epochKey, made)) ? made : ((await store.get(epochKey)) ?? made)
    },
    before: (time) =>
      firstWhere(async (sequence) => {
        const event = await at(sequence)
        return event === undefined || event.at >= time
      }).then((sequence) => sequence - 1),
    acknowledged: async (audience) => Number((await store.get(acknowledgedKey(audience))) ?? '0'),
    begun: async (audience, sequence) => {
      const key = `events-begun/${keyPart(issuer)}/${keyPart(audience)}`
      if (await store.putIfAbsent(key, String(sequence))) return sequence
      return Number((await store.get(key)) ?? sequence)
    },
    acknowledge: async (audience, sequence) => {
      if ((await at(sequence)) === undefined) return false
      const key = acknowledgedKey(audience)
      for (;;) {
        const current = await store.get(key)
        if (Number(current ?? '0') >= sequence) return true
        if (await store.compareAndSet(key, current, String(sequence))) return true
      }
    },
  }
}

/** The least number from 1 for which the predicate holds, given that it then holds for all above. */
async function firstWhere(holds: (sequence: number) => Promise<boolean>): Promise<number> {
  let high = 1
  while (!(await holds(high))) high *= 2
  let low = Math.floor(high / 2) + 1
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (await holds(middle)) high = middle
    else low = middle + 1
  }
  return high
}

function decode(value: string): LoggedEvent {
  return parseJsonObject(value, { maxBytes: 1_048_576 }) as unknown as LoggedEvent
}
