import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate } from 'node:timers'
import { systemTimers } from '../../runtime/index.ts'

const NOT_FORWARDED = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
const NULL_BODY = new Set([204, 205, 304])
const LINGER_MS = 1000
const EMPTY_PROBLEM = '{}'

/** How a response is written. */
export interface WriteOptions {
  /** The request's method was HEAD: the head alone is written. */
  readonly headOnly: boolean
  /** How long the client may take no byte, in milliseconds, before the connection is cut. */
  readonly stallMs: number
  /** Ends event streams when aborted. */
  readonly closing: AbortSignal | undefined
}

/**
 * Writes a Web `Response`: as fast as the client reads, and no further when the client goes away.
 *
 * @throws {RangeError} When the status cannot be sent; nothing has been written then.
 * @throws What the body's stream throws; the head has been written then.
 */
export async function writeResponse(
  outgoing: ServerResponse,
  response: Response,
  options: WriteOptions,
): Promise<void> {
  if (response.bodyUsed) throw new TypeError('the response was read before it was sent')
  outgoing.writeHead(response.status, headerList(response, options))
  const { body } = response
  if (body === null || options.headOnly || NULL_BODY.has(response.status)) {
    await body?.cancel()
    outgoing.end()
  } else {
    await pump(outgoing, body, { ...options, isEventStream: isEventStream(response) })
  }
  await settled(outgoing, 'finish', options.stallMs)
}

/**
 * Answers with a status and an empty RFC 9457 problem, then lets the connection go.
 *
 * What the client still sends is read and dropped for a second: closing at once would reset the connection,
 * and the client might never see the answer.
 */
export async function writeProblem(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  status: number,
): Promise<void> {
  outgoing.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': EMPTY_PROBLEM.length,
    'cache-control': 'no-store',
    connection: 'close',
  })
  if (incoming.method !== 'HEAD') outgoing.write(EMPTY_PROBLEM)
  if (!incoming.complete) {
    incoming.resume()
    await new Promise<void>((resolve) => {
      const cancel = systemTimers.after(LINGER_MS, resolve)
      for (const event of ['end', 'close', 'error']) {
        incoming.once(event, () => {
          cancel()
          resolve()
        })
      }
    })
  }
  outgoing.end()
}

function isEventStream(response: Response): boolean {
  return /^text\/event-stream(?:;|$)/i.test(response.headers.get('content-type') ?? '')
}

function headerList(response: Response, { closing }: WriteOptions): string[] {
  const list: string[] = []
  for (const [name, value] of response.headers) {
    if (!NOT_FORWARDED.has(name)) list.push(name, value)
  }
  if (closing?.aborted === true) list.push('connection', 'close')
  return list
}

async function pump(
  outgoing: ServerResponse,
  body: ReadableStream<Uint8Array>,
  options: WriteOptions & { readonly isEventStream: boolean },
): Promise<void> {
  const reader = body.getReader()
  // A pending read ends with the cancellation, and so does the loop.
  const stop = (): void => {
    reader.cancel().catch(() => undefined)
  }
  const closing = options.isEventStream ? options.closing : undefined
  // A body that is at hand already goes out with the head, in one write.
  outgoing.cork()
  outgoing.flushHeaders()
  setImmediate(() => {
    outgoing.uncork()
  })
  outgoing.once('close', stop)
  closing?.addEventListener('abort', stop)
  if (outgoing.destroyed || closing?.aborted === true) stop()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (outgoing.destroyed) stop()
      if (done || outgoing.destroyed) break
      if (!outgoing.write(value)) await settled(outgoing, 'drain', options.stallMs)
    }
    outgoing.end()
  } finally {
    outgoing.off('close', stop)
    closing?.removeEventListener('abort', stop)
  }
}

/** Waits for the event, for the end of the connection, or until the client has taken nothing for too long. */
async function settled(outgoing: ServerResponse, event: 'drain' | 'finish', stallMs: number): Promise<void> {
  if (outgoing.destroyed || (event === 'finish' && outgoing.writableFinished)) return
  await new Promise<void>((resolve) => {
    const cancel = systemTimers.after(stallMs, () => {
      outgoing.destroy()
      settle()
    })
    function settle(): void {
      cancel()
      outgoing.off(event, settle)
      outgoing.off('close', settle)
      resolve()
    }
    outgoing.once(event, settle)
    outgoing.once('close', settle)
  })
}
