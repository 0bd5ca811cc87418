import { NetworkError } from '../../errors/index.ts'
import type { Transport } from './transport.ts'

function refuse(): NetworkError {
  return new NetworkError('COMITY_NET_UNPINNED', 'this runtime cannot pin a connection to a checked address')
}

/**
 * The transport of runtimes that cannot pin a connection, such as workers and browsers.
 *
 * A name that was checked could lead elsewhere when it is connected to, so every request is refused with
 * `COMITY_NET_UNPINNED`.
 */
export function createTransport(): Transport {
  return {
    resolveHost: () => Promise.reject(refuse()),
    send: () => Promise.reject(refuse()),
    connect: () => {
      throw refuse()
    },
    explain: (error) => (error instanceof NetworkError ? error : refuse()),
    close: () => undefined,
  }
}
