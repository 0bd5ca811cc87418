import { createTransport } from '#net/transport'
import { systemTimers, type Timers } from '../runtime/index.ts'
import type { ConnectionRequest, GuardedConnection, GuardedConnectionOptions } from './connection.ts'
import { aborted, type FetchContext, type HostResolver } from './context.ts'
import { exchange, type ExchangeLimits, type GuardedResponse } from './exchange.ts'
import { createFlight, type Flight } from './flight.ts'
import { createSlots } from './host-slots.ts'
import {
  readBound,
  readWireRequest,
  type GuardedRequest,
  type GuardedStreamRequest,
  type WireRequest,
} from './request.ts'
import { openStream, type GuardedStream } from './stream.ts'
import { insecureAllowLoopback, parseLoopbackOrigins, parseTarget } from './target.ts'

/** What a guarded fetch is made with. */
export interface GuardedFetchOptions {
  /** Exact origins on this machine that may be fetched from; for tests and demonstrations. */
  readonly [insecureAllowLoopback]?: readonly string[]
  /** Roots to trust beside the platform's, in PEM. */
  readonly ca?: string | readonly string[]
  /** Looks up the addresses of a name, once for each request. Defaults to the platform's. */
  readonly resolveHost?: HostResolver
  /** Requests at once towards one host. Defaults to 6; at most 64. */
  readonly maxConcurrentPerHost?: number
  /** Requests that may wait for one host. Defaults to 256; at most 65 536. */
  readonly maxWaitingPerHost?: number
  /**
   * Requests at once towards all hosts together, streams counted until their answer begins: whoever names many hosts
   * gets no more sockets and look-ups out of us than this. Defaults to 256; at most 4096.
   */
  readonly maxConcurrent?: number
  /** Requests that may wait, their host being free, for others to end. Defaults to 2048; at most 65 536. */
  readonly maxWaiting?: number
  /** Most bytes of an answer's head. Defaults to 16 384; at most 65 536. */
  readonly maxHeaderBytes?: number
  /** Defaults to the system's timers. */
  readonly timers?: Timers
}

/**
 * Fetches from strangers. The one way by which Comity follows a URL that somebody else chose.
 *
 * @throws {NetworkError} `COMITY_NET_URL_NOT_ALLOWED` when the URL is not plain `https`;
 *   `COMITY_NET_ADDRESS_NOT_ALLOWED` when it leads to an address that is not public; `COMITY_NET_UNPINNED` when
 *   the runtime cannot pin connections; `COMITY_NET_UNREACHABLE`, `COMITY_NET_TLS`, `COMITY_NET_TIMEOUT`,
 *   `COMITY_NET_TOO_LARGE`, `COMITY_NET_REDIRECT`, `COMITY_NET_RESPONSE_INVALID`, `COMITY_NET_BUDGET`,
 *   `COMITY_NET_ABORTED` when it does not end well within its limits.
 * @throws {TypeError} The request is malformed or a limit is out of range.
 */
export interface GuardedFetch {
  /** Fetches a whole answer. Identical `GET`s that are under way at once share one request. */
  (url: string, request?: GuardedRequest): Promise<GuardedResponse>
  /** Opens an answer that has no end, without limits on size and total time but with one on silence. */
  stream(url: string, request?: GuardedStreamRequest): Promise<GuardedStream>
  /**
   * Makes a connection of one's own to the origin of a URL. Nothing is connected to yet. A fetch that somebody has wrapped
   * need not have it: nothing can be bound to a connection then.
   *
   * @throws {NetworkError} `COMITY_NET_URL_NOT_ALLOWED`, `COMITY_NET_ADDRESS_NOT_ALLOWED`, `COMITY_NET_UNPINNED`.
   */
  connect?(url: string, options?: GuardedConnectionOptions): GuardedConnection
  /** Closes idle connections. Requests can still be made afterwards. */
  close(): void
}

const MIB = 1 << 20
const REDIRECT_MODES: readonly string[] = ['refuse', 'same-origin']

function readLimits(request: GuardedRequest): ExchangeLimits {
  const timeoutMs = readBound('request.timeoutMs', request.timeoutMs, 5000, 120_000)
  const redirect = request.redirect ?? 'refuse'
  if (!REDIRECT_MODES.includes(redirect)) throw new TypeError('request.redirect is not supported')
  return {
    maxBytes: readBound('request.maxBytes', request.maxBytes, 65_536, 64 * MIB),
    timeoutMs,
    firstByteTimeoutMs: readBound(
      'request.firstByteTimeoutMs',
      request.firstByteTimeoutMs,
      timeoutMs,
      timeoutMs,
    ),
    redirect,
  }
}

function createContext(options: GuardedFetchOptions): FetchContext {
  const { ca = [], timers = systemTimers } = options
  const transport = createTransport({
    ca: typeof ca === 'string' ? [ca] : ca,
    maxHeaderBytes: readBound('options.maxHeaderBytes', options.maxHeaderBytes, 16_384, 65_536),
  })
  return {
    transport,
    resolveHost: options.resolveHost ?? ((hostname) => transport.resolveHost(hostname)),
    slots: createSlots(
      {
        concurrent: readBound('options.maxConcurrentPerHost', options.maxConcurrentPerHost, 6, 64),
        waiting: readBound('options.maxWaitingPerHost', options.maxWaitingPerHost, 256, 65_536),
      },
      {
        concurrent: readBound('options.maxConcurrent', options.maxConcurrent, 256, 4096),
        waiting: readBound('options.maxWaiting', options.maxWaiting, 2048, 65_536),
      },
    ),
    timers,
    openOrigins: parseLoopbackOrigins(options[insecureAllowLoopback] ?? []),
  }
}

/**
 * Makes a guarded fetch.
 *
 * Each request is `https` without user information; its host is looked up once, every address found must be
 * public, and the connection can only go to one of them. TLS is verified always, also on loopback. Redirects
 * are refused or kept to the origin. Sizes count after decompression, times from the call.
 *
 * Connections are kept for four idle seconds, apart by name and by the addresses that were checked.
 *
 * @throws {TypeError} An option is malformed or out of range.
 */
export function createGuardedFetch(options: GuardedFetchOptions = {}): GuardedFetch {
  const context = createContext(options)
  const flights = new Map<string, Flight>()

  function takeOff(text: string, wire: WireRequest, limits: ExchangeLimits, isShared: boolean): Flight {
    const target = parseTarget(text, context.openOrigins)
    const key = JSON.stringify([target.url.href, wire.headers, limits])
    const current = isShared ? flights.get(key) : undefined
    if (current !== undefined) return current
    const land = (): void => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    const flight = createFlight(async (meter, ending) => {
      // Nobody may join a flight that is being aborted: it would fail for another caller's reason.
      ending.signal.addEventListener('abort', land, { once: true })
      return exchange(target, wire, limits, meter, ending, context).finally(land)
    }, context.timers)
    if (isShared) flights.set(key, flight)
    return flight
  }

  const guardedFetch = async (url: string, request: GuardedRequest = {}): Promise<GuardedResponse> => {
    const { peer } = request
    const wire = { ...readWireRequest(request, 'gzip, deflate, br'), ...(peer !== undefined && { peer }) }
    if (request.signal?.aborted === true) throw aborted()
    const isShared = wire.method === 'GET' && request.share !== false && peer === undefined
    return takeOff(url, wire, readLimits(request), isShared).join(request.budget, request.signal)
  }
  function connect(text: string, { certificate }: GuardedConnectionOptions = {}): GuardedConnection {
    const { origin } = parseTarget(text, context.openOrigins).url
    const connection = context.transport.connect(certificate)
    return Object.freeze({
      async fetch(url: string, request: ConnectionRequest = {}) {
        if (!URL.canParse(url) || new URL(url).origin !== origin) {
          throw new TypeError('the connection is for another origin')
        }
        const wire = { ...readWireRequest(request, 'gzip, deflate, br'), connection }
        if (request.signal?.aborted === true) throw aborted()
        return takeOff(url, wire, readLimits(request), false).join(request.budget, request.signal)
      },
      get exportKeyingMaterial() {
        return connection.exporter()
      },
      close: () => connection.close(),
    })
  }
  return Object.assign(guardedFetch, {
    connect,
    stream: (url: string, request: GuardedStreamRequest = {}) => openStream(url, request, context),
    close: () => {
      context.transport.close()
    },
  })
}
