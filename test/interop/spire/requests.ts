import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer, request, type Agent, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { peerIdOf, tlsServerOptions, type TlsServerRules } from '../../../src/spiffe/tls.ts'

/** An HTTPS server that tells each client who it is. */
export interface PeerServer {
  readonly port: number
  /** Why clients were refused. */
  readonly refusals: readonly string[]
  close(): Promise<void>
}

export async function startPeerServer(rules: TlsServerRules): Promise<PeerServer> {
  const options = tlsServerOptions(rules)
  const server: Server = options.secure(
    createServer(options, (incoming, response) => {
      response.end(peerIdOf(tlsSocketOf(incoming)).uri)
    }),
  )
  // It must not close a connection at the moment that a client uses it again: that would be nobody's failure.
  server.keepAliveTimeout = 0
  const refusals: string[] = []
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', (error: Error & { code?: string }) =>
    refusals.push(error.code ?? error.message),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    refusals,
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** Asks such a server, and says who it is and who it says that we are. */
export async function ask(
  agent: Agent,
  port: number,
): Promise<{ readonly server: string; readonly client: string }> {
  const outgoing = request({ host: '127.0.0.1', port, agent, path: '/' })
  outgoing.end()
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const server = peerIdOf(tlsSocketOf(response)).uri
  let client = ''
  for await (const piece of response) client += String(piece)
  return { server, client }
}

function tlsSocketOf({ socket }: IncomingMessage): TLSSocket {
  if (socket instanceof TLSSocket) return socket
  throw new TypeError('the connection is not a secure one')
}
