import type { Duplex } from 'node:stream'
import type { SecureContext, Server, TlsOptions, TLSSocket } from 'node:tls'
import { TLS_RULES, tlsMaterial, type TlsMaterial, type X509SvidSource } from './context.ts'
import { authoritiesFor, checkPeerRules, judgePeer, type PeerRules } from './judge-peer.ts'
import { notePeer } from './peer.ts'

/** Who a server is, and whom it lets in. */
export interface TlsServerRules {
  /** Where its own SVID comes from. */
  readonly source: X509SvidSource
  /** As {@link PeerRules}. With neither this nor `authorize` clients are not asked who they are. */
  readonly bundles?: PeerRules['bundles']
  /** As {@link PeerRules}. */
  readonly authorize?: PeerRules['authorize']
  /** Defaults to the system's. */
  readonly clock?: PeerRules['clock']
}

/** For `node:tls`, `node:https` and `node:http2`. Without {@link TlsServerOptions.secure} nobody can connect. */
export interface TlsServerOptions extends TlsOptions {
  /**
   * Makes a server secure that was created with these options, before it listens. Once for each server.
   *
   * @returns The same server.
   * @throws {TypeError} When it was done before.
   */
  readonly secure: <Secured extends Server>(server: Secured) => Secured
}

const secured = new WeakSet<Server>()

/**
 * Makes the options of a server that shows an X.509-SVID and, with `bundles` and `authorize`, wants one of its clients.
 *
 * Each new connection gets the SVID and the authorities of its moment; those that are open stay as they are. A client is
 * verified by OpenSSL, with the authorities of the bundles as its only roots, then by the rules of X.509-SVIDs, with the
 * bundle of the client's own trust domain alone; then the authorizer decides. No listener of `secureConnection`, and so
 * no HTTP, sees a connection that did not pass; the server emits `tlsClientError` for it, with the `ComityError` that
 * says why, or Node's where OpenSSL refused it first and the socket's `authorizationError` says why.
 *
 * @throws {TypeError} When there is only one of `bundles` and `authorize`, or as `tlsClientOptions`.
 */
export function tlsServerOptions({ source, bundles, authorize, clock }: TlsServerRules): TlsServerOptions {
  const rules = peerRules(bundles, authorize, clock)
  return {
    ...TLS_RULES,
    requestCert: rules !== undefined,
    rejectUnauthorized: true,
    secure: (server) => guard(server, source, rules),
  }
}

function peerRules(
  bundles: PeerRules['bundles'] | undefined,
  authorize: PeerRules['authorize'] | undefined,
  clock: PeerRules['clock'],
): PeerRules | undefined {
  if (bundles === undefined && authorize === undefined) return undefined
  if (bundles === undefined || authorize === undefined) {
    throw new TypeError('options.bundles and options.authorize go together')
  }
  const rules = { bundles, authorize, ...(clock !== undefined && { clock }) }
  checkPeerRules(rules)
  return rules
}

function guard<Secured extends Server>(
  server: Secured,
  source: X509SvidSource,
  rules: PeerRules | undefined,
): Secured {
  if (secured.has(server)) throw new TypeError('the server is secure already')
  secured.add(server)
  const emit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean
  let current: TlsMaterial | undefined

  const refresh = (): void => {
    const next = tlsMaterial(source.getX509Svid(), rules === undefined ? [] : authoritiesFor(rules))
    if (next !== current) install(server, next)
    current = next
  }
  const admit = (socket: TLSSocket): void => {
    if (rules !== undefined) notePeer(socket, judgePeer(socket.getPeerCertificate(true), rules))
  }
  const passes = (socket: Duplex, check: () => void): boolean => {
    try {
      check()
      return true
    } catch (error) {
      socket.on('error', () => undefined).destroy()
      emit('tlsClientError', error, socket)
      return false
    }
  }
  // Not a listener: others may stand before it, and HTTP/2 does not bear with a socket that is closed already.
  server.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    if (event === 'connection' && !passes(args[0] as Duplex, refresh)) return true
    if (event === 'secureConnection' && !passes(args[0] as Duplex, () => admit(args[0] as TLSSocket)))
      return true
    return emit(event, ...args)
  }
  return server
}

/** What a server keeps its context in. Node's `setSecureContext` leaves out that authorities need not be roots. */
interface ContextHolder {
  _sharedCreds?: SecureContext
}

function install(server: Server, { options, context }: TlsMaterial): void {
  server.setSecureContext(options)
  const holder = server as unknown as ContextHolder
  if (holder._sharedCreds !== undefined) holder._sharedCreds = context
}
