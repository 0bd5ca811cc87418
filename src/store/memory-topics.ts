/** The subscriptions of a memory store. */
export interface MemoryTopics {
  /** Hands the value to whoever subscribes to the topic at this moment. */
  publish(topic: string, value: string): void
  /** Subscribes, and returns what ends it. */
  subscribe(topic: string, handle: (value: string) => void): () => void
  /** Ends all subscriptions. */
  clear(): void
}

interface Subscription {
  readonly handle: (value: string) => void
  active: boolean
}

/** Makes the publishing part of a memory store. */
export function createMemoryTopics(): MemoryTopics {
  const topics = new Map<string, Set<Subscription>>()

  const end = (topic: string, subscription: Subscription): void => {
    subscription.active = false
    const subscriptions = topics.get(topic)
    subscriptions?.delete(subscription)
    if (subscriptions?.size === 0) topics.delete(topic)
  }

  return {
    publish: (topic, value) => {
      const receivers = [...(topics.get(topic) ?? [])]
      // Not within the call: what a handler publishes must come after this value for every receiver.
      queueMicrotask(() => {
        for (const receiver of receivers) deliver(receiver, value)
      })
    },
    subscribe: (topic, handle) => {
      const subscription: Subscription = { handle, active: true }
      const subscriptions = topics.get(topic) ?? new Set()
      topics.set(topic, subscriptions.add(subscription))
      return () => {
        end(topic, subscription)
      }
    },
    clear: () => {
      for (const subscriptions of topics.values()) {
        for (const subscription of subscriptions) subscription.active = false
      }
      topics.clear()
    },
  }
}

function deliver(receiver: Subscription, value: string): void {
  if (!receiver.active) return
  try {
    receiver.handle(value)
  } catch {
    // One receiver's fault must reach neither the publisher nor the other receivers.
  }
}
