import type { Timers } from '../../runtime/index.ts'
import type { Report } from './bundle-map.ts'
import type { Connection } from './connection.ts'
import type { MessageBytes, WorkloadApiMethod } from './protocol.ts'
import { unavailable } from './status.ts'

/** How long a call may take. */
export interface Deadline {
  readonly timers: Timers
  readonly timeoutMs: number
}

/** A method whose first answer is wanted. */
export interface FetchFirstOptions<Value> extends Deadline {
  readonly connection: Connection
  readonly method: WorkloadApiMethod
  readonly read: (bytes: MessageBytes, report: Report) => Promise<Value>
  readonly report: Report
}

/**
 * Waits for the first answer of a stream, and ends it then.
 *
 * @throws {NetworkError} `COMITY_WORKLOAD_API_UNAVAILABLE` when the stream ends without one, or none comes in time; as
 *   the connection says.
 */
export async function fetchFirst<Value>(
  options: FetchFirstOptions<Value>,
  signal?: AbortSignal,
): Promise<Value> {
  const { connection, method, read, report } = options
  const bytes = await withDeadline(options, signal, async (inner) => {
    for await (const answer of connection.listen(method, inner)) return answer
    throw unavailable('the Workload API ended the stream without an answer', { status: 'OK' })
  })
  return read(bytes, report)
}

/** Runs a call, and ends it when the time is over or the caller says so. */
export async function withDeadline<Value>(
  { timers, timeoutMs }: Deadline,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  signal?.throwIfAborted()
  const stopping = new AbortController()
  const cancel = timers.after(timeoutMs, () => {
    const details = { status: 'DEADLINE_EXCEEDED', timeoutMs }
    stopping.abort(unavailable('the Workload API did not answer in time', details))
  })
  const abort = (): void => stopping.abort(signal?.reason)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    return await call(stopping.signal)
  } finally {
    cancel()
    signal?.removeEventListener('abort', abort)
  }
}
