import { Agent, type RequestOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import { createSecureContext, rootCertificates, type SecureContext, type TLSSocket } from 'node:tls'
import { NetworkError } from '../../errors/index.ts'
import type { ClientCertificate, Exporter, TransportConnection } from './transport.ts'

type OnCreated = (error: Error | null, socket: Duplex) => void

/** Makes one connection, and none after it: what was bound to the first must not go over a second. */
class SingleAgent extends Agent {
  // Private: Node's agent has members of its own, such as `protocol`.
  #socket: TLSSocket | undefined
  #isTls13 = false

  constructor() {
    super({ keepAlive: true, maxSockets: 1, maxCachedSessions: 0 })
  }

  /** One key for all requests: their addresses were looked up anew, and the connection is the same. */
  override getName(): string {
    return 'single'
  }

  override createConnection(options: RequestOptions, onCreated?: OnCreated): Duplex | null | undefined {
    if (this.#socket !== undefined) {
      const ended = new NetworkError(
        'COMITY_NET_UNREACHABLE',
        'the connection has ended, and is not replaced',
      )
      onCreated?.(ended, this.#socket)
      return undefined
    }
    const socket = super.createConnection(options, onCreated) as TLSSocket
    socket.once('secureConnect', () => {
      this.#isTls13 = socket.getProtocol() === 'TLSv1.3'
    })
    this.#socket = socket
    return socket
  }

  /** The socket, once TLS 1.3 has been agreed on. Asked of it later, one that has ended would not know. */
  get tls13(): TLSSocket | undefined {
    return this.#isTls13 ? this.#socket : undefined
  }

  override destroy(): void {
    super.destroy()
    this.#socket?.destroy()
  }
}

/** A connection, and what a request's options are overridden with that goes over it. */
export interface NodeConnection extends TransportConnection {
  /** Makes the one connection. */
  readonly agent: Agent
  /** What verifies the server, and has the client's certificate; undefined for the same as all connections have. */
  readonly secureContext: SecureContext | undefined
}

/**
 * Makes a connection that is not opened yet.
 *
 * @param ca - Roots to trust beside the platform's, in PEM.
 */
export function createConnection(
  ca: readonly string[],
  certificate: ClientCertificate | undefined,
): NodeConnection {
  const agent = new SingleAgent()
  return {
    agent,
    secureContext: certificate && createSecureContext({ ca: [...rootCertificates, ...ca], ...certificate }),
    exporter: () => exporterOf(agent.tls13),
    close: () => agent.destroy(),
  }
}

function exporterOf(socket: TLSSocket | undefined): Exporter | undefined {
  // Runtimes that resemble Node may lack the exporter. The one of TLS 1.2 does not depend on the whole handshake.
  if (socket === undefined || !('exportKeyingMaterial' in socket)) return undefined
  return (length, label, context) => {
    try {
      const bytes = new Uint8Array(socket.exportKeyingMaterial(length, label, Buffer.from(context)))
      if (bytes.length === length) return bytes // a socket that has ended throws, or gives nothing
    } catch (cause) {
      throw new NetworkError('COMITY_NET_UNREACHABLE', 'the connection has ended', { cause })
    }
    throw new NetworkError('COMITY_NET_UNREACHABLE', 'the connection has ended')
  }
}
