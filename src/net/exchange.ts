import { NetworkError } from '../errors/index.ts'
import { pinAddresses, timedOut, type FetchContext } from './context.ts'
import type { WireRequest } from './request.ts'
import { parseTarget, type Target } from './target.ts'
import type { TransportResponse } from './transport/transport.ts'

/** A whole answer. Its status is reported, not judged. */
export interface GuardedResponse {
  /** Where the answer came from, after redirects. */
  readonly url: string
  /** The HTTP status, whatever it is. */
  readonly status: number
  /** The headers; without `content-encoding` and `content-length` where the body was decompressed. */
  readonly headers: Headers
  /** Decompressed, and within the request's `maxBytes`. */
  readonly body: Uint8Array
}

/** What an exchange costs, told as it happens. Throwing ends the exchange. */
export interface Meter {
  onRequest(): void
  onBytes(count: number): void
}

/** The bounds of an exchange, all of them set. */
export interface ExchangeLimits {
  readonly maxBytes: number
  readonly timeoutMs: number
  readonly firstByteTimeoutMs: number
  readonly redirect: 'refuse' | 'same-origin'
}

const MAX_REDIRECTS = 3
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** Compressing what does not compress makes it a little longer. */
const WIRE_ALLOWANCE = 4096

function tooLarge(maxBytes: number): NetworkError {
  return new NetworkError('COMITY_NET_TOO_LARGE', 'the body is too large', { details: { maxBytes } })
}

async function readBody(response: TransportResponse, maxBytes: number, meter: Meter): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let total = 0
  for await (const piece of response.body) {
    total += piece.byteLength
    // Leaving the loop closes the connection: a bomb is not unpacked further than this.
    if (total > maxBytes) throw tooLarge(maxBytes)
    meter.onBytes(piece.byteLength)
    pieces.push(piece)
  }
  const body = new Uint8Array(total)
  let offset = 0
  for (const piece of pieces) {
    body.set(piece, offset)
    offset += piece.byteLength
  }
  return body
}

function redirectTarget(response: TransportResponse, from: Target, context: FetchContext): Target {
  const location = response.headers.get('location')
  if (location === null || !URL.canParse(location, from.url)) {
    throw new NetworkError('COMITY_NET_REDIRECT', 'the redirect leads nowhere')
  }
  const target = parseTarget(new URL(location, from.url).href, context.openOrigins)
  if (target.url.origin !== from.url.origin) {
    throw new NetworkError('COMITY_NET_REDIRECT', 'the redirect leaves the origin')
  }
  return target
}

interface Run {
  readonly wire: WireRequest
  readonly limits: ExchangeLimits
  readonly meter: Meter
  readonly signal: AbortSignal
  readonly context: FetchContext
}

async function sendOnce(target: Target, addresses: readonly string[], run: Run): Promise<TransportResponse> {
  run.meter.onRequest()
  const response = await run.context.transport.send({
    url: target.url,
    hostname: target.hostname,
    addresses,
    ...run.wire,
    maxWireBytes: run.limits.maxBytes + WIRE_ALLOWANCE,
    signal: run.signal,
  })
  const length = Number(response.headers.get('content-length') ?? 0)
  if (run.wire.method !== 'HEAD' && length > run.limits.maxBytes) {
    response.discard()
    throw tooLarge(run.limits.maxBytes)
  }
  return response
}

async function follow(first: Target, run: Run): Promise<{ target: Target; response: TransportResponse }> {
  const addresses = await pinAddresses(first, run.context, run.signal)
  let target = first
  for (let redirects = 0; ; redirects += 1) {
    const response = await sendOnce(target, addresses, run)
    if (!REDIRECTS.has(response.status)) return { target, response }
    response.discard()
    const isAllowed = run.limits.redirect === 'same-origin' && ['GET', 'HEAD'].includes(run.wire.method)
    if (!isAllowed) throw new NetworkError('COMITY_NET_REDIRECT', 'the answer is a redirect')
    if (redirects === MAX_REDIRECTS)
      throw new NetworkError('COMITY_NET_REDIRECT', 'there are too many redirects')
    target = redirectTarget(response, target, run.context)
  }
}

/**
 * Sends one request, follows what redirects are allowed, and reads the body, all within the limits.
 *
 * @param ending - Aborted with a {@link NetworkError} by whoever ends the exchange early; the limits on time abort
 *   it too.
 */
export async function exchange(
  target: Target,
  wire: WireRequest,
  limits: ExchangeLimits,
  meter: Meter,
  ending: AbortController,
  context: FetchContext,
): Promise<GuardedResponse> {
  const { signal } = ending
  const { timeoutMs, firstByteTimeoutMs } = limits
  const cancelTotal = context.timers.after(timeoutMs, () => {
    ending.abort(timedOut('the request', timeoutMs))
  })
  const cancelFirstByte = context.timers.after(firstByteTimeoutMs, () => {
    ending.abort(timedOut('the head of the answer', firstByteTimeoutMs))
  })
  let release: (() => void) | undefined
  try {
    release = await context.slots.acquire(target.url.host, signal)
    const { target: last, response } = await follow(target, { wire, limits, meter, signal, context })
    cancelFirstByte()
    const body = await readBody(response, limits.maxBytes, meter)
    return { url: last.url.href, status: response.status, headers: response.headers, body }
  } catch (error) {
    // Whatever broke because of an abort, the abort is the cause.
    throw signal.aborted ? signal.reason : context.transport.explain(error, target.hostname)
  } finally {
    cancelTotal()
    cancelFirstByte()
    release?.()
  }
}
