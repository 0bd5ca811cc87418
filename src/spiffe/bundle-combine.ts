import type { BundleSource } from './bundle-source.ts'
import type { TrustBundle } from './bundle.ts'
import type { TrustDomain } from './spiffe-id.ts'

/**
 * Makes one source of several: the own trust domain's, what was learned, what was pinned. For each trust domain the first
 * source that has a bundle of it answers, and the others are not looked at.
 *
 * The authorities of two sources for one trust domain are never put together. A union would accept an SVID that either
 * source vouches for, so the weakest source would decide for all of them, and an authority that the trust domain took out
 * of its bundle would count for as long as an older copy of the bundle is somewhere. So the order matters: first the
 * source that nobody else must be able to speak for. A later source does answer when an earlier one has no bundle any
 * more: trust in a trust domain has ended only when none of them has it.
 *
 * What the sources have is looked up at each call. `bundles` and `onUpdate` are there where all of the sources have them:
 * a list with gaps would pass for a whole one. Closing the sources remains with whoever opened them.
 *
 * @param sources - One or more, in the order in which they are asked.
 * @throws {TypeError} There is no source, or one of them is none.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md#73-bundle-endpoint-data-handling | SPIFFE-Federation §7.3}
 */
export function combineBundleSources(...sources: readonly BundleSource[]): BundleSource {
  const all = [...sources]
  if (all.length === 0) throw new TypeError('combineBundleSources needs a source')
  for (const source of all as readonly (Partial<BundleSource> | undefined)[]) {
    if (typeof source?.getBundle !== 'function')
      throw new TypeError('each argument must be a source of bundles')
  }
  return Object.freeze({
    getBundle: (trustDomain: TrustDomain) => firstBundle(all, trustDomain),
    ...(all.every(isListing) && { bundles: () => firstOfEach(all) }),
    ...(all.every(isTelling) && { onUpdate: (listener: () => void) => listenToAll(all, listener) }),
  })
}

type Listing = BundleSource & Required<Pick<BundleSource, 'bundles'>>
type Telling = BundleSource & Required<Pick<BundleSource, 'onUpdate'>>

const isListing = (source: BundleSource): source is Listing => source.bundles !== undefined
const isTelling = (source: BundleSource): source is Telling => source.onUpdate !== undefined

function firstBundle(sources: readonly BundleSource[], trustDomain: TrustDomain): TrustBundle | undefined {
  for (const source of sources) {
    const bundle = source.getBundle(trustDomain)
    if (bundle !== undefined) return bundle
  }
  return undefined
}

function firstOfEach(sources: readonly Listing[]): readonly TrustBundle[] {
  const found = new Map<string, TrustBundle>()
  for (const source of sources) {
    for (const bundle of source.bundles()) {
      const { name } = bundle.trustDomain
      if (!found.has(name)) found.set(name, bundle)
    }
  }
  return [...found.values()]
}

function listenToAll(sources: readonly Telling[], listener: () => void): () => void {
  const cancels = sources.map((source) => source.onUpdate(listener))
  return () => {
    for (const cancel of cancels) cancel()
  }
}
