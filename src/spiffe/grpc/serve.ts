import { createServer, type Server as TlsServer, type TLSSocket } from 'node:tls'
import { ServerCredentials, type Server } from '@grpc/grpc-js'
import type { SpiffeId } from '../spiffe-id.ts'
import { peerIdOf } from '../tls/peer.ts'
import { tlsServerOptions, type TlsServerRules } from '../tls/server.ts'

/** The part of a call in a gRPC handler that says where it comes from. */
export interface GrpcCall {
  /** The address and port of the client. */
  getPeer(): string
}

/** The port of a gRPC server that is secure. */
export interface GrpcListener {
  /** Listens, closes, and emits `tlsClientError` for those who are refused. */
  readonly server: TlsServer
  /**
   * Says who calls, within a handler.
   *
   * @throws {TypeError} When clients are not asked who they are, or the call came in another way.
   */
  readonly peerIdOf: (call: GrpcCall) => SpiffeId
}

/**
 * Puts a gRPC server behind TLS with X.509-SVIDs, see `tlsServerOptions`; it needs no `bindAsync`.
 *
 * @param grpc - The gRPC server.
 * @param rules - Who it is, and whom it lets in.
 * @returns What listens: `serveGrpc(grpc, rules).server.listen(port)`.
 * @throws {TypeError} As `tlsServerOptions`.
 */
export function serveGrpc(grpc: Server, rules: TlsServerRules): GrpcListener {
  const options = tlsServerOptions(rules)
  // Its own connections are those that TLS let through, and no port of it is open.
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure())
  const open = new Map<string, TLSSocket>()
  const server = createServer({ ...options, ALPNProtocols: ['h2'] }, (socket) => {
    const peer = addressOf(socket)
    open.set(peer, socket)
    socket.once('close', () => open.delete(peer))
    injector.injectConnection(socket)
  })
  server.once('close', () => injector.destroy())
  return Object.freeze({
    server: options.secure(server),
    peerIdOf: (call: GrpcCall) => {
      const socket = open.get(call.getPeer())
      if (socket === undefined) throw new TypeError('the call came over no connection of this listener')
      return peerIdOf(socket)
    },
  })
}

function addressOf({ remoteAddress = '', remotePort = 0 }: TLSSocket): string {
  return `${remoteAddress}:${String(remotePort)}`
}
