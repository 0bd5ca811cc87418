import { randomBytes, type Cancel, type Timers } from '../../runtime/index.ts'

/** How long to wait before asking an endpoint again. */
export interface BackoffOptions {
  /** Milliseconds before the second try after a failure; the first is at once. 1 to 2147483647. Defaults to 250. */
  readonly initialMs?: number
  /** The most milliseconds between two tries. Defaults to 30 000. */
  readonly maxMs?: number
}

/** Counts failures, and tells how long to wait after each. */
export interface Backoff {
  /** Notes that it works. When it still does some seconds later, the count starts anew. */
  works(): void
  /**
   * Notes that it works no more.
   *
   * @param isAtOnce - Whether the first failure after it worked may be followed by another try without waiting.
   * @returns Milliseconds to wait.
   */
  fails(isAtOnce: boolean): number
}

const DEFAULT_INITIAL_MS = 250
const DEFAULT_MAX_MS = 30_000
/** An endpoint that answers and at once hangs up, again and again, must not be asked in a tight loop. */
const STEADY_MS = 10_000
const MAX_DOUBLINGS = 30

/**
 * Makes a counter whose waits double, each shortened by up to a half at random, so that many workloads do not come back
 * in one moment.
 *
 * @throws {TypeError} A number is out of range.
 */
export function createBackoff(timers: Timers, options: BackoffOptions = {}): Backoff {
  const { initialMs = DEFAULT_INITIAL_MS, maxMs = Math.max(DEFAULT_MAX_MS, initialMs) } = options
  if (!(initialMs >= 1 && initialMs <= maxMs && maxMs <= 2_147_483_647)) {
    throw new TypeError('backoff.initialMs must be at least 1, and backoff.maxMs not less')
  }
  let failures = 0
  let cancel: Cancel | undefined
  return {
    works() {
      cancel ??= timers.after(STEADY_MS, () => {
        failures = 0
      })
    },
    fails(isAtOnce) {
      cancel?.()
      cancel = undefined
      failures += 1
      if (failures === 1 && isAtOnce) return 0
      const doublings = Math.min(Math.max(failures - 2, 0), MAX_DOUBLINGS)
      return Math.ceil(Math.min(initialMs * 2 ** doublings, maxMs) * (0.5 + fraction() / 2))
    },
  }
}

function fraction(): number {
  const [high = 0, low = 0] = randomBytes(2)
  return (high * 256 + low) / 65_536
}
