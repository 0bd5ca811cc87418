import type { IncomingMessage } from 'node:http'
import ipaddr from 'ipaddr.js'

/** Headers of the connection, not of the request, and `host`, which nobody shall be tempted to believe. */
const NOT_FORWARDED = new Set([
  'host',
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
])

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
const WITHOUT_BODY = new Set(['GET', 'HEAD'])

/** The client's mistake, as an HTTP status. Never leaves this adapter. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** The client went away before its request was whole. Never leaves this adapter. */
export class ClientGone extends Error {
  override readonly name = 'ClientGone'
}

/**
 * Reads a whole request into a Web `Request`.
 *
 * @param incoming - Node's request.
 * @param options - The public origin, the body's limit in bytes, and the signal that the client went away.
 * @throws {RequestRefused} With 400, 413, 421 or 501.
 * @throws {ClientGone} When the connection ends before the body does.
 */
export async function readRequest(
  incoming: IncomingMessage,
  options: { readonly origin: string; readonly maxBodyBytes: number; readonly signal: AbortSignal },
): Promise<Request> {
  const { method = '' } = incoming
  if (!METHODS.has(method)) throw new RequestRefused(501, 'the method is not supported')
  const url = targetUrl(incoming.url ?? '', options.origin)
  const body = await readBody(incoming, options.maxBodyBytes)
  if (body !== undefined && body.length > 0 && WITHOUT_BODY.has(method)) {
    throw new RequestRefused(400, 'this method has no body')
  }
  return new Request(url, {
    method,
    headers: webHeaders(incoming),
    signal: options.signal,
    ...(body === undefined || WITHOUT_BODY.has(method) ? {} : { body }),
  })
}

/**
 * The absolute URL of a request target: origin-form, or absolute-form of the same origin (RFC 9112 §3.2).
 *
 * The origin is put in front as text: resolving `//other.example/` against a base would change the host.
 */
function targetUrl(target: string, origin: string): string {
  const absolute = target.startsWith('/') ? origin + target : target
  if (absolute.includes('#') || !URL.canParse(absolute)) {
    throw new RequestRefused(400, 'the request target is not a path')
  }
  const url = new URL(absolute)
  if (url.origin !== origin || url.username !== '' || url.password !== '') {
    throw new RequestRefused(421, 'the request is for another origin')
  }
  return url.href
}

function webHeaders(incoming: IncomingMessage): Headers {
  const headers = new Headers()
  const { rawHeaders } = incoming
  try {
    // Raw, so that a header sent twice shows as two values joined; Node would drop the second of some.
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      const name = (rawHeaders[index] ?? '').toLowerCase()
      if (!NOT_FORWARDED.has(name)) headers.append(name, rawHeaders[index + 1] ?? '')
    }
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new RequestRefused(400, 'a header is malformed')
  }
  return headers
}

async function readBody(
  incoming: IncomingMessage,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const { 'content-length': declared, 'transfer-encoding': coding } = incoming.headers
  if (declared === undefined && coding === undefined) return undefined
  if (Number(declared ?? 0) > limit) throw new RequestRefused(413, 'the body is too large')
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let size = 0
    function take(chunk: Uint8Array): void {
      size += chunk.length
      if (size <= limit) {
        chunks.push(chunk)
        return
      }
      incoming.off('data', take)
      chunks.length = 0
      reject(new RequestRefused(413, 'the body is too large'))
    }
    function gone(): void {
      reject(new ClientGone('the client went away'))
    }
    incoming.on('data', take)
    incoming.once('end', () => {
      incoming.off('close', gone)
      resolve(new Uint8Array(Buffer.concat(chunks)))
    })
    incoming.once('error', gone)
    incoming.once('close', gone)
  })
}

/**
 * Names where a request came from, for limits for each source: an IPv4 address, or the /64 network of an
 * IPv6 address, since whoever has one address there has them all.
 */
export function sourceOf(incoming: IncomingMessage): string {
  return sourceOfAddress(incoming.socket.remoteAddress)
}

/** As {@link sourceOf}, of a socket's address; `unknown` where it has none any more. */
export function sourceOfAddress(remoteAddress: string | undefined): string {
  const address = remoteAddress?.replace(/%.*$/, '')
  if (address === undefined || !ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const network = ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`)
  return `${network.toString()}/64`
}
