import { NetworkError } from '../errors/index.ts'
import type { Cancel, Timers } from '../runtime/index.ts'
import type { FetchBudget } from './budget.ts'
import { aborted } from './context.ts'
import type { GuardedResponse, Meter } from './exchange.ts'

/** One exchange that several callers may wait for, each with a budget and a signal of its own. */
export interface Flight {
  /**
   * Waits for the exchange, and pays for it.
   *
   * @throws {NetworkError} `COMITY_NET_BUDGET` or `COMITY_NET_ABORTED` for this caller alone, or what the
   *   exchange failed with.
   */
  join(budget: FetchBudget | undefined, signal: AbortSignal | undefined): Promise<GuardedResponse>
}

/** Starts an exchange; told whom to charge, and how it will be ended. */
export type StartExchange = (meter: Meter, ending: AbortController) => Promise<GuardedResponse>

interface Waiter {
  readonly budget: FetchBudget | undefined
  readonly fail: (error: unknown) => void
}

interface Account {
  readonly waiters: Set<Waiter>
  requests: number
  bytes: number
}

// The callers of one flight must not see each other's changes.
function copy(response: GuardedResponse): GuardedResponse {
  return { ...response, headers: new Headers(response.headers), body: response.body.slice() }
}

function charge(account: Account, take: (budget: FetchBudget) => void): void {
  for (const waiter of [...account.waiters]) {
    if (waiter.budget === undefined) continue
    try {
      take(waiter.budget)
    } catch (error) {
      waiter.fail(error)
    }
  }
}

// Who joins later pays for what the flight has cost so far as well.
function payArrears(account: Account, budget: FetchBudget): void {
  for (let index = 0; index < account.requests; index += 1) budget.takeRequest()
  budget.takeBytes(account.bytes)
}

function createMeter(account: Account): Meter {
  return {
    onRequest() {
      account.requests += 1
      charge(account, (budget) => budget.takeRequest())
    },
    onBytes(count) {
      account.bytes += count
      charge(account, (budget) => budget.takeBytes(count))
    },
  }
}

/** Makes a flight: the exchange starts with the first to join, and ends early when nobody waits for it any more. */
export function createFlight(start: StartExchange, timers: Timers): Flight {
  const ending = new AbortController()
  const account: Account = { waiters: new Set(), requests: 0, bytes: 0 }
  const meter = createMeter(account)
  let landing: Promise<GuardedResponse> | undefined

  function wait(
    budget: FetchBudget | undefined,
    signal: AbortSignal | undefined,
    resolve: (response: GuardedResponse) => void,
    reject: (error: unknown) => void,
  ): void {
    let cancelTimer: Cancel | undefined
    const giveUp = (): void => fail(aborted())
    const leave = (): void => {
      account.waiters.delete(waiter)
      signal?.removeEventListener('abort', giveUp)
      cancelTimer?.()
    }
    const fail = (error: unknown): void => {
      leave()
      reject(error)
      if (account.waiters.size === 0) ending.abort(error)
    }
    const waiter: Waiter = { budget, fail }
    account.waiters.add(waiter)
    signal?.addEventListener('abort', giveUp, { once: true })
    if (budget !== undefined) {
      cancelTimer = timers.after(budget.remainingMs(), () =>
        fail(new NetworkError('COMITY_NET_BUDGET', 'the budget has no time left')),
      )
    }
    landing ??= start(meter, ending)
    landing.then((response) => {
      leave()
      resolve(copy(response))
    }, fail)
  }

  return {
    async join(budget, signal) {
      if (budget !== undefined) payArrears(account, budget)
      return new Promise((resolve, reject) => {
        wait(budget, signal, resolve, reject)
      })
    },
  }
}
