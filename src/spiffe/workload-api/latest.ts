/** A value that changes, for readers who want the newest and not every one. */
export interface Latest<Value> {
  /** Sets it, and tells everybody. */
  set(value: Value): void
  /** Ends it, with an error or without. Later calls do nothing. */
  end(error?: Error): void
  /** The value if there is one, then each that follows; what came and went while the reader was busy is left out. */
  values(signal?: AbortSignal): AsyncGenerator<Value, void, void>
}

/** Makes a value that is not set yet. */
export function createLatest<Value>(): Latest<Value> {
  let held: { readonly value: Value } | undefined
  let outcome: { readonly error: Error | undefined } | undefined
  const waiting = new Set<() => void>()
  const wake = (): void => {
    for (const resume of waiting) resume()
  }
  return {
    set(value) {
      if (outcome !== undefined) return
      held = { value }
      wake()
    },
    end(error) {
      outcome ??= { error }
      wake()
    },
    async *values(signal) {
      let seen: typeof held
      for (;;) {
        signal?.throwIfAborted()
        if (held !== undefined && held !== seen) {
          seen = held
          yield held.value
        } else if (outcome === undefined) await change(waiting, signal)
        else if (outcome.error === undefined) return
        else throw outcome.error
      }
    },
  }
}

/** Waits for the next thing to happen. */
function change(waiting: Set<() => void>, signal?: AbortSignal): Promise<void> {
  const happened = deferred<undefined>()
  const resume = (): void => happened.resolve(undefined)
  waiting.add(resume)
  signal?.addEventListener('abort', resume, { once: true })
  return happened.promise.finally(() => {
    waiting.delete(resume)
    signal?.removeEventListener('abort', resume)
  })
}

/** A promise, and what settles it. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>
  resolve(value: Value): void
  reject(error: unknown): void
}

/** Makes a promise that is settled from outside. */
export function deferred<Value>(): Deferred<Value> {
  let settle: Pick<Deferred<Value>, 'resolve' | 'reject'> | undefined
  const promise = new Promise<Value>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return {
    promise,
    resolve: (value) => settle?.resolve(value),
    reject: (error) => settle?.reject(error),
  }
}
