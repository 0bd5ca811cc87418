import type { Clock } from '../runtime/index.ts'

/** A clock that goes when it is told to. */
export interface TestClock extends Clock {
  /** Sets it. */
  set(seconds: number): void
  /** Moves it on; back with a negative number. */
  advance(seconds: number): void
}

/**
 * Makes a clock that stands still.
 *
 * @param start - Seconds since the Unix epoch. Defaults to noon of 1 January 2030, UTC.
 */
export function createTestClock(start = 1_893_499_200): TestClock {
  let now = start
  return {
    now: () => now,
    set(seconds) {
      now = seconds
    },
    advance(seconds) {
      now += seconds
    },
  }
}
