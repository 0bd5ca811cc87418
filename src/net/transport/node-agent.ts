import { X509Certificate } from 'node:crypto'
import type { ClientRequest } from 'node:http'
import { Agent, type RequestOptions } from 'node:https'
import type { LookupFunction } from 'node:net'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { NetworkError } from '../../errors/index.ts'
import { isSameAddress } from '../address.ts'

/** An idle connection is closed after this time, which is below the 5 s that Node's servers allow. */
const IDLE_MS = 4000
const IDLE_CONNECTIONS_PER_HOST = 8
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** Options of a request that knows which addresses it may go to. */
export interface PinnedOptions extends RequestOptions {
  /** The checked addresses, as a part of the key under which the connection is kept. */
  readonly pinnedTo: string
}

/** Keeps connections, apart by the addresses that they were pinned to. */
export class PinnedAgent extends Agent {
  constructor() {
    super({ keepAlive: true, timeout: IDLE_MS, maxFreeSockets: IDLE_CONNECTIONS_PER_HOST })
  }

  /** The key under which a connection is kept. */
  override getName(options?: Partial<PinnedOptions>): string {
    return `${super.getName(options)}:${options?.pinnedTo ?? ''}`
  }
}

/**
 * Answers Node's question for a host's addresses with the checked ones.
 *
 * Node asks for one address or, when it tries several in parallel, for all of them.
 */
export function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  return (_hostname, { family = 0, all = false }, callback) => {
    const wanted = entries.filter((entry) => family === 0 || family === entry.family)
    const [first] = wanted
    if (first === undefined) {
      callback(Object.assign(new Error('no address of this family'), { code: 'ENOTFOUND' }), '', 4)
    } else if (all) callback(null, wanted)
    else callback(null, first.address, first.family)
  }
}

/**
 * Ends a connection, before TLS begins, that went to another address.
 *
 * Literals bypass `lookup`, and so might a runtime that only resembles Node.
 */
export function guardPeer(outgoing: ClientRequest, addresses: readonly string[]): void {
  outgoing.once('socket', (socket) => {
    if (!socket.connecting) return
    socket.once('connect', () => {
      const peer = socket.remoteAddress ?? ''
      if (addresses.some((address) => isSameAddress(address, peer))) return
      const message = 'the connection went to an address that was not checked'
      socket.destroy(new NetworkError('COMITY_NET_ADDRESS_NOT_ALLOWED', message))
    })
  })
}

/**
 * Makes what verifies TLS: Node's roots and some more, or `undefined` for Node's default.
 *
 * One context for all connections spares each the reading of a hundred and fifty roots.
 *
 * @throws {TypeError} `ca` is not PEM.
 */
export function createRoots(ca: readonly string[]): SecureContext | undefined {
  if (ca.length === 0) return undefined
  ca.forEach(checkPem)
  return createSecureContext({ ca: [...rootCertificates, ...ca] })
}

// Node passes over certificates that it cannot read.
function checkPem(pem: string): void {
  const certificates = pem.match(CERTIFICATE) ?? []
  if (certificates.length === 0) throw new TypeError('options.ca must be certificates in PEM')
  for (const certificate of certificates) {
    try {
      new X509Certificate(certificate)
    } catch (cause) {
      throw new TypeError('options.ca must be certificates in PEM', { cause })
    }
  }
}
