import type { DidResolver } from '../did/index.ts'
import { encodeUtf8, parseJsonObject } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { readBody } from '../net/index.ts'
import { systemClock, type Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import type { Delivery } from './deliveries.ts'
import type { EventPublisher } from './event-publisher.ts'
import { timeComment } from './stream-time.ts'
import { verifyStreamRequest } from './stream-request.ts'

/** What the event stream is served with. Every field without a `?` is a decision that the caller cannot skip. */
export interface EventStreamOptions {
  /** Says which DIDs get events. It is asked before anything about the DID is proven or fetched: look it up. */
  readonly admit: (subscriber: string) => boolean | Promise<boolean>
  /** Finds the subscribers' keys. */
  readonly resolver: DidResolver
  /** Where used requests are remembered; shared by all instances. */
  readonly replay: Store
  /** Milliseconds of silence after which a heartbeat is sent, 100 to 60,000. Defaults to 10,000. */
  readonly heartbeatMs?: number
  /** Defaults to the system clock. */
  readonly clock?: Clock
  /** Is told why a request was refused; the peer is told only the coarse code. */
  readonly onRefused?: (error: ComityError) => void
}

/**
 * Answers a request for the events of a publisher.
 *
 * `GET` opens the stream (`text/event-stream`): first the comment `open` and a `retry`, then a message `set` for each
 * event with its place in the log as `id` and the Security Event Token as `data`, and a comment `heartbeat` whenever
 * everything was sent, at the latest after `heartbeatMs` of silence. Both comments tell the publisher's time, so that
 * the subscriber notices when the stream is held back. `Last-Event-ID` says where to go on. `POST` with `{"ack": id}`
 * confirms everything up to an event.
 *
 * Both are authenticated by `Authorization: Comity <JWS>`, once usable, by the subscriber's `authentication` key.
 * Refusals are `application/problem+json` with a coarse code: `authentication` (401), `malformed` (400), `limit`
 * (503).
 *
 * @param publisher - Whose events are asked for.
 * @param request - The request. Its signal ends the stream.
 * @param options - See {@link EventStreamOptions}.
 * @returns The answer. Whoever does not send its body to the end must cancel it.
 * @throws {TypeError} `heartbeatMs` is out of range.
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html | HTML §9.2}
 */
export async function eventStreamResponse(
  publisher: EventPublisher,
  request: Request,
  options: EventStreamOptions,
): Promise<Response> {
  const { heartbeatMs = 10_000, clock = systemClock } = options
  if (!(heartbeatMs >= 100 && heartbeatMs <= 60_000)) {
    throw new TypeError('options.heartbeatMs must be 100 to 60000')
  }
  if (request.method !== 'GET' && request.method !== 'POST') {
    return problem(405, 'malformed', { allow: 'GET, POST' })
  }
  const refuse = (
    error: unknown,
    status: number,
    code: string,
    headers?: Record<string, string>,
  ): Response => {
    if (!(error instanceof ComityError)) throw error
    options.onRefused?.(error)
    return problem(status, code, headers)
  }
  let audience: string
  try {
    const authorization = request.headers.get('authorization')
    const context = { ...options, publisher: publisher.issuer, now: clock.now() }
    audience = await verifyStreamRequest(authorization, context)
  } catch (error) {
    return refuse(error, 401, 'authentication', { 'www-authenticate': 'Comity' })
  }
  try {
    return request.method === 'GET'
      ? await openStream(publisher, request, audience, heartbeatMs)
      : await acknowledge(publisher, request, audience)
  } catch (error) {
    const isFull = error instanceof ComityError && error.code === 'COMITY_EVENT_LIMIT'
    return isFull ? refuse(error, 503, 'limit', { 'retry-after': '5' }) : refuse(error, 400, 'malformed')
  }
}

async function openStream(
  publisher: EventPublisher,
  request: Request,
  audience: string,
  heartbeatMs: number,
): Promise<Response> {
  const after = request.headers.get('last-event-id')
  const ending = new AbortController()
  const end = (): void => {
    ending.abort()
  }
  request.signal.addEventListener('abort', end, { once: true })
  if (request.signal.aborted) end()
  const subscription = publisher.subscribe({
    audience,
    idleMs: heartbeatMs,
    signal: ending.signal,
    ...(after === null ? {} : { after }),
  })
  const deliveries = subscription[Symbol.asyncIterator]()
  // Fetched before the answer has a status, so that a refusal still can.
  let first: IteratorResult<Delivery, unknown> | undefined = await deliveries.next()
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = first ?? (await deliveries.next())
        first = undefined
        if (next.done !== true) {
          controller.enqueue(encodeUtf8(frameOf(next.value)))
          return
        }
        request.signal.removeEventListener('abort', end)
        controller.close()
      },
      async cancel() {
        end()
        request.signal.removeEventListener('abort', end)
        await deliveries.return?.()
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Tells nginx not to hold back what is due in under a second.
      'x-accel-buffering': 'no',
    },
  })
}

const RETRY_MS = 500

function frameOf(delivery: Delivery): string {
  switch (delivery.type) {
    case 'open':
      return `${timeComment('open', delivery.asOf)}\nretry: ${String(RETRY_MS)}\n\n`
    case 'event':
      return `id: ${delivery.id}\nevent: set\ndata: ${delivery.set}\n\n`
    case 'idle':
      return `${timeComment('heartbeat', delivery.asOf)}\n\n`
  }
}

async function acknowledge(publisher: EventPublisher, request: Request, audience: string): Promise<Response> {
  const { ack } = parseJsonObject(await boundedBody(request), { maxBytes: MAX_BODY_BYTES })
  if (typeof ack !== 'string')
    throw new VerificationError('COMITY_EVENT_INVALID', '`ack` must be the id of an event')
  await publisher.acknowledge(audience, ack)
  return new Response(null, { status: 204 })
}

const MAX_BODY_BYTES = 1024

async function boundedBody(request: Request): Promise<Uint8Array> {
  const body = await readBody(request.body, MAX_BODY_BYTES)
  if (body !== undefined) return body
  throw new VerificationError('COMITY_EVENT_INVALID', 'the body is too large', {
    details: { maxBytes: MAX_BODY_BYTES },
  })
}

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ type: 'about:blank', status, code }), {
    status,
    headers: { ...headers, 'content-type': 'application/problem+json', 'cache-control': 'no-store' },
  })
}
