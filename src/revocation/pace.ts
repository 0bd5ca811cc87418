import type { Clock } from '../runtime/index.ts'

/**
 * Takes so much, one by default, and says how many milliseconds to wait until that was not too much. A negative amount
 * gives back what was taken and does not count after all; 0 only asks.
 */
export type Pace = (amount?: number) => number

/**
 * Makes a token bucket: what a peer sends may keep us busy, and fill our store, only so fast.
 *
 * @param clock Tells the time.
 * @param burst How much may come at once.
 * @param perSecond How much a second after that.
 */
export function createPace(clock: Clock, burst: number, perSecond: number): Pace {
  let tokens = burst
  let at = clock.now()
  return (amount = 1) => {
    const now = clock.now()
    const refilled = Math.min(burst, tokens + Math.max(0, now - at) * perSecond)
    tokens = Math.min(burst, refilled - amount)
    at = now
    return tokens >= 0 ? 0 : Math.ceil((-tokens / perSecond) * 1000)
  }
}
