import type { Cancel } from '../runtime/index.ts'
import type { BundleSource } from './bundle-source.ts'
import type { TrustBundle } from './bundle.ts'
import { createListeners } from './listeners.ts'
import type { TrustDomain } from './spiffe-id.ts'

/** The bundles of many trust domains, apart from each other: there is no way to join them. */
export interface BundleSet extends BundleSource {
  /** How many there are. */
  readonly size: number
  /** Sets the bundle of its trust domain, in place of what was there: keys that are gone are gone. */
  set(bundle: TrustBundle): void
  /** Removes the bundle of a trust domain: its SVIDs are not accepted any more. */
  delete(trustDomain: TrustDomain): boolean
  /** Sets all at once, in place of what was there: a reader sees the old ones or the new ones. */
  replaceAll(bundles: Iterable<TrustBundle>): void
  /** All of them. */
  bundles(): readonly TrustBundle[]
  /** Tells of each change made here. The listener must not throw. */
  onUpdate(listener: () => void): Cancel
}

/**
 * Makes a set of bundles.
 *
 * @param bundles - What it holds at first. Of two with one trust domain the later counts.
 */
export function createBundleSet(bundles: Iterable<TrustBundle> = []): BundleSet {
  let held = index(bundles)
  const listeners = createListeners()
  return Object.freeze({
    get size() {
      return held.size
    },
    getBundle: ({ name }: TrustDomain) => held.get(name),
    set(bundle: TrustBundle) {
      held.set(bundle.trustDomain.name, bundle)
      listeners.call()
    },
    delete({ name }: TrustDomain) {
      const isDeleted = held.delete(name)
      if (isDeleted) listeners.call()
      return isDeleted
    },
    replaceAll(next: Iterable<TrustBundle>) {
      held = index(next)
      listeners.call()
    },
    bundles: () => [...held.values()],
    onUpdate: (listener: () => void) => listeners.add(listener),
  })
}

function index(bundles: Iterable<TrustBundle>): Map<string, TrustBundle> {
  return new Map([...bundles].map((bundle) => [bundle.trustDomain.name, bundle]))
}
