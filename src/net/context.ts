import { NetworkError } from '../errors/index.ts'
import type { Timers } from '../runtime/index.ts'
import { classifyAddress } from './address.ts'
import type { HostSlots } from './host-slots.ts'
import type { Target } from './target.ts'
import type { Transport } from './transport/transport.ts'

/** Looks up every address of a name; rejects when there is none. */
export type HostResolver = (hostname: string) => Promise<readonly string[]>

/** What all requests of one guarded fetch share. */
export interface FetchContext {
  readonly transport: Transport
  readonly resolveHost: HostResolver
  readonly slots: HostSlots
  readonly timers: Timers
  readonly openOrigins: ReadonlySet<string>
}

const MAX_ADDRESSES = 32
const LOOPBACK_ADDRESSES: readonly string[] = ['127.0.0.1', '::1']

/** The failure of a limit on time. */
export function timedOut(what: string, ms: number): NetworkError {
  return new NetworkError('COMITY_NET_TIMEOUT', `${what} took too long`, { details: { ms } })
}

/** The failure of a caller who gave up. */
export function aborted(): NetworkError {
  return new NetworkError('COMITY_NET_ABORTED', 'the request was aborted')
}

/** Settles as the promise does, or rejects with the signal's reason if that comes first. */
export function raceSignal<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      reject(signal.reason as Error)
    }
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', giveUp)
    })
  })
}

async function lookUp(
  hostname: string,
  context: FetchContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    return await raceSignal(context.resolveHost(hostname), signal)
  } catch (error) {
    throw signal.aborted ? signal.reason : context.transport.explain(error, hostname)
  }
}

/**
 * Finds the addresses that a target's connection may go to: one look-up, and every answer must pass.
 *
 * An opened `localhost` name is not looked up: it is loopback by definition.
 *
 * @throws {NetworkError} `COMITY_NET_ADDRESS_NOT_ALLOWED` when one of the addresses is not public;
 *   `COMITY_NET_UNREACHABLE` when the look-up fails or finds nothing.
 * @see {@link https://www.rfc-editor.org/rfc/rfc6761#section-6.3 | RFC 6761 §6.3}
 */
export async function pinAddresses(
  target: Target,
  context: FetchContext,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { hostname } = target
  if (target.isAddress) return [hostname]
  if (target.isLoopback) return LOOPBACK_ADDRESSES
  const addresses = await lookUp(hostname, context, signal)
  if (addresses.length === 0 || addresses.length > MAX_ADDRESSES) {
    throw new NetworkError('COMITY_NET_UNREACHABLE', 'the host has no address, or too many', {
      details: { host: hostname, addresses: addresses.length },
    })
  }
  if (!addresses.every((address) => classifyAddress(address) === 'public')) {
    throw new NetworkError(
      'COMITY_NET_ADDRESS_NOT_ALLOWED',
      'the name leads to an address that is not public',
      {
        details: { host: hostname },
      },
    )
  }
  return addresses
}
