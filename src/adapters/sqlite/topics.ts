import type { StoreBackend } from '../../store/index.ts'
import type { Bell } from './bell.ts'
import { asNumber, asText, type Database } from './database.ts'

/** The publishing primitives, and what ends all subscriptions. */
export interface Topics extends Pick<StoreBackend, 'publish' | 'subscribe'> {
  /** Ends all subscriptions. */
  close(): void
}

interface Subscription {
  readonly topic: string
  readonly handle: (value: string) => void
  /** The last message that was there when it began. */
  readonly after: number
  active: boolean
}

/** How many messages are read at once. */
const PAGE = 64

/**
 * Makes the publishing primitives: a message is a row of a table, numbered in the order of publishing, and every
 * process that has subscribers reads on from the last number it saw when the bell rings.
 *
 * @param database Has the tables.
 * @param now The current time in seconds.
 * @param write Runs what adds to the store, and removes old messages.
 * @param bell Tells the other processes.
 */
export function createTopics(
  database: Database,
  now: () => number,
  write: <Result>(work: () => Result) => Result,
  bell: Bell,
): Topics {
  const insert = database.prepare('insert into messages (topic, value, published_at) values (?1, ?2, ?3)')
  const lastId = database.prepare("select seq from sqlite_sequence where name = 'messages'")
  const delivery = createDelivery(database)
  let stopListening: (() => void) | undefined

  const end = (subscription: Subscription): void => {
    if (!delivery.remove(subscription)) return
    stopListening?.()
    stopListening = undefined
  }
  return {
    publish: (topic, value) => {
      write(() => insert.run(topic, value, now()))
      bell.ring()
      delivery.wake()
    },
    subscribe: (topic, handle) => {
      const after = asNumber(lastId.row()?.[0] ?? 0)
      const subscription: Subscription = { topic, handle, after, active: true }
      delivery.add(subscription)
      stopListening ??= bell.listen(delivery.wake)
      // Another process may have rung before this one listened.
      delivery.wake()
      return () => {
        end(subscription)
      }
    },
    close: () => {
      for (const each of delivery.subscriptions) end(each)
    },
  }
}

interface Delivery {
  readonly subscriptions: ReadonlySet<Subscription>
  /** Adds a subscription; the first one decides where reading starts. */
  add(subscription: Subscription): void
  /** Removes it, and returns whether it was the last. */
  remove(subscription: Subscription): boolean
  /** Looks for messages soon. */
  readonly wake: () => void
}

/** Makes what reads the messages in order, each once, and hands them to the subscriptions. */
function createDelivery(database: Database): Delivery {
  const next = database.prepare(
    `select id, topic, value from messages where id > ?1 order by id limit ${String(PAGE)}`,
  )
  const subscriptions = new Set<Subscription>()
  let cursor = 0
  let scheduled = false

  const deliverAll = (): void => {
    for (let more = true; more && subscriptions.size > 0;) {
      const rows = next.rows(cursor)
      for (const [id, topic, value] of rows) {
        cursor = asNumber(id)
        for (const each of subscriptions) {
          if (each.topic === topic && each.after < cursor) deliver(each, asText(value))
        }
      }
      more = rows.length === PAGE
    }
  }
  return {
    subscriptions,
    add: (subscription) => {
      if (subscriptions.size === 0) cursor = subscription.after
      subscriptions.add(subscription)
    },
    remove: (subscription) => {
      subscription.active = false
      return subscriptions.delete(subscription) && subscriptions.size === 0
    },
    wake: () => {
      if (scheduled) return
      scheduled = true
      // Not within the call: what a handler publishes must come after this message for every receiver.
      queueMicrotask(() => {
        scheduled = false
        try {
          deliverAll()
        } catch {
          // The database does not answer. It goes on from the same message at the next wake-up.
        }
      })
    },
  }
}

function deliver(subscription: Subscription, value: string): void {
  if (!subscription.active) return
  try {
    subscription.handle(value)
  } catch {
    // One receiver's fault must reach neither the publisher nor the other receivers.
  }
}
