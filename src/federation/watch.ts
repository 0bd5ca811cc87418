import { encodeBase64url } from '../encoding/index.ts'
import { NetworkError, VerificationError } from '../errors/index.ts'
import type { FetchBudget, GuardedFetch, GuardedRequest } from '../net/index.ts'
import { sha256, type Clock, type Timers } from '../runtime/index.ts'
import {
  watchBundle,
  type BundleEndpoint,
  type BundleFetchEvent,
  type BundleWatcher,
  type WatchBundleOptions,
} from '../spiffe/federation.ts'
import { parseTrustBundle, type TrustBundle } from '../spiffe/index.ts'
import type { TrustDomainClaim } from './claim.ts'
import type { FederationLog, FederationLogEntry } from './log.ts'

/** The most bytes of a bundle that is learned, so that a stranger's costs no more than that to keep. */
export const MAX_LEARNED_BUNDLE_BYTES: number = 1024 * 1024

/** What bundles are fetched with. */
export interface WatchTools {
  readonly fetch: GuardedFetch
  readonly clock: Clock
  readonly timers: Timers
  readonly log: FederationLog
}

/** The bounds of one look-up. */
export interface Bounds {
  readonly budget: FetchBudget
  readonly signal?: AbortSignal
}

/**
 * Gets the bundle of a claim that is believed, from its endpoint, and keeps it new. Where the endpoint authenticates by
 * an SVID, the bundle that is held is what it is judged by; without one, the first bundle of the claim, whose digest
 * must fit.
 *
 * @param held - The bundle that this trust domain has here, if it has one.
 * @returns A watcher that has a bundle from the endpoint. Later requests are not bounded by `bounds`.
 * @throws {VerificationError} `COMITY_BUNDLE_DIGEST`; `COMITY_BUNDLE_ROLLBACK` when the endpoint's bundle is older than the
 *   one before; the codes of `fetchBundle`.
 * @throws {NetworkError} The first bundle is not served with 200, and the codes of the guarded fetch.
 */
export async function startWatcher(
  claim: TrustDomainClaim,
  held: TrustBundle | undefined,
  tools: WatchTools & { readonly organization: string },
  bounds: Bounds,
): Promise<BundleWatcher> {
  let current: Partial<Bounds> = bounds
  const fetch = boundedFetch(tools.fetch, () => current)
  const initial = held ?? (await fetchFirst(claim, fetch))
  const watcher = watch(claim, initial, { ...tools, fetch })
  try {
    // It has begun to poll, and this waits for it.
    await watcher.refresh()
    current = {}
    return watcher
  } catch (error) {
    watcher.close()
    throw error
  }
}

/** Keeps a bundle new that was remembered. */
export function resumeWatcher(
  claim: TrustDomainClaim,
  bundle: TrustBundle,
  tools: WatchTools & { readonly organization: string },
): BundleWatcher {
  return watch(claim, bundle, { ...tools, fetch: boundedFetch(tools.fetch, () => ({})) })
}

function watch(
  claim: TrustDomainClaim,
  initial: TrustBundle | undefined,
  { fetch, clock, timers, log, organization }: WatchTools & { readonly organization: string },
): BundleWatcher {
  const start: Pick<WatchBundleOptions, 'bundle'> = initial === undefined ? {} : { bundle: initial }
  return watchBundle({
    ...start,
    trustDomain: claim.trustDomain,
    url: claim.bundleEndpoint,
    profile: profileOf(claim, initial),
    fetch,
    clock,
    timers,
    log: (event) => {
      log({ ...toEntry(event), organization })
    },
  })
}

/** How the endpoint is authenticated; where by an SVID, by the newest bundle, and by `initial` as long as there is none. */
function profileOf(
  { endpointSpiffeId }: TrustDomainClaim,
  initial: TrustBundle | undefined,
): BundleEndpoint['profile'] {
  if (endpointSpiffeId === undefined) return { type: 'https_web' }
  return { type: 'https_spiffe', endpointId: endpointSpiffeId, bundles: { getBundle: () => initial } }
}

/** A guarded fetch all of whose answers are small enough to be learned. */
function boundedFetch(fetch: GuardedFetch, bounds: () => Partial<Bounds>): GuardedFetch {
  const get = (url: string, { maxBytes = MAX_LEARNED_BUNDLE_BYTES, ...request }: GuardedRequest = {}) => {
    const { budget, signal = request.signal } = bounds()
    return fetch(url, {
      ...request,
      maxBytes: Math.min(maxBytes, MAX_LEARNED_BUNDLE_BYTES),
      ...(budget !== undefined && { budget }),
      ...(signal !== undefined && { signal }),
    })
  }
  return Object.assign(get, { stream: fetch.stream.bind(fetch), close: () => undefined })
}

async function fetchFirst(
  { trustDomain, firstBundle }: TrustDomainClaim,
  fetch: GuardedFetch,
): Promise<TrustBundle | undefined> {
  if (firstBundle === undefined) return undefined
  const { status, body } = await fetch(firstBundle.url, { headers: { accept: 'application/json' } })
  if (status !== 200) {
    throw new NetworkError('COMITY_NET_RESPONSE_INVALID', 'the first bundle was not served', {
      details: { status },
    })
  }
  if (encodeBase64url(sha256(body)) !== firstBundle.sha256) {
    throw new VerificationError('COMITY_BUNDLE_DIGEST', 'the first bundle is not the one that was named', {
      spec: 'Comity federation §4',
      details: { trustDomain: trustDomain.name },
    })
  }
  return parseTrustBundle(trustDomain, body)
}

function toEntry(event: BundleFetchEvent): FederationLogEntry {
  const { trustDomain, url, outcome, code, endpointId, sequenceBefore, sequenceAfter } = event
  return {
    level: outcome === 'failed' ? 'warn' : 'info',
    event: `bundle.${outcome}`,
    trustDomain,
    ...(code !== undefined && { code }),
    details: {
      url,
      ...(endpointId !== undefined && { endpointId }),
      ...(sequenceBefore !== undefined && { sequenceBefore: String(sequenceBefore) }),
      ...(sequenceAfter !== undefined && { sequenceAfter: String(sequenceAfter) }),
    },
  }
}
