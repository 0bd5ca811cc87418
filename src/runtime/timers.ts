/** Cancels a timer. Calling it again, or too late, does nothing. */
export type Cancel = () => void

/** Runs things later. */
export interface Timers {
  /**
   * Runs a function once.
   *
   * @param ms - Milliseconds from now, 0 to 2147483647.
   * @param run - What to run. It must not throw.
   * @returns What cancels it.
   */
  after(ms: number, run: () => void): Cancel
  /**
   * Runs a function again and again.
   *
   * @param ms - Milliseconds between the runs, 1 to 2147483647.
   * @param run - What to run. It must not throw.
   * @returns What ends it.
   */
  every(ms: number, run: () => void): Cancel
}

/** Above this, timers of browsers and Node fire at once. */
const MAX_DELAY_MS = 2_147_483_647

/** The system's timers. They never keep a process alive by themselves. */
export const systemTimers: Timers = Object.freeze({
  after(ms: number, run: () => void): Cancel {
    const timer: unknown = setTimeout(run, checkDelay(ms, 0))
    unref(timer)
    return () => {
      clearTimeout(timer as ReturnType<typeof setTimeout>)
    }
  },
  every(ms: number, run: () => void): Cancel {
    const timer: unknown = setInterval(run, checkDelay(ms, 1))
    unref(timer)
    return () => {
      clearInterval(timer as ReturnType<typeof setInterval>)
    }
  },
})

/**
 * Waits. As with all of {@link systemTimers}, a process with nothing else to do ends meanwhile.
 *
 * @param ms - Milliseconds to wait, 0 to 2147483647.
 * @param timers - What measures the time. Defaults to {@link systemTimers}.
 * @param signal - Ends the wait early; the promise then rejects with the signal's reason.
 * @returns A promise that resolves after that time.
 * @throws {TypeError} When `ms` is out of range.
 */
export async function sleep(ms: number, timers: Timers = systemTimers, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve) => {
    const cancel = timers.after(ms, () => {
      signal?.removeEventListener('abort', abort)
      resolve()
    })
    function abort(): void {
      cancel()
      resolve()
    }
    signal?.addEventListener('abort', abort, { once: true })
  })
  signal?.throwIfAborted()
}

function checkDelay(ms: number, least: number): number {
  if (!(ms >= least && ms <= MAX_DELAY_MS)) {
    throw new TypeError(`a timer takes ${String(least)} to ${String(MAX_DELAY_MS)} milliseconds`)
  }
  return ms
}

/** Timers of Node, Bun and Deno are objects that can be told not to hold up the exit; others are numbers. */
function unref(timer: unknown): void {
  if (typeof timer !== 'object') return
  ;(timer as { unref?: () => void } | null)?.unref?.()
}
