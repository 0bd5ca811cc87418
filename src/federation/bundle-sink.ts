import type { Cancel, Timers } from '../runtime/index.ts'
import type { TrustBundle, TrustDomain } from '../spiffe/index.ts'
import { describeError, type FederationLog } from './log.ts'

/** Who else shall trust what was learned, such as the local SPIRE. */
export interface BundleSink {
  /** Trusts a trust domain by this bundle, in place of the one before. */
  set(bundle: TrustBundle): Promise<void>
  /** Trusts a trust domain no longer. One that it never trusted is no failure. */
  delete(trustDomain: TrustDomain): Promise<void>
}

/** Keeps a {@link BundleSink} at what was last asked for. */
export interface BundlePusher {
  /** Has the sink trust a trust domain by this bundle. */
  set(bundle: TrustBundle): void
  /** Has the sink trust a trust domain no longer. */
  delete(trustDomain: TrustDomain): void
  /** Resolves when everything that was asked for was tried. */
  settled(): Promise<void>
  /** Tries nothing any more. What is under way ends. */
  close(): void
}

interface Task {
  readonly trustDomain: TrustDomain
  /** What the sink should have; undefined for nothing. */
  wanted: TrustBundle | undefined
  failures: number
  running: Promise<void> | undefined
  cancel: Cancel | undefined
  isDone: boolean
}

const FIRST_RETRY_MS = 5000
const LAST_RETRY_MS = 300_000

/**
 * Makes what keeps a sink at what is wanted of it: one call at a time for each trust domain, the newest wish only, and
 * again after 5 seconds, 10, … 5 minutes as long as it fails.
 */
export function createBundlePusher(
  sink: BundleSink,
  { timers, log }: { readonly timers: Timers; readonly log: FederationLog },
): BundlePusher {
  const tasks = new Map<string, Task>()
  let isClosed = false

  async function carryOut(task: Task): Promise<void> {
    while (!task.isDone && !isClosed) {
      const { wanted, trustDomain } = task
      try {
        await (wanted === undefined ? sink.delete(trustDomain) : sink.set(wanted))
        if (task.wanted === wanted) task.isDone = true
        task.failures = 0
      } catch (error) {
        task.failures += 1
        log({ level: 'error', event: 'bundle.push', trustDomain: trustDomain.name, ...describeError(error) })
        if (task.wanted === wanted) return
      }
    }
  }
  function start(task: Task): void {
    if (isClosed || task.running !== undefined) return
    task.cancel?.()
    task.cancel = undefined
    task.running = carryOut(task).then(() => {
      task.running = undefined
      if (task.isDone && task.wanted === undefined) tasks.delete(task.trustDomain.name)
      if (task.isDone || isClosed) return
      const delay = Math.min(FIRST_RETRY_MS * 2 ** (task.failures - 1), LAST_RETRY_MS)
      task.cancel = timers.after(delay, () => start(task))
    })
  }
  function want(trustDomain: TrustDomain, wanted: TrustBundle | undefined): void {
    const task = tasks.get(trustDomain.name) ?? newTask(trustDomain)
    tasks.set(trustDomain.name, task)
    task.wanted = wanted
    task.isDone = false
    start(task)
  }

  return {
    set: (bundle) => {
      want(bundle.trustDomain, bundle)
    },
    delete: (trustDomain) => {
      want(trustDomain, undefined)
    },
    async settled() {
      for (const { running } of [...tasks.values()]) await running
    },
    close() {
      isClosed = true
      for (const { cancel } of tasks.values()) cancel?.()
    },
  }
}

function newTask(trustDomain: TrustDomain): Task {
  return {
    trustDomain,
    wanted: undefined,
    failures: 0,
    running: undefined,
    cancel: undefined,
    isDone: false,
  }
}
