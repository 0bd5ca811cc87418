import { sleep, type Clock, type Timers } from '../runtime/index.ts'

/** Between two runs that somebody else has caused there is at least so much, in seconds. */
const LEAST_SECONDS_BETWEEN = 1

/** Why an epoch is to start. */
export interface EpochRequest {
  /** Whether all lists are made anew, also those in which nothing has changed. */
  readonly renew: boolean
  /** Whether what rests on lists from before does not hold any more. */
  readonly urgent: boolean
  /** The issuers who said that something has changed. */
  readonly noted: ReadonlySet<string>
}

/** Runs one thing at a time. */
export interface AnchorRuns {
  /**
   * Asks for a run that begins after the call; whoever asks before it has begun shares it. A request that is neither
   * urgent nor about an issuer shares the one that is under way, if it renews all.
   *
   * @returns When that run is over. It rejects as the run does.
   */
  request(request: EpochRequest): Promise<void>
  /** Ends the waiting: what has not begun never does. Resolves once what has begun is over. */
  close(): Promise<void>
}

interface Slot {
  request: EpochRequest
  done: Promise<void>
}

/** Serialises the epochs of a publisher. Of those that others cause, at most one a second begins, and the last one always. */
export function createAnchorRuns({
  run,
  clock,
  timers,
}: {
  readonly run: (request: EpochRequest) => Promise<void>
  readonly clock: Clock
  readonly timers: Timers
}): AnchorRuns {
  const ending = new AbortController()
  let running: Slot | undefined
  let waiting: Slot | undefined
  let lastCaused = -Infinity

  async function runNext(slot: Slot, before: Promise<void> | undefined): Promise<void> {
    await before?.catch(() => undefined)
    // By a clock that was set back, the last run can lie in the future.
    const left = Math.min(lastCaused + LEAST_SECONDS_BETWEEN - clock.now(), LEAST_SECONDS_BETWEEN)
    if (isCaused(slot.request) && left > 0) await sleep(left * 1000, timers, ending.signal)
    ending.signal.throwIfAborted()
    waiting = undefined
    running = slot
    if (isCaused(slot.request)) lastCaused = clock.now()
    try {
      await run(slot.request)
    } finally {
      running = undefined
    }
  }

  return {
    async request(request) {
      ending.signal.throwIfAborted()
      if (running?.request.renew === true && !isCaused(request)) return running.done
      if (waiting !== undefined) {
        waiting.request = merge(waiting.request, request)
        return waiting.done
      }
      const slot: Slot = { request, done: Promise.resolve() }
      waiting = slot
      slot.done = runNext(slot, running?.done)
      return slot.done
    },
    async close() {
      ending.abort(new TypeError('the publisher of anchors is closed'))
      await Promise.allSettled([running?.done, waiting?.done])
    },
  }
}

function isCaused({ urgent, noted }: EpochRequest): boolean {
  return urgent || noted.size > 0
}

function merge(a: EpochRequest, b: EpochRequest): EpochRequest {
  return {
    renew: a.renew || b.renew,
    urgent: a.urgent || b.urgent,
    noted: new Set([...a.noted, ...b.noted]),
  }
}
