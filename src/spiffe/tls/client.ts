import { connect, type ConnectionOptions, type PeerCertificate, type TLSSocket } from 'node:tls'
import type { VerifiedX509Svid } from '../x509-svid.ts'
import { tlsMaterial, type X509SvidSource } from './context.ts'
import { authoritiesFor, checkPeerRules, judgePeer, type PeerRules } from './judge-peer.ts'
import { notePeer } from './peer.ts'

/** Who one is and whom one connects to. */
export interface TlsClientRules extends PeerRules {
  /** Where one's own SVID comes from. Without it the server does not learn who connects. */
  readonly source?: X509SvidSource
}

/** For `node:tls`, and as the options of an agent: of one moment, and not to be kept. */
export interface TlsClientOptions extends ConnectionOptions {
  /** Agents keep no sessions: Node does not judge the server again when one is resumed. */
  readonly maxCachedSessions: 0
}

/**
 * Makes the options of one TLS connection to a server with an X.509-SVID.
 *
 * TLS is verified by OpenSSL, with the authorities of the bundles as its only roots, and then by the rules of
 * X.509-SVIDs, with the bundle of the server's own trust domain alone; then the authorizer decides. The name of the host
 * is not compared: a SPIFFE ID says who it is. All of it happens before a byte is sent.
 *
 * Take fresh ones for each connection, or `connectTls`, which does and also lets `peerIdOf` say who answered.
 *
 * @returns What `tls.connect` takes. A connection that is refused fails with the `ComityError` that says why, or with
 *   Node's error where OpenSSL refused it first.
 * @throws {TypeError} When a rule is missing.
 * @throws What `source.getX509Svid` throws.
 */
export function tlsClientOptions(rules: TlsClientRules): TlsClientOptions {
  return optionsFor(rules, () => undefined)
}

/**
 * Connects to a server with an X.509-SVID; see {@link tlsClientOptions}.
 *
 * @param rules - Who one is and whom one connects to.
 * @param options - Where to, as for `tls.connect`. What it says about certificates and their verification is overridden.
 * @returns A socket; `peerIdOf` answers as soon as it has emitted `secureConnect`.
 * @throws {TypeError} When a rule is missing.
 * @throws What `source.getX509Svid` throws.
 */
export function connectTls(rules: TlsClientRules, options: ConnectionOptions): TLSSocket {
  const socket: TLSSocket = connect({ ...options, ...optionsFor(rules, (svid) => notePeer(socket, svid)) })
  return socket
}

function optionsFor(rules: TlsClientRules, note: (svid: VerifiedX509Svid) => void): TlsClientOptions {
  checkPeerRules(rules)
  const { context } = tlsMaterial(rules.source?.getX509Svid(), authoritiesFor(rules))
  return {
    secureContext: context,
    rejectUnauthorized: true,
    checkServerIdentity: (_host: string, peer: PeerCertificate) =>
      refusalOf(() => note(judgePeer(peer, rules))),
    // Said, though it is the default: what an agent remembers does not come in here.
    session: undefined,
    maxCachedSessions: 0,
  }
}

function refusalOf(judge: () => void): Error | undefined {
  try {
    judge()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new TypeError('the authorizer threw something else than an error')
  }
}
