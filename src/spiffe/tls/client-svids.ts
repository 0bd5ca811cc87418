import { constants } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Server, TlsOptions, TLSSocket } from 'node:tls'
import { peerChain } from '../../net/index.ts'
import { authorizeAny } from '../authorizer.ts'
import { judgeChain, type PeerRules } from './judge-peer.ts'
import { notePeer } from './peer.ts'

/** Whose SVIDs a server takes that does not insist on one. */
export interface ClientSvidRules extends Pick<PeerRules, 'bundles' | 'clock'> {
  /** Decides about a client whose SVID verifies. Defaults to all of them: that it verifies gives it nothing yet. */
  readonly authorize?: PeerRules['authorize']
}

/** For `node:tls` and `node:https`. Without {@link ClientSvidOptions.secure} no client is believed. */
export interface ClientSvidOptions extends Required<
  Pick<TlsOptions, 'requestCert' | 'rejectUnauthorized' | 'secureOptions'>
> {
  /**
   * Makes a server judge its clients that was created with these options, before it listens.
   *
   * @returns The same server.
   */
  readonly secure: <Secured extends Server>(server: Secured) => Secured
}

/**
 * Makes the options of a server of the web, with a certificate of the web, that asks clients for an X.509-SVID and lets
 * in those without one. Who shows one is judged by it as by `tlsServerOptions`, with the bundles of that moment, before
 * any listener of `secureConnection`, and so HTTP, sees the connection; a client whose certificate is not an SVID that
 * verifies is refused. `peerSvidOf` then has it.
 *
 * OpenSSL sees to it that the client has the key of its certificate. It is not told of any authority: the path is judged
 * here alone.
 *
 * @throws {TypeError} When `bundles` is no source.
 */
export function clientSvidOptions(rules: ClientSvidRules): ClientSvidOptions {
  if (typeof rules.bundles.getBundle !== 'function')
    throw new TypeError('rules.bundles must be a source of bundles')
  const judged: PeerRules = { ...rules, authorize: rules.authorize ?? authorizeAny() }
  return {
    requestCert: true,
    rejectUnauthorized: false,
    // A session that is resumed would bring a certificate from before, without its chain.
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
    secure: (server) => guard(server, judged),
  }
}

function guard<Secured extends Server>(server: Secured, rules: PeerRules): Secured {
  const emit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean
  // Not a listener, as in `tlsServerOptions`: others may stand before it.
  server.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event !== 'secureConnection') return emit(event, ...args)
    const socket = args[0] as TLSSocket
    try {
      admit(socket, rules)
    } catch (error) {
      const refused: Duplex = socket
      refused.on('error', () => undefined).destroy()
      emit('tlsClientError', error, socket)
      return true
    }
    return emit(event, ...args)
  }
  return server
}

function admit(socket: TLSSocket, rules: PeerRules): void {
  const chain = peerChain(socket.getPeerCertificate(true))
  if (chain.length > 0) notePeer(socket, judgeChain(chain, rules))
}
