import type { IssuerTrust, StatusChecker } from '../credentials/index.ts'
import type { DidResolver } from '../did/index.ts'
import type { GuardedFetch } from '../net/index.ts'
import { systemClock, systemTimers, type Clock, type Timers } from '../runtime/index.ts'
import { createStatusChecker } from '../status/index.ts'
import type { Store } from '../store/index.ts'
import { createBeliefRule, type PinnedTrustDomain } from './belief.ts'
import { createBundlePusher, type BundleSink } from './bundle-sink.ts'
import type { Context } from './holdings.ts'
import type { FederationLog } from './log.ts'
import { createRecords } from './records.ts'

/** What a federation is made with. */
export interface TrustDomainFederationOptions {
  /** Resolves the DIDs. */
  readonly resolver: DidResolver
  /** Fetches bundles and credentials. */
  readonly fetch: GuardedFetch
  /** Says whose `TrustDomainCredential` is believed. */
  readonly trust: IssuerTrust
  /** Looks up their statuses. Defaults to a checker of published lists. */
  readonly status?: StatusChecker
  /** The own DID: credentials that are for others are not believed. */
  readonly audience?: string
  /** What is believed without more. Each trust domain here is then nobody else's. */
  readonly pinned?: readonly PinnedTrustDomain[]
  /** Trust domains that nobody may claim here: the own one, and those that are federated with by other means. */
  readonly reserved?: readonly string[]
  /** Remembers who holds what, and the bundles, across restarts and for every process that shares it. */
  readonly store?: Store
  /** Who else shall trust what is learned, such as the local SPIRE. */
  readonly sink?: BundleSink
  /** The most trust domains that are held at once, 1 to 65 536. Defaults to 1024. */
  readonly maxTrustDomains?: number
  /**
   * What becomes of another one then: `evict`, the default, ends the one that was used the longest ago and is not pinned;
   * `refuse` learns no more.
   */
  readonly whenFull?: 'refuse' | 'evict'
  /** Seconds after which each holder is asked again, 60 to 86 400. Defaults to 3600. */
  readonly confirmSeconds?: number
  /** Defaults to nowhere. */
  readonly log?: FederationLog
  /** Defaults to the system's clock. */
  readonly clock?: Clock
  /** Defaults to the system's timers. */
  readonly timers?: Timers
}

/** Whole seconds between two looks at the same holder. */
export function readConfirmSeconds({ confirmSeconds }: TrustDomainFederationOptions): number {
  return readBound('confirmSeconds', confirmSeconds, 3600, 60, 86_400)
}

/**
 * Makes what all parts of a federation share.
 *
 * @throws {TypeError} An option is missing, malformed or out of range.
 */
export function createContext(options: TrustDomainFederationOptions, isClosed: () => boolean): Context {
  const { resolver, fetch, trust, clock = systemClock, timers = systemTimers } = options
  const { log = () => undefined, sink, whenFull = 'evict' } = options
  if (typeof (resolver as DidResolver | undefined)?.resolveDocument !== 'function')
    throw new TypeError('options.resolver must be a DID resolver')
  if (typeof fetch !== 'function') throw new TypeError('options.fetch must be a guarded fetch')
  if (typeof (trust as IssuerTrust | undefined)?.judge !== 'function')
    throw new TypeError('options.trust must have a method judge')
  if (!['refuse', 'evict'].includes(whenFull)) throw new TypeError('options.whenFull is not supported')
  const tools = {
    resolver,
    fetch,
    trust,
    status: options.status ?? createStatusChecker({ fetch, resolver, clock }),
    clock,
    timers,
    ...(options.audience !== undefined && { audience: options.audience }),
  }
  const { pinned = [], reserved = [] } = options
  return Object.freeze({
    tools,
    rule: createBeliefRule({ ...tools, pinned, reserved }),
    records: createRecords(options.store),
    pusher: sink === undefined ? undefined : createBundlePusher(sink, { timers, log }),
    log,
    listeners: new Set<never>(),
    holdings: new Map<string, never>(),
    maxTrustDomains: readBound('maxTrustDomains', options.maxTrustDomains, 1024, 1, 65_536),
    whenFull,
    isClosed,
    exclusive: createExclusive(),
  })
}

function createExclusive(): Context['exclusive'] {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const run = last.then(task)
    last = run.catch(() => undefined)
    return run
  }
}

function readBound(
  name: string,
  value: number | undefined,
  fallback: number,
  least: number,
  most: number,
): number {
  const bound = value ?? fallback
  if (Number.isInteger(bound) && bound >= least && bound <= most) return bound
  throw new TypeError(`options.${name} must be an integer from ${String(least)} to ${String(most)}`)
}
