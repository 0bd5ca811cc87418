import type { IncomingMessage } from 'node:http'
import { TLSSocket } from 'node:tls'
import { TrustError } from '../../errors/index.ts'
import type { Channel } from '../../handshake/index.ts'
import { findPeerSvid } from '../../spiffe/tls.ts'

/**
 * The TLS 1.3 connection of a request, as its server knows it; undefined for others. Where a proxy stands before the
 * server, it is the proxy's connection.
 */
export function channelOf({ socket }: IncomingMessage): Channel | undefined {
  // The exporter of TLS 1.2 does not depend on the whole handshake. Runtimes that resemble Node may lack it.
  const canExport =
    socket instanceof TLSSocket && typeof Reflect.get(socket, 'exportKeyingMaterial') === 'function'
  if (!canExport || socket.getProtocol() !== 'TLSv1.3') return undefined
  const peerSvid = findPeerSvid(socket)
  return {
    exportKeyingMaterial(length, label, context) {
      try {
        const bytes = new Uint8Array(socket.exportKeyingMaterial(length, label, Buffer.from(context)))
        if (bytes.length === length) return bytes // a socket that has ended throws, or gives nothing
      } catch (cause) {
        throw new TrustError('COMITY_CHANNEL_BINDING_UNSUPPORTED', 'the connection has ended', { cause })
      }
      throw new TrustError('COMITY_CHANNEL_BINDING_UNSUPPORTED', 'the connection has ended')
    },
    ...(peerSvid === undefined ? {} : { peerSvid }),
  }
}
