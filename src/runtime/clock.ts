/** Tells the time. */
export interface Clock {
  /** The current time in seconds since the Unix epoch, with a fraction. */
  now(): number
}

/** The system's clock. It can be set back: use it for dates, not for measuring. */
export const systemClock: Clock = Object.freeze({ now: () => Date.now() / 1000 })
