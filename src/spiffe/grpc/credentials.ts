import { isIP, type Socket } from 'node:net'
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js'
import { connectTls, type TlsClientRules } from '../tls/client.ts'
import { checkPeerRules } from '../tls/judge-peer.ts'

type CreateConnector = ChannelCredentials['_createSecureConnector']
type Connector = ReturnType<CreateConnector>

class SpiffeCredentials extends ChannelCredentials {
  readonly #rules: TlsClientRules

  constructor(rules: TlsClientRules) {
    super()
    this.#rules = rules
  }

  override _isSecure(): boolean {
    return true
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other
  }

  override _createSecureConnector(...[target, , calls]: Parameters<CreateConnector>): Connector {
    const credentials = calls ?? CallCredentials.createEmpty()
    return {
      connect: (socket) => secure(this.#rules, socket, target.path),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => credentials,
      destroy: () => undefined,
    }
  }
}

/**
 * Makes the credentials of a gRPC channel: each new connection has the SVID of its moment, and the server is judged as
 * by `tlsClientOptions`. A call to a server that is refused fails with `UNAVAILABLE`.
 *
 * @param rules - Who one is and whom one connects to.
 * @throws {TypeError} When a rule is missing.
 */
export function createGrpcCredentials(rules: TlsClientRules): ChannelCredentials {
  checkPeerRules(rules)
  return new SpiffeCredentials(rules)
}

async function secure(
  rules: TlsClientRules,
  socket: Socket,
  target: string,
): ReturnType<Connector['connect']> {
  const host = target.replace(/:\d+$/, '')
  const isName = isIP(host) === 0 && /^[a-z0-9.-]+$/i.test(host)
  const tls = connectTls(rules, { socket, ALPNProtocols: ['h2'], ...(isName && { servername: host }) })
  await new Promise<void>((resolve, reject) => {
    tls.once('error', reject)
    tls.once('close', () => reject(new TypeError('the connection was closed')))
    tls.once('secureConnect', resolve)
  })
  return { socket: tls, secure: true }
}
