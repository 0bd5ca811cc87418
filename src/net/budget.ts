import { NetworkError } from '../errors/index.ts'
import { systemClock, type Clock } from '../runtime/index.ts'

/** What several fetches together may cost. Made by {@link createFetchBudget}, and used up by guarded fetches. */
export interface FetchBudget {
  /** Requests left. */
  readonly requests: number
  /** Body bytes left, counted after decompression. */
  readonly bytes: number
  /** Milliseconds left; never below 0. */
  remainingMs(): number
  /**
   * Takes one request.
   *
   * @throws {NetworkError} `COMITY_NET_BUDGET` when none, or no time, is left.
   */
  takeRequest(): void
  /**
   * Takes body bytes as they arrive.
   *
   * @throws {NetworkError} `COMITY_NET_BUDGET` when fewer are left; nothing is left then.
   */
  takeBytes(count: number): void
}

/** The bounds of a {@link FetchBudget}. */
export interface FetchBudgetOptions {
  /** Most requests, redirects included. */
  readonly requests: number
  /** Most body bytes, counted after decompression. */
  readonly bytes: number
  /** Milliseconds from the creation of the budget to its end. */
  readonly timeoutMs: number
  /** Defaults to the system clock. */
  readonly clock?: Clock
}

const MAX_BOUND = 2_147_483_647

function overdrawn(what: string): NetworkError {
  return new NetworkError('COMITY_NET_BUDGET', `the budget has no ${what} left`)
}

/**
 * Makes a budget that bounds everything that one task fetches, such as one handshake.
 *
 * A peer who names many DIDs and status lists in one message then costs no more than the budget.
 *
 * @throws {TypeError} A bound is not from 0 to 2 147 483 647.
 */
export function createFetchBudget(options: FetchBudgetOptions): FetchBudget {
  const { clock = systemClock } = options
  for (const name of ['requests', 'bytes', 'timeoutMs'] as const) {
    const bound = options[name]
    if (!(bound >= 0 && bound <= MAX_BOUND)) {
      throw new TypeError(`options.${name} must be from 0 to ${String(MAX_BOUND)}`)
    }
  }
  const endsAt = clock.now() + options.timeoutMs / 1000
  let { requests, bytes } = options

  const budget: FetchBudget = {
    get requests() {
      return requests
    },
    get bytes() {
      return bytes
    },
    remainingMs: () => Math.max(0, (endsAt - clock.now()) * 1000),
    takeRequest() {
      if (requests < 1) throw overdrawn('request')
      if (budget.remainingMs() === 0) throw overdrawn('time')
      requests -= 1
    },
    takeBytes(count) {
      if (count > bytes) {
        bytes = 0
        throw overdrawn('bytes')
      }
      bytes -= count
    },
  }
  return Object.freeze(budget)
}
