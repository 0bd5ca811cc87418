import { createLatest } from './latest.ts'
import { isClosed } from './status.ts'
import { subscribe, type SubscriptionOptions } from './subscription.ts'

/** What is watched: a subscription without its ends. */
export type WatchOptions<Value> = Omit<SubscriptionOptions<Value>, 'onValue' | 'onWithdrawal' | 'onEnd'>

/**
 * Gives the answers of a subscription, which begins with the first that is asked for and ends with the loop.
 *
 * @param nothing - Stands for what there is when all was taken back. It is not given to a reader who had nothing before.
 */
export async function* watch<Value>(
  options: WatchOptions<Value>,
  nothing: Value,
  signal?: AbortSignal,
): AsyncGenerator<Value, void, void> {
  signal?.throwIfAborted()
  const latest = createLatest<Value>()
  let isEmpty = true
  const stop = subscribe<Value>({
    ...options,
    onValue(value) {
      isEmpty = false
      latest.set(value)
    },
    onWithdrawal() {
      if (!isEmpty) latest.set(nothing)
      isEmpty = true
    },
    onEnd: (error) => latest.end(isClosed(error) ? undefined : error),
  })
  try {
    yield* latest.values(signal)
  } finally {
    stop()
  }
}
