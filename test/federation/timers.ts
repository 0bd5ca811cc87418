import type { Cancel, Timers } from '../../src/runtime/index.ts'
import type { TestClock } from '../../src/testing/index.ts'

/** Timers that go when they are told to. */
export interface TestTimers extends Timers {
  /** Runs what is due once after `ms` more milliseconds, in order. */
  advance(ms: number): Promise<void>
  /** How many are set. */
  readonly size: number
}

/** Makes timers that move a clock along. */
export function createTestTimers(clock: TestClock): TestTimers {
  const set = new Map<object, { at: number; run: () => void; every?: number }>()
  let now = 0
  const add = (entry: { at: number; run: () => void; every?: number }): Cancel => {
    set.set(entry, entry)
    return () => void set.delete(entry)
  }
  return {
    get size() {
      return set.size
    },
    after: (ms, run) => add({ at: now + ms, run }),
    every: (ms, run) => add({ at: now + ms, run, every: ms }),
    async advance(ms) {
      now += ms
      clock.advance(ms / 1000)
      const due = [...set.values()].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at)
      for (const entry of due) {
        if (entry.every === undefined) set.delete(entry)
        else entry.at = now + entry.every
        entry.run()
      }
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
