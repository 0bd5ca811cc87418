import type { Cancel } from '../runtime/index.ts'
import type { TrustBundle } from './bundle.ts'
import type { TrustDomain } from './spiffe-id.ts'

/**
 * Where a verifier takes the authorities of a trust domain from: a {@link BundleSet}, a Workload API source, a
 * federation watcher, or several in one by `combineBundleSources`.
 */
export interface BundleSource {
  /** The newest bundle of that trust domain and of no other; undefined where there is none, which means: not trusted. */
  getBundle(trustDomain: TrustDomain): TrustBundle | undefined
  /** All of them, where the source can tell: who lets peers of any trust domain in must show TLS the authorities of all. */
  bundles?(): readonly TrustBundle[]
  /** Tells of each change, where the source can tell. The listener must not throw; closing a source need not be told. */
  onUpdate?(listener: () => void): Cancel
}
