import type { ClientRequestArgs } from 'node:http'
import { Agent, type AgentOptions } from 'node:https'
import type { SecureClientSessionOptions } from 'node:http2'
import { isIP } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { connectTls, type TlsClientRules } from './client.ts'
import { checkPeerRules } from './judge-peer.ts'

class SpiffeAgent extends Agent {
  readonly #rules: TlsClientRules

  constructor(rules: TlsClientRules, options: AgentOptions) {
    super({ ...options, maxCachedSessions: 0 })
    this.#rules = rules
  }

  /** Called by Node for each new connection. */
  override createConnection(options: ClientRequestArgs): TLSSocket {
    return connectTls(this.#rules, options as ConnectionOptions)
  }
}

/**
 * Makes an agent for `https.request`: each new connection has the SVID of its moment, and is judged as by
 * `tlsClientOptions`. `request.socket` is what `peerIdOf` takes.
 *
 * @param rules - Who one is and whom one connects to.
 * @param options - Such as `keepAlive`. A connection that is kept stays what it was when it began.
 * @throws {TypeError} When a rule is missing.
 */
export function createTlsAgent(rules: TlsClientRules, options: AgentOptions = {}): Agent {
  checkPeerRules(rules)
  return new SpiffeAgent(rules, options)
}

/**
 * Makes the options of `http2.connect`.
 *
 * @throws {TypeError} When a rule is missing.
 */
export function http2ClientOptions(
  rules: TlsClientRules,
): Required<Pick<SecureClientSessionOptions, 'createConnection'>> {
  checkPeerRules(rules)
  return { createConnection: (authority) => connectTls(rules, whereTo(authority, ['h2'])) }
}

/** What undici tells a connector. */
export interface ConnectorRequest {
  /** The host, without brackets. */
  readonly hostname: string
  /** `https:`; nothing else is connected to. */
  readonly protocol: string
  /** Empty for 443. */
  readonly port: string
  /** What to ask the server for, where it is not the host. */
  readonly servername?: string | undefined
}

/** What undici waits for. */
export type ConnectorCallback = (
  ...args: [error: null, socket: TLSSocket] | [error: Error, socket: null]
) => void

/**
 * Makes a connector for undici: `new Agent({ connect: createTlsConnector(rules) })`, the dispatcher of a `fetch`.
 *
 * @throws {TypeError} When a rule is missing.
 */
export function createTlsConnector(
  rules: TlsClientRules,
): (request: ConnectorRequest, callback: ConnectorCallback) => void {
  checkPeerRules(rules)
  return (request, callback) => {
    let socket: TLSSocket
    try {
      if (request.protocol !== 'https:') throw new TypeError('only `https` is connected to')
      socket = connectTls(rules, whereTo(request, ['http/1.1']))
    } catch (error) {
      callback(error instanceof Error ? error : new TypeError('the source threw something else'), null)
      return
    }
    const fail = (error: Error): void => callback(error, null)
    socket.once('error', fail).once('secureConnect', () => {
      socket.off('error', fail)
      callback(null, socket)
    })
  }
}

function whereTo(
  { hostname, port, servername }: Pick<ConnectorRequest, 'hostname' | 'port' | 'servername'>,
  protocols: readonly string[],
): ConnectionOptions {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const name = servername ?? host
  return {
    host,
    port: port === '' ? 443 : Number(port),
    ALPNProtocols: [...protocols],
    ...(isIP(name) === 0 && { servername: name }),
  }
}
