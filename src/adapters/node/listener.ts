import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Channel } from '../../handshake/index.ts'
import { channelOf } from './channel.ts'
import { ClientGone, readRequest, RequestRefused, sourceOf } from './incoming.ts'
import { writeProblem, writeResponse } from './outgoing.ts'

const DEFAULT_MAX_BODY_BYTES = 262_144
const DEFAULT_STALL_MS = 30_000

/** What the listener knows of a request that is not in the `Request`. */
export interface RequestContext {
  /**
   * Where the connection comes from: an IPv4 address, or the /64 network of an IPv6 address (`2001:db8::/64`).
   * Read from the socket, never from a header.
   */
  readonly source: string
  /**
   * The TLS 1.3 connection that brought the request, and the SVID that its client has proven there: a gateway holds the
   * channel binding of a handshake against it. Not there on older TLS. Where a proxy ends TLS and opens it anew, this is
   * the proxy's connection, and the gateway's demand should say `channel: { binding: 'off' }`.
   */
  readonly channel?: Channel
}

/** A Web handler. Its request's signal is aborted when the client goes away before the response is sent. */
export type WebHandler = (request: Request, context: RequestContext) => Promise<Response>

/** What `http.createServer` takes. */
export type NodeListener = (incoming: IncomingMessage, outgoing: ServerResponse) => void

/** How {@link toNodeListener} reads requests and writes responses. */
export interface NodeListenerOptions {
  /** The public origin, such as `https://agents.acme.example`. Every request's URL starts with it. */
  readonly origin: string
  /** The largest body in bytes. It is read into memory. Defaults to 262144. */
  readonly maxBodyBytes?: number
  /** For how many milliseconds a client may take no byte of its response. Defaults to 30000. */
  readonly stallMs?: number
  /** When aborted, open event streams end, and every further response closes its connection. */
  readonly closing?: AbortSignal
  /** Is told what the handler, or its response's body, threw. Defaults to nothing. */
  readonly onError?: (error: unknown) => void
}

/**
 * Makes a listener for Node's HTTP servers out of a Web handler.
 *
 * A request is refused before the handler sees it, with an empty problem document, when its method is not one
 * of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS (501), its target is not a path (400) or is of another origin
 * (421), or its body is over the limit (413). What the handler throws becomes a 500 that says nothing; after the
 * response's head is sent it cuts the connection. Response bodies are read as fast as the client takes them, and
 * are cancelled when it goes away.
 *
 * @param handler - Answers requests.
 * @param options - See {@link NodeListenerOptions}.
 * @throws {TypeError} An option is missing or out of range.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9112#section-3.2 | RFC 9112 §3.2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9457 | RFC 9457}
 */
export function toNodeListener(handler: WebHandler, options: NodeListenerOptions): NodeListener {
  const settings = checkOptions(handler, options)
  return (incoming, outgoing) => {
    // A connection that breaks is told by `close`; without a listener the error would end the process.
    outgoing.on('error', () => undefined)
    incoming.on('error', () => undefined)
    void answer(incoming, outgoing, settings)
  }
}

type Settings = Required<Pick<NodeListenerOptions, 'origin' | 'maxBodyBytes' | 'stallMs'>> & {
  readonly handler: WebHandler
  readonly closing: AbortSignal | undefined
  readonly report: (error: unknown) => void
}

function checkOptions(handler: WebHandler, options: NodeListenerOptions): Settings {
  const {
    origin,
    maxBodyBytes = DEFAULT_MAX_BODY_BYTES,
    stallMs = DEFAULT_STALL_MS,
    closing,
    onError,
  } = options
  if (typeof handler !== 'function') throw new TypeError('handler must be a function')
  if (typeof origin !== 'string' || !URL.canParse(origin) || new URL(origin).origin !== origin) {
    throw new TypeError('options.origin must be an origin such as `https://agents.acme.example`')
  }
  if (!origin.startsWith('https://')) throw new TypeError('options.origin must be of https')
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 0) {
    throw new TypeError('options.maxBodyBytes must be a whole number of bytes')
  }
  if (!(stallMs >= 1 && stallMs <= 600_000)) throw new TypeError('options.stallMs must be 1 to 600000')
  return { handler, origin, maxBodyBytes, stallMs, closing, report: quietly(onError) }
}

function quietly(onError: ((error: unknown) => void) | undefined): (error: unknown) => void {
  return (error) => {
    try {
      onError?.(error)
    } catch {
      // A broken reporter must not take the server down.
    }
  }
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  settings: Settings,
): Promise<void> {
  const { handler, report, stallMs, closing } = settings
  const gone = new AbortController()
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) gone.abort()
  })
  try {
    const request = await readRequest(incoming, { ...settings, signal: gone.signal })
    const response = await handler(request, { source: sourceOf(incoming), ...channelContext(incoming) })
    await writeResponse(outgoing, response, { headOnly: incoming.method === 'HEAD', stallMs, closing })
  } catch (error) {
    await fail(incoming, outgoing, error, report)
  } finally {
    if (closing?.aborted === true) incoming.socket.end()
  }
}

function channelContext(incoming: IncomingMessage): Pick<RequestContext, 'channel'> {
  const channel = channelOf(incoming)
  return channel === undefined ? {} : { channel }
}

async function fail(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  error: unknown,
  report: (error: unknown) => void,
): Promise<void> {
  const refused = error instanceof RequestRefused ? error : undefined
  // Nobody is there to be told, and the handler's own AbortError is not news.
  if (error instanceof ClientGone || (outgoing.destroyed && refused === undefined)) return
  if (refused === undefined) report(error)
  if (outgoing.headersSent) outgoing.destroy()
  else await writeProblem(incoming, outgoing, refused?.status ?? 500)
}
