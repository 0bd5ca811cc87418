import type { FetchBudget } from './budget.ts'
import type { PeerCheck } from './peer.ts'
import type { TransportConnection } from './transport/transport.ts'

/** The methods that a guarded fetch sends. */
export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** What one request asks for, and what it may cost. */
export interface GuardedRequest {
  /** Defaults to `GET`. */
  readonly method?: HttpMethod
  /** Names in any case. Those that steer the connection, such as `host` or `content-length`, are not the caller's. */
  readonly headers?: Readonly<Record<string, string>>
  /** Text is sent as UTF-8. */
  readonly body?: Uint8Array | string
  /** Most bytes of the answer's body, counted after decompression. Defaults to 65 536; at most 64 MiB. */
  readonly maxBytes?: number
  /** Milliseconds for everything, from the call to the last byte. Defaults to 5000; at most 120 000. */
  readonly timeoutMs?: number
  /** Milliseconds from the call to the answer's head. Defaults to `timeoutMs`. */
  readonly firstByteTimeoutMs?: number
  /**
   * What a redirect means: `refuse` (the default) fails; `same-origin` follows up to three, `GET` and `HEAD`
   * only, that stay at the origin.
   */
  readonly redirect?: 'refuse' | 'same-origin'
  /**
   * Whether an identical `GET` that is under way may answer this one as well. Defaults to `true`; `false` is for
   * who must know what is true now, and not a moment ago.
   */
  readonly share?: boolean
  /**
   * Judges the server by its certificates. The host's name is then not compared, and no other roots count. The
   * connection serves this request and its redirects only, each anew, and the answer no other request.
   */
  readonly peer?: PeerCheck
  /** Shared bounds of several requests. */
  readonly budget?: FetchBudget
  /** Ends the request early. */
  readonly signal?: AbortSignal
}

/** A request for a body that has no end of its own, such as server-sent events. */
export interface GuardedStreamRequest {
  /** Defaults to `GET`. */
  readonly method?: HttpMethod
  /** As in {@link GuardedRequest}. */
  readonly headers?: Readonly<Record<string, string>>
  /** Text is sent as UTF-8. */
  readonly body?: Uint8Array | string
  /** Milliseconds from the call to the answer's head. Defaults to 5000; at most 120 000. */
  readonly timeoutMs?: number
  /** Milliseconds to wait for the next piece of the body. Defaults to 60 000; at most 600 000. */
  readonly idleTimeoutMs?: number
  /** Shared bounds of several requests; the body's bytes count as they arrive. */
  readonly budget?: FetchBudget
  /** Ends the request, or the stream, early. */
  readonly signal?: AbortSignal
}

/** The part of a request that goes over the wire, checked. */
export interface WireRequest {
  readonly method: HttpMethod
  /** Lower-case names, in order of name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly peer?: PeerCheck
  /** The one connection to send it over. */
  readonly connection?: TransportConnection
}

const METHODS: readonly string[] = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
] satisfies HttpMethod[]

// A `host` of the caller's would also change whose certificate is accepted.
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

function checkHeaders(headers: Readonly<Record<string, string>>): [string, string][] {
  const entries = Object.entries(headers).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    value,
  ])
  for (const [name, value] of entries) {
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) throw new TypeError('request.headers has a malformed name')
    if (RESERVED_HEADERS.has(name)) throw new TypeError(`request.headers must not set \`${name}\``)
    if (!/^[\t\x20-\x7e]*$/.test(value))
      throw new TypeError(`request.headers has a malformed value for \`${name}\``)
  }
  if (new Set(entries.map(([name]) => name)).size !== entries.length) {
    throw new TypeError('request.headers names a header twice')
  }
  return entries.sort(([a], [b]) => (a < b ? -1 : 1))
}

/**
 * Checks method, headers and body of a request.
 *
 * @param acceptEncoding - Value of the `accept-encoding` header to send.
 * @throws {TypeError} The method is not one of {@link HttpMethod}, a header is malformed, set twice or not the
 *   caller's to set, or a `GET` or `HEAD` has a body.
 */
export function readWireRequest(
  request: GuardedRequest | GuardedStreamRequest,
  acceptEncoding: string,
): WireRequest {
  const { method = 'GET', headers = {}, body } = request
  if (!METHODS.includes(method)) throw new TypeError('request.method is not supported')
  if (body !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw new TypeError(`request.body is not possible with ${method}`)
  }
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body
  return {
    method,
    headers: Object.fromEntries([...checkHeaders(headers), ['accept-encoding', acceptEncoding]]),
    ...(bytes === undefined ? {} : { body: bytes }),
  }
}

/**
 * Reads a bound that a caller may set.
 *
 * @throws {TypeError} The value is not an integer from 1 to `most`.
 */
export function readBound(name: string, value: number | undefined, fallback: number, most: number): number {
  if (value === undefined) return fallback
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new TypeError(`${name} must be an integer from 1 to ${String(most)}`)
  }
  return value
}
