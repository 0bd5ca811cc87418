import { PolicyError } from '../errors/index.ts'
import type { Cancel, Clock, Timers } from '../runtime/index.ts'
import type { TrustBundle, TrustDomain } from '../spiffe/index.ts'
import type { BundleWatcher } from '../spiffe/federation.ts'
import type { AttestationTools } from './attestation.ts'
import { taken, type BeliefRule } from './belief.ts'
import type { BundlePusher } from './bundle-sink.ts'
import type { FederationLog } from './log.ts'
import type { TrustDomainRecord, TrustDomainRecords } from './records.ts'

/** A change of what is trusted. */
export interface TrustDomainChange {
  /** It was learned, has another bundle by now, or is trusted no longer. */
  readonly type: 'learned' | 'updated' | 'ended'
  /** Which trust domain. */
  readonly trustDomain: TrustDomain
  /** The DID that holds it, or held it. */
  readonly organization: string
  /** Its bundle; absent when it has ended. */
  readonly bundle?: TrustBundle
  /** Why it has ended: `asked`, `evicted`, `unconfirmed`, `forgotten`, or a code. */
  readonly reason?: string
}

/** A trust domain that is held, and what keeps its bundle new. */
export interface Holding extends Omit<TrustDomainRecord, 'bundle'> {
  readonly watcher: BundleWatcher
}

/** What all parts of a federation share. */
export interface Context {
  readonly tools: AttestationTools & { readonly clock: Clock; readonly timers: Timers }
  readonly rule: BeliefRule
  readonly records: TrustDomainRecords
  readonly pusher: BundlePusher | undefined
  readonly log: FederationLog
  readonly listeners: Set<(change: TrustDomainChange) => void>
  /** By the trust domain's name, the one used longest ago first. */
  readonly holdings: Map<string, Holding>
  readonly maxTrustDomains: number
  readonly whenFull: 'refuse' | 'evict'
  /** Whether nothing is learned any more. */
  readonly isClosed: () => boolean
  /** Runs one task after the other: what is held, remembered and pushed stays the same. */
  readonly exclusive: <Value>(task: () => Promise<Value>) => Promise<Value>
}

/**
 * Makes sure that a DID may hold a trust domain, as far as what is held here goes.
 *
 * @throws {PolicyError} `COMITY_TRUST_DOMAIN_TAKEN`, `COMITY_TRUST_DOMAIN_CHANGED`, `COMITY_TRUST_DOMAIN_LIMIT`.
 */
export function checkHolder(context: Context, organization: string, trustDomain: TrustDomain): void {
  const { holdings, maxTrustDomains } = context
  const held = holdings.get(trustDomain.name)
  if (held !== undefined && held.organization !== organization) throw taken(trustDomain, 'another-did')
  const other = [...holdings.values()].find((each) => each.organization === organization)
  if (other !== undefined && other !== held) {
    throw new PolicyError('COMITY_TRUST_DOMAIN_CHANGED', 'the DID holds another trust domain here', {
      spec: 'Comity federation §3',
      details: { held: other.claim.trustDomain.name, trustDomain: trustDomain.name },
    })
  }
  const isFull = held === undefined && holdings.size >= maxTrustDomains
  if (isFull && evictable(context) === undefined) {
    throw new PolicyError('COMITY_TRUST_DOMAIN_LIMIT', 'no more trust domains are learned here', {
      details: { most: maxTrustDomains },
    })
  }
}

/** The trust domain that goes when another one comes: never one that was pinned. */
export function evictable({ holdings, whenFull }: Context): Holding | undefined {
  if (whenFull === 'refuse') return undefined
  return [...holdings.values()].find(({ belief }) => belief.because !== 'pinned')
}

/** The bundle of a trust domain, while what it is believed by lasts. */
export function bundleOf({ holdings, tools }: Context, { name }: TrustDomain): TrustBundle | undefined {
  const held = holdings.get(name)
  if (held === undefined || isOver(held, tools.clock)) return undefined
  // Used, so that it is the last to go.
  holdings.delete(name)
  holdings.set(name, held)
  return held.watcher.getBundle(held.claim.trustDomain)
}

/** Whether what a trust domain is believed by has come to its end. */
export function isOver({ belief }: Pick<Holding, 'belief'>, clock: Clock): boolean {
  return belief.because === 'attested' && belief.until <= clock.now()
}

/** Tells who listens. What a listener throws is logged. */
export function tell({ listeners, log }: Context, change: TrustDomainChange): void {
  const { type, trustDomain, organization, reason } = change
  const { name } = trustDomain
  const details = reason === undefined ? {} : { details: { reason } }
  log({ level: 'info', event: `trust-domain.${type}`, trustDomain: name, organization, ...details })
  for (const listener of [...listeners]) {
    try {
      listener(Object.freeze({ ...change }))
    } catch {
      log({ level: 'error', event: 'trust-domain.listener', trustDomain: name })
    }
  }
}

/** Hears of changes until it is cancelled. */
export function listen({ listeners }: Context, listener: (change: TrustDomainChange) => void): Cancel {
  const own = (change: TrustDomainChange): void => {
    listener(change)
  }
  listeners.add(own)
  return () => {
    listeners.delete(own)
  }
}
