import { NetworkError, PeerError } from '../errors/index.ts'
import { sleep } from '../runtime/index.ts'
import type { Backoff } from './backoff.ts'
import { readConnection, type EventConnectionOptions } from './event-connection.ts'

/** One organization that is listened to. */
export interface EventSubscription {
  /** Resolves when all that the organization had to tell is dealt with; rejects if the first connection fails. */
  readonly opened: Promise<void>
  /** Resolves when nothing runs any more. */
  readonly done: Promise<void>
  /** The time (seconds) up to which everything is known, or was at a time (`asOf`); undefined where it never was. */
  lastHeard(asOf?: number): number | undefined
  /** Ends it. */
  stop(): void
}

/** What a subscription runs with. */
export interface EventSubscriptionOptions extends Omit<EventConnectionOptions, 'signal' | 'onHeard'> {
  /** The waits between two connections. */
  readonly backoff: Backoff
}

/** How long the first connection may take, in milliseconds, until everything is dealt with. */
const FIRST_MS = 10_000
// A stream that lasted so long was a good one: after it, the waits begin anew.
const GOOD_SECONDS = 10
// So many times of hearing are remembered, for who asks what was known a moment ago.
const MARKS = 64

/**
 * Starts to listen to an organization. Once its stream has been open, it is opened again whenever it ends.
 *
 * @param options See {@link EventSubscriptionOptions}.
 */
export function startSubscription(options: EventSubscriptionOptions): EventSubscription {
  const { clock, timers, backoff, onError } = options
  const ending = new AbortController()
  let heard: number | undefined
  let marks: readonly { readonly at: number; readonly until: number }[] = []
  let giveUpReason: NetworkError | undefined

  const run = async (onOpen: () => void, onFailed: (error: unknown) => void): Promise<void> => {
    const onHeard = (until: number): void => {
      const at = clock.now()
      // A later connection may begin behind what is known already; a time to come was told by a clock since set back.
      heard = heard === undefined || heard > at ? until : Math.max(heard, until)
      marks = [...marks.filter((mark) => mark.at <= at).slice(1 - MARKS), { at, until: heard }]
      onOpen()
    }
    for (;;) {
      const since = clock.now()
      const failure = await failureOf(readConnection({ ...options, signal: ending.signal, onHeard }))
      if (heard === undefined) {
        onFailed(
          giveUpReason ?? failure ?? new PeerError('COMITY_PEER_PROTOCOL', 'the event stream ended at once'),
        )
        return
      }
      if (ending.signal.aborted) return
      if (failure !== undefined) onError(failure)
      if (clock.now() - since >= GOOD_SECONDS) backoff.reset()
      await failureOf(sleep(backoff.next(), timers, ending.signal))
      // A stop during the wait; the compiler does not know that time has passed.
      if (isAborted(ending)) return
    }
  }

  let done = Promise.resolve()
  const opened = new Promise<void>((resolve, reject) => {
    done = run(resolve, reject)
  })
  const cancel = timers.after(FIRST_MS, () => {
    if (heard !== undefined) return
    giveUpReason = new NetworkError('COMITY_NET_TIMEOUT', 'the event stream did not open in time')
    ending.abort()
  })
  opened.then(cancel, cancel)
  return {
    opened,
    done,
    lastHeard: (asOf) => (asOf === undefined ? heard : marks.findLast(({ at }) => at <= asOf)?.until),
    stop: () => {
      giveUpReason = new NetworkError('COMITY_NET_ABORTED', 'listening was stopped')
      ending.abort()
    },
  }
}

function isAborted({ signal }: AbortController): boolean {
  return signal.aborted
}

async function failureOf(work: Promise<void>): Promise<Error | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error('what was thrown is not an error', { cause: error })
  }
}
