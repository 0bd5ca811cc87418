import type { Socket } from 'node:net'
import type { SpiffeId } from '../spiffe-id.ts'
import { assertVerifiedX509Svid, type VerifiedX509Svid } from '../x509-svid.ts'

const peers = new WeakMap<object, VerifiedX509Svid>()

/** Notes who is at the other end of a connection. */
export function notePeer(socket: Socket, svid: VerifiedX509Svid): void {
  assertVerifiedX509Svid(svid)
  peers.set(socket, svid)
}

/**
 * Says who is at the other end of a connection: the SVID that was verified and authorized when it began.
 *
 * It is not looked at again while the connection lasts; see `expiresAt`.
 *
 * @param socket - Of a server that was made secure, or of `connectTls`, `createTlsAgent` or `http2ClientOptions`.
 *   `request.socket` in a handler of `node:https`; `session.socket` is a proxy in `node:http2`, `stream.session.socket`
 *   too: take the server's `secureConnection` event there.
 * @throws {TypeError} When nobody was verified there.
 */
export function peerSvidOf(socket: Socket): VerifiedX509Svid {
  const svid = peers.get(socket)
  if (svid === undefined) throw new TypeError('no SVID was verified on this connection')
  return svid
}

/** As {@link peerSvidOf}; undefined when nobody was verified there. */
export function findPeerSvid(socket: Socket): VerifiedX509Svid | undefined {
  return peers.get(socket)
}

/**
 * Says who is at the other end of a connection, as {@link peerSvidOf}.
 *
 * @throws {TypeError} When nobody was verified there.
 */
export function peerIdOf(socket: Socket): SpiffeId {
  return peerSvidOf(socket).id
}
