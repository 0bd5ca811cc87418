import type { Timers } from '../runtime/index.ts'
import type { FetchBudget } from './budget.ts'
import { aborted, pinAddresses, timedOut, type FetchContext } from './context.ts'
import { NetworkError } from '../errors/index.ts'
import { readBound, readWireRequest, type GuardedStreamRequest } from './request.ts'
import { parseTarget, type Target } from './target.ts'
import type { TransportResponse } from './transport/transport.ts'

/** An answer whose body is read while it arrives. */
export interface GuardedStream {
  /** The HTTP status, whatever it is. */
  readonly status: number
  /** The headers. */
  readonly headers: Headers
  /**
   * The body, for one reader. Ends when the peer ends it or after `close`; throws a {@link NetworkError} when
   * the connection fails, the peer is silent for too long, or the budget is spent.
   */
  readonly body: AsyncIterable<Uint8Array>
  /** Ends the connection. Whoever does not read to the end must call it. */
  close(): void
}

interface Reading {
  readonly response: TransportResponse
  readonly hostname: string
  readonly idleTimeoutMs: number
  readonly budget: FetchBudget | undefined
  readonly ending: AbortController
  readonly context: FetchContext
  isClosed: boolean
}

async function nextPiece(
  pieces: AsyncIterator<Uint8Array>,
  ms: number,
  ending: AbortController,
  timers: Timers,
): Promise<IteratorResult<Uint8Array>> {
  const cancel = timers.after(ms, () => {
    ending.abort(timedOut('the next piece of the stream', ms))
  })
  try {
    return await pieces.next()
  } finally {
    cancel()
  }
}

async function* readPieces(reading: Reading): AsyncGenerator<Uint8Array, void, undefined> {
  const { response, idleTimeoutMs, budget, ending, context } = reading
  const pieces = response.body[Symbol.asyncIterator]()
  try {
    for (;;) {
      const piece = await nextPiece(pieces, idleTimeoutMs, ending, context.timers)
      if (piece.done === true) return
      budget?.takeBytes(piece.value.byteLength)
      yield piece.value
    }
  } catch (error) {
    if (reading.isClosed) return
    throw ending.signal.aborted ? ending.signal.reason : context.transport.explain(error, reading.hostname)
  } finally {
    ending.abort(aborted())
  }
}

async function open(
  target: Target,
  request: GuardedStreamRequest,
  ending: AbortController,
  context: FetchContext,
): Promise<TransportResponse> {
  const { signal } = ending
  const wire = readWireRequest(request, 'identity')
  const release = await context.slots.acquire(target.url.host, signal)
  try {
    const addresses = await pinAddresses(target, context, signal)
    request.budget?.takeRequest()
    const { url, hostname } = target
    const response = await context.transport.send({ url, hostname, addresses, ...wire, signal })
    if (response.status >= 300 && response.status < 400) {
      response.discard()
      throw new NetworkError('COMITY_NET_REDIRECT', 'the answer is a redirect')
    }
    return response
  } finally {
    // A stream that is open holds no slot: it may last for days.
    release()
  }
}

/** Opens a stream; see {@link GuardedStreamRequest} for its limits. */
export async function openStream(
  text: string,
  request: GuardedStreamRequest,
  context: FetchContext,
): Promise<GuardedStream> {
  const timeoutMs = readBound('request.timeoutMs', request.timeoutMs, 5000, 120_000)
  const idleTimeoutMs = readBound('request.idleTimeoutMs', request.idleTimeoutMs, 60_000, 600_000)
  const target = parseTarget(text, context.openOrigins)
  const ending = new AbortController()
  const giveUp = (): void => {
    ending.abort(aborted())
  }
  if (request.signal?.aborted === true) throw aborted()
  request.signal?.addEventListener('abort', giveUp, { once: true })
  ending.signal.addEventListener('abort', () => request.signal?.removeEventListener('abort', giveUp))
  const cancel = context.timers.after(timeoutMs, () => {
    ending.abort(timedOut('the head of the answer', timeoutMs))
  })
  try {
    const response = await open(target, request, ending, context)
    const { budget } = request
    const reading: Reading = {
      response,
      hostname: target.hostname,
      idleTimeoutMs,
      budget,
      ending,
      context,
      isClosed: false,
    }
    const close = (): void => {
      reading.isClosed = true
      ending.abort(aborted())
    }
    return { status: response.status, headers: response.headers, body: readPieces(reading), close }
  } catch (error) {
    const reason: unknown = ending.signal.aborted
      ? ending.signal.reason
      : context.transport.explain(error, target.hostname)
    ending.abort(reason)
    throw reason
  } finally {
    cancel()
  }
}
