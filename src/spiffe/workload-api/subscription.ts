import { ComityError } from '../../errors/index.ts'
import { sleep, type Cancel, type Timers } from '../../runtime/index.ts'
import { createBackoff, type Backoff, type BackoffOptions } from './backoff.ts'
import type { Report } from './bundle-map.ts'
import type { Connection } from './connection.ts'
import type { MessageBytes, WorkloadApiMethod } from './protocol.ts'
import { callFailed, clientClosed, isFinal, isWithdrawal } from './status.ts'

/** A method to be listened to for as long as it takes. */
export interface SubscriptionOptions<Value> {
  /** To which endpoint. */
  readonly connection: Connection
  /** Which method. */
  readonly method: WorkloadApiMethod
  /** Reads an answer. What it throws is reported, and the answer thrown away. */
  readonly read: (bytes: MessageBytes, report: Report) => Promise<Value>
  /** Measure the waits between two tries. */
  readonly timers: Timers
  /** How long they are. */
  readonly backoff: BackoffOptions | undefined
  /** Learns of each failure that does not end it. */
  readonly report: Report
  /** Takes each answer: all of what there is, in place of what was there. */
  readonly onValue: (value: Value) => void
  /** Learns that all was taken back. */
  readonly onWithdrawal: () => void
  /** Learns that there will be no more, and why. Not called after it was cancelled. */
  readonly onEnd: (error: ComityError) => void
}

/**
 * Listens to a method, and connects again when the stream has ended: at once the first time, then with growing waits.
 * An answer that asking again would not change ends it.
 *
 * @returns What ends it. Until then the process is kept alive, as by an open socket.
 */
export function subscribe<Value>(options: SubscriptionOptions<Value>): Cancel {
  const stopping = new AbortController()
  const release = holdProcess()
  const forget = options.connection.onClose(() => {
    stopping.abort()
    options.onEnd(clientClosed())
  })
  void run(options, stopping.signal).finally(() => {
    forget()
    release()
  })
  return () => stopping.abort()
}

async function run<Value>(options: SubscriptionOptions<Value>, signal: AbortSignal): Promise<void> {
  const { timers, report, onWithdrawal, onEnd } = options
  const backoff = createBackoff(timers, options.backoff)
  const isOver = (): boolean => signal.aborted
  while (!isOver()) {
    const failure = await listenOnce(options, backoff, signal)
    const delay = backoff.fails(!isWithdrawal(failure))
    if (isOver()) return
    if (failure !== undefined && isFinal(failure)) {
      onEnd(failure)
      return
    }
    if (failure !== undefined) report(failure)
    if (isWithdrawal(failure)) onWithdrawal()
    if (delay > 0) await sleep(delay, timers, signal).catch(() => undefined) // rejects when it is cancelled, and only then
  }
}

/** Listens until the stream ends. Returns why; undefined when the server simply ended it. */
async function listenOnce<Value>(
  { connection, method, read, report, onValue }: SubscriptionOptions<Value>,
  backoff: Backoff,
  signal: AbortSignal,
): Promise<ComityError | undefined> {
  try {
    for await (const bytes of connection.listen(method, signal)) {
      const value = await orReported(read(bytes, report), report)
      if (signal.aborted) return undefined
      if (value === undefined) continue
      backoff.works()
      onValue(value)
    }
    return undefined
  } catch (error) {
    return error instanceof ComityError ? error : callFailed(error)
  }
}

async function orReported<Value>(reading: Promise<Value>, report: Report): Promise<Value | undefined> {
  try {
    return await reading
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    report(error)
    return undefined
  }
}

/** Keeps the process alive while a wait is under way, which the timers do not. */
function holdProcess(): Cancel {
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => undefined // a port that is listened to is a reason to go on
  return () => {
    port1.close()
    port2.close()
  }
}
