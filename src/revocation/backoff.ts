/** The waits between attempts that fail. */
export interface Backoff {
  /** Milliseconds to wait before the next attempt. */
  next(): number
  /** Begins again with the shortest wait. */
  reset(): void
}

/** How long to wait. */
export interface BackoffOptions {
  /** The first wait, in milliseconds. */
  readonly minDelayMs: number
  /** The longest wait, in milliseconds. */
  readonly maxDelayMs: number
  /** A number from 0 to below 1. */
  readonly random: () => number
}

/**
 * Makes waits that double up to a maximum. Each is between half of that and all of it, at random: those who were cut
 * off together do not come back together.
 */
export function createBackoff({ minDelayMs, maxDelayMs, random }: BackoffOptions): Backoff {
  let ceiling = minDelayMs
  return {
    next: () => {
      const delay = ceiling / 2 + (random() * ceiling) / 2
      ceiling = Math.min(2 * ceiling, maxDelayMs)
      return delay
    },
    reset: () => {
      ceiling = minDelayMs
    },
  }
}
