import { ComityError } from '../../errors/index.ts'
import { deferred } from './latest.ts'

/** What is watched for as long as a source is open. */
export interface FeedOptions<Value> {
  /** Begins to watch. */
  readonly watch: (options: { readonly signal: AbortSignal }) => AsyncIterable<Value>
  /**
   * Takes a value.
   *
   * @returns Whether there is now what the source is there for. What it throws before that makes the start fail.
   */
  readonly accept: (value: Value) => boolean
  /** Learns that no value will come any more, and why; undefined when the client was closed. */
  readonly onEnd: (error: Error | undefined) => void
}

/** A watch under way. */
export interface Feed {
  /** Resolves when the source has what it is there for; rejects when it will not get it. */
  readonly ready: Promise<void>
  /** Ends the watch. */
  close(): void
}

/** Begins to watch, and goes on until it is closed or there is nothing more to come. */
export function startFeed<Value>(options: FeedOptions<Value>, ended: () => Error): Feed {
  const stopping = new AbortController()
  const { signal } = stopping
  const started = deferred<undefined>()
  const run = async (): Promise<void> => {
    try {
      for await (const value of options.watch({ signal })) {
        if (options.accept(value)) started.resolve(undefined)
      }
      options.onEnd(undefined)
      started.reject(ended())
    } catch (error) {
      if (!signal.aborted) options.onEnd(error instanceof Error ? error : ended())
      started.reject(signal.aborted ? ended() : error)
    }
  }
  started.promise.catch(() => undefined) // whoever waits for it gets it; else nobody has to
  void run()
  return { ready: started.promise, close: () => stopping.abort() }
}

/** Waits for something that goes on by itself, and gives up when the signal says so. */
export async function untilReady<Value>(ready: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  if (signal === undefined) return ready
  signal.throwIfAborted()
  const given = deferred<never>()
  const giveUp = (): void => given.reject(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  try {
    return await Promise.race([ready, given.promise])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

/** Runs something that may fail with a coded error. */
export function attempt<Value>(
  run: () => Value,
): { readonly value: Value } | { readonly error: ComityError } {
  try {
    return { value: run() }
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    return { error }
  }
}
