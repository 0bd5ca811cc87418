import { createServer, type Server } from 'node:https'
import { isIPv6, type AddressInfo, type Socket } from 'node:net'
import { TLS_SUITES } from '../../net/index.ts'
import { systemTimers } from '../../runtime/index.ts'
import { clientSvidOptions, type ClientSvidOptions, type ClientSvidRules } from '../../spiffe/tls.ts'
import { sourceOfAddress } from './incoming.ts'
import { toNodeListener, type NodeListenerOptions, type WebHandler } from './listener.ts'

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])
const MAX_HEADER_BYTES = 16_384
const MAX_HEADERS = 100
const HANDSHAKE_TIMEOUT_MS = 10_000
const HEADERS_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 5000
const CHECK_INTERVAL_MS = 1000
const DEFAULT_REQUEST_TIMEOUT_MS = 30_000
const DEFAULT_GRACE_MS = 1000
const DEFAULT_MAX_CONNECTIONS = 1024
const DEFAULT_MAX_CONNECTIONS_PER_ADDRESS = 128

/** What {@link serveHttps} serves, where, and within which limits. */
export interface ServeHttpsOptions extends Omit<NodeListenerOptions, 'origin' | 'closing'> {
  /** Answers requests. */
  readonly handler: WebHandler
  /** The private key in PEM. */
  readonly key: string
  /** The certificate in PEM, followed by its intermediates. */
  readonly cert: string
  /** The port; 0 takes a free one. */
  readonly port: number
  /** The address to listen on. Defaults to `127.0.0.1`: being reachable from elsewhere has to be asked for. */
  readonly host?: string
  /**
   * The public origin, where it differs from the address. Defaults to `https://localhost:PORT` on loopback and
   * to `https://HOST:PORT` elsewhere.
   */
  readonly origin?: string
  /** How long a client may take to send a whole request, in milliseconds, 1000 to 600000. Defaults to 30000. */
  readonly requestTimeoutMs?: number
  /** How many connections at once; further ones are dropped. Defaults to 1024. */
  readonly maxConnections?: number
  /**
   * How many of them from one IPv4 address, or one /64 network of IPv6, 1 to 1000000; further ones are dropped. Defaults
   * to 128. Behind a proxy that passes connections on, all come from the proxy.
   */
  readonly maxConnectionsPerAddress?: number
  /**
   * Asks clients for an X.509-SVID, and whose to take. A client without one goes on; one whose certificate does not
   * verify is refused. Defaults to not asking.
   */
  readonly clientSvids?: ClientSvidRules
  /** For how many milliseconds `close` waits for requests under way, 0 to 60000. Defaults to 1000. */
  readonly graceMs?: number
}

/** A server that listens. */
export interface HttpsServer {
  /** The public origin, such as `https://localhost:8443`. */
  readonly origin: string
  /** The port that is listened on. */
  readonly port: number
  /**
   * Stops listening, ends event streams at once, and cuts what is still under way after the grace period.
   * Calling it again returns the same promise.
   *
   * @returns Resolves when no connection is left.
   */
  close(): Promise<void>
}

/**
 * Serves a Web handler over TLS 1.3 (1.2 for those who have no better) and HTTP/1.1.
 *
 * Limits that are not options: 10 s for the TLS handshake, 10 s for a request's head, 16 KiB and 100 headers for
 * a head, 5 s for a connection that idles. See {@link toNodeListener} for what happens to a request.
 *
 * @param options - See {@link ServeHttpsOptions}.
 * @throws {TypeError} An option is missing or out of range.
 * @throws {Error} Node's own error when the key does not fit the certificate or the address cannot be had.
 */
export async function serveHttps(options: ServeHttpsOptions): Promise<HttpsServer> {
  const { host = '127.0.0.1', port, graceMs = DEFAULT_GRACE_MS } = options
  checkOptions(options)
  const { secure, ...clients } = clientOptions(options)
  const server = createServer({ ...serverOptions(options), ...clients })
  secure?.(server)
  server.maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS
  server.maxHeadersCount = MAX_HEADERS
  server.timeout = 0
  const maxPerAddress = options.maxConnectionsPerAddress ?? DEFAULT_MAX_CONNECTIONS_PER_ADDRESS
  const sockets = trackSockets(server, maxPerAddress)
  const closing = new AbortController()

  await listen(server, host, port)
  const { port: actualPort } = server.address() as AddressInfo
  const origin = options.origin ?? defaultOrigin(host, actualPort)
  try {
    server.on('request', toNodeListener(options.handler, { ...options, origin, closing: closing.signal }))
  } catch (error) {
    server.close()
    throw error
  }

  let closed: Promise<void> | undefined
  function close(): Promise<void> {
    closed ??= new Promise((resolve) => {
      const cancel = systemTimers.after(graceMs, () => {
        for (const socket of sockets) socket.destroy()
      })
      server.close(() => {
        cancel()
        resolve()
      })
      closing.abort()
      server.closeIdleConnections()
    })
    return closed
  }

  return Object.freeze({ origin, port: actualPort, close })
}

function checkOptions(options: ServeHttpsOptions): void {
  const { port, requestTimeoutMs, maxConnections, maxConnectionsPerAddress, graceMs } = options
  if (typeof options.key !== 'string' || typeof options.cert !== 'string') {
    throw new TypeError('options.key and options.cert must be PEM texts')
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new TypeError('options.port must be 0 to 65535')
  checkRange('requestTimeoutMs', requestTimeoutMs, 1000, 600_000)
  checkRange('maxConnections', maxConnections, 1, 1_000_000)
  checkRange('maxConnectionsPerAddress', maxConnectionsPerAddress, 1, 1_000_000)
  checkRange('graceMs', graceMs, 0, 60_000)
}

function checkRange(name: string, value: number | undefined, least: number, most: number): void {
  if (value !== undefined && !(value >= least && value <= most)) {
    throw new TypeError(`options.${name} must be ${String(least)} to ${String(most)}`)
  }
}

function clientOptions({ clientSvids }: ServeHttpsOptions): Partial<ClientSvidOptions> {
  return clientSvids === undefined ? {} : clientSvidOptions(clientSvids)
}

function serverOptions(options: ServeHttpsOptions): Parameters<typeof createServer>[0] & object {
  const requestTimeout = options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS
  return {
    key: options.key,
    cert: options.cert,
    minVersion: 'TLSv1.2',
    ciphers: TLS_SUITES,
    honorCipherOrder: true,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeout),
    requestTimeout,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
  }
}

/**
 * All sockets, those still in their TLS handshake included, which Node's own list leaves out. Drops those that are too
 * many from one address: else whoever has one address could take all connections that there are.
 */
function trackSockets(server: Server, maxPerAddress: number): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  const counts = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const source = sourceOfAddress(socket.remoteAddress)
    const count = counts.get(source) ?? 0
    if (count >= maxPerAddress) {
      socket.destroy()
      return
    }
    counts.set(source, count + 1)
    sockets.add(socket)
    socket.once('close', () => {
      sockets.delete(socket)
      const left = (counts.get(source) ?? 1) - 1
      if (left === 0) counts.delete(source)
      else counts.set(source, left)
    })
  })
  return sockets
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function defaultOrigin(host: string, port: number): string {
  const name = LOOPBACK.has(host) ? 'localhost' : isIPv6(host) ? `[${host}]` : host
  return new URL(`https://${name}:${String(port)}`).origin
}
