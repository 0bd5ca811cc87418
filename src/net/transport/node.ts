import { lookup } from 'node:dns/promises'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { request as sendHttps } from 'node:https'
import { isIP } from 'node:net'
import type { SecureContext } from 'node:tls'
import { createRoots, guardPeer, PinnedAgent, pinnedLookup, type PinnedOptions } from './node-agent.ts'
import { createConnection, type NodeConnection } from './node-connection.ts'
import { decodeBody } from './node-decode.ts'
import { explainNodeError, hasCode } from './node-errors.ts'
import { judgedConnection } from './node-peer.ts'
import type {
  Transport,
  TransportConnection,
  TransportOptions,
  TransportRequest,
  TransportResponse,
} from './transport.ts'

interface Connections {
  readonly agent: PinnedAgent
  readonly roots: SecureContext | undefined
  readonly maxHeaderBytes: number
}

function readHeaders(message: IncomingMessage): Headers {
  const headers = new Headers()
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    headers.append(message.rawHeaders[index] ?? '', message.rawHeaders[index + 1] ?? '')
  }
  return headers
}

function toResponse(message: IncomingMessage, request: TransportRequest): TransportResponse {
  const headers = readHeaders(message)
  const status = message.statusCode ?? 0
  const hasBody = request.method !== 'HEAD' && status !== 204 && status !== 304
  const body = hasBody ? decodeBody(message, headers, request.maxWireBytes) : message
  const discard = (): void => {
    message.destroy()
  }
  return { status, headers, body, discard }
}

function toNodeOptions(request: TransportRequest, connections: Connections): PinnedOptions {
  const { url, hostname, addresses } = request
  return {
    agent: connections.agent,
    pinnedTo: addresses.join(),
    method: request.method,
    hostname,
    port: url.port === '' ? 443 : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: request.headers,
    servername: isIP(hostname) === 0 ? hostname : '',
    lookup: pinnedLookup(addresses),
    maxHeaderSize: connections.maxHeaderBytes,
    // Said here because NODE_TLS_REJECT_UNAUTHORIZED=0 would otherwise switch the check off.
    rejectUnauthorized: true,
    ...(connections.roots === undefined ? {} : { secureContext: connections.roots }),
    ...(request.peer === undefined ? {} : judgedConnection(request.peer, hostname)),
    ...(request.connection === undefined ? {} : ownConnection(request.connection)),
  }
}

/** What is overridden for a request over a connection of its own. The connection was made by this transport. */
function ownConnection(connection: TransportConnection): {
  readonly agent: NodeConnection['agent']
  readonly secureContext?: SecureContext
} {
  const { agent, secureContext } = connection as NodeConnection
  return { agent, ...(secureContext === undefined ? {} : { secureContext }) }
}

async function headOf(outgoing: ClientRequest, request: TransportRequest): Promise<IncomingMessage> {
  guardPeer(outgoing, request.addresses)
  const abort = (): void => {
    // Without a reason: Node may have let go of the socket already, and nobody would catch what it emits.
    outgoing.destroy()
  }
  request.signal.addEventListener('abort', abort, { once: true })
  return new Promise((resolve, reject) => {
    // Deno's `destroy` does nothing to a request on a connection that was kept, until there is an answer.
    const giveUp = (): void => {
      outgoing.socket?.destroy()
      reject(request.signal.reason as Error)
    }
    request.signal.addEventListener('abort', giveUp, { once: true })
    outgoing.once('response', (message) => {
      // By the time of a later abort the connection may serve another request.
      request.signal.removeEventListener('abort', giveUp)
      resolve(message)
    })
    outgoing.on('error', reject)
    outgoing.end(request.body)
  })
}

async function attempt(request: TransportRequest, options: PinnedOptions): Promise<TransportResponse> {
  request.signal.throwIfAborted()
  const outgoing = sendHttps(options)
  let message: IncomingMessage
  try {
    message = await headOf(outgoing, request)
  } catch (error) {
    // The server closed a kept connection just as it was used again. Only repeatable requests are repeated.
    const isStale =
      outgoing.reusedSocket && hasCode(error, 'ECONNRESET') && !request.signal.aborted && !request.connection
    if (!isStale || !['GET', 'HEAD'].includes(request.method)) throw error
    return attempt(request, { ...options, agent: false })
  }
  try {
    return toResponse(message, request)
  } catch (error) {
    message.destroy()
    throw error
  }
}

/**
 * Node's transport: `node:https` with connections pinned by `lookup`, kept alive, and TLS always verified.
 *
 * @throws {TypeError} `options.ca` is not PEM.
 */
export function createTransport(options: TransportOptions): Transport {
  const connections: Connections = {
    agent: new PinnedAgent(),
    roots: createRoots(options.ca),
    maxHeaderBytes: options.maxHeaderBytes,
  }
  return {
    async resolveHost(hostname) {
      const found = await lookup(hostname, { all: true, verbatim: true })
      return found.map(({ address }) => address)
    },
    connect: (certificate) => createConnection(options.ca, certificate),
    send: (request) => attempt(request, toNodeOptions(request, connections)),
    explain: explainNodeError,
    close: () => connections.agent.destroy(),
  }
}
