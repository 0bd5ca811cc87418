import type { Clock } from '../runtime/index.ts'

/** Says how many milliseconds to wait before the next one. */
export type Pace = () => number

/**
 * Makes a token bucket: what a peer sends may fill our store only so fast.
 *
 * @param clock Tells the time.
 * @param burst How many may come at once.
 * @param perSecond How many a second after that.
 */
export function createPace(clock: Clock, burst: number, perSecond: number): Pace {
  let tokens = burst
  let at = clock.now()
  return () => {
    const now = clock.now()
    tokens = Math.min(burst, tokens + Math.max(0, now - at) * perSecond) - 1
    at = now
    return tokens >= 0 ? 0 : Math.ceil((-tokens / perSecond) * 1000)
  }
}
