/** Something that is made once, for one who takes it: begun when somebody first wants it. */
export interface PoolItem<Value> {
  /** Begins to make it, if that was not done yet. */
  make(signal?: AbortSignal): Promise<Value>
  /** Whether it was begun. */
  readonly begun: boolean
}

/**
 * Makes a {@link PoolItem}.
 *
 * @param run - Makes the value. It is called once.
 */
export function createPoolItem<Value>(run: (signal?: AbortSignal) => Promise<Value>): PoolItem<Value> {
  let made: Promise<Value> | undefined
  return {
    async make(signal) {
      if (made === undefined) {
        made = run(signal)
        made.catch(() => undefined) // told to whoever takes it
      }
      return await made
    },
    get begun() {
      return made !== undefined
    },
  }
}

/**
 * Waits for something no longer than a signal lets.
 *
 * @throws The signal's reason.
 */
export async function until<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (signal === undefined) return await promise
  signal.throwIfAborted()
  let stop = (): void => undefined
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        stop = () => reject(signal.reason as Error)
        signal.addEventListener('abort', stop, { once: true })
      }),
    ])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
