import { Agent } from 'node:https'
import { createSecureContext, type ConnectionOptions, type PeerCertificate } from 'node:tls'
import { ComityError, NetworkError } from '../../errors/index.ts'
import { peerChain, type PeerCheck } from '../peer.ts'

/** What a request's options are overridden with. */
export type JudgedOptions = Required<
  Pick<ConnectionOptions, 'secureContext' | 'rejectUnauthorized' | 'checkServerIdentity'>
> & { readonly agent: Agent }

/**
 * Makes the options of a connection whose server is judged by its certificates: by OpenSSL, which knows the peer's
 * authorities and no others, and then by the caller.
 *
 * The connection has an agent of its own: one that is kept, or a session that is resumed, would not be judged again.
 *
 * @param hostname - The host, for the details of an error.
 */
export function judgedConnection(peer: PeerCheck, hostname: string): JudgedOptions {
  return {
    agent: new Agent({ keepAlive: false, maxCachedSessions: 0 }),
    // Also without any authority: left out, the list would mean the web's roots.
    secureContext: createSecureContext({ ca: [...peer.authorities], allowPartialTrustChain: true }),
    rejectUnauthorized: true,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => judge(peer, certificate, hostname),
  }
}

function judge(peer: PeerCheck, certificate: PeerCertificate, hostname: string): Error | undefined {
  try {
    peer.check(peerChain(certificate))
    return undefined
  } catch (cause) {
    return new NetworkError('COMITY_NET_TLS', 'the server is not who it must be', {
      cause,
      details: { host: hostname, reason: cause instanceof ComityError ? cause.code : 'UNKNOWN' },
    })
  }
}
