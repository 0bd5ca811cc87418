import type { Cancel, Timers } from '../../runtime/index.ts'
import type { BundleSource } from '../bundle-source.ts'
import type { TrustBundle } from '../bundle.ts'
import type { TrustDomain } from '../spiffe-id.ts'
import type { FetchBundleOptions } from './fetch-bundle.ts'

/** Where a watcher keeps the last good bundle, so that it is there after a restart. Keys are trust domains. */
export interface BundleStore {
  /** The document that was saved last, undefined for none. */
  load(trustDomain: TrustDomain): Promise<string | undefined>
  /** Saves a SPIFFE bundle document in place of the last one. */
  save(trustDomain: TrustDomain, document: string): Promise<void>
  /** Forgets it. */
  delete(trustDomain: TrustDomain): Promise<void>
}

/** What a watcher did, fit for a log. */
export interface BundleFetchEvent {
  /** When it ended, in seconds since the Unix epoch. */
  readonly at: number
  /** Whose bundle. */
  readonly trustDomain: string
  /** Where from. */
  readonly url: string
  /** The SPIFFE ID that the endpoint had to have, with `https_spiffe`. */
  readonly endpointId?: string
  /** `store-failed`: the bundle is held, and will be gone after a restart. */
  readonly outcome: 'changed' | 'unchanged' | 'failed' | 'store-failed'
  /** Why it failed; `UNKNOWN` for what no `ComityError` says. */
  readonly code?: string
  /** The sequence number that was held before. */
  readonly sequenceBefore?: bigint
  /** The one that is held now. */
  readonly sequenceAfter?: bigint
}

/** What {@link watchBundle} needs. */
export interface WatchBundleOptions extends Omit<FetchBundleOptions, 'signal'> {
  /** What counts until the first fetch; with a self-serving `https_spiffe`, the one of `profile.bundles` by default. */
  readonly bundle?: TrustBundle
  /** Keeps the bundle over restarts. Defaults to nothing. */
  readonly store?: BundleStore
  /** The fewest seconds between two polls, 1 to 86 400. Defaults to 30. */
  readonly minRefresh?: number
  /** Told of each poll. It must not throw. */
  readonly log?: (event: BundleFetchEvent) => void
  /** Defaults to the system's. */
  readonly timers?: Timers
}

/** Holds the bundle of one trust domain and keeps it fresh, until it is closed. */
export interface BundleWatcher extends BundleSource, Disposable {
  /** Whose bundle it holds. */
  readonly trustDomain: TrustDomain
  /** The bundle, where it is of that trust domain and there is one. */
  getBundle(trustDomain: TrustDomain): TrustBundle | undefined
  /** The bundle, or nothing. */
  bundles(): readonly TrustBundle[]
  /** The bundle, as soon as there is one, and then each other one; ends when the watcher is closed. */
  updates(): AsyncIterable<TrustBundle>
  /** Tells of each change, also of the bundle's end. The listener must not throw. */
  onUpdate(listener: () => void): Cancel
  /**
   * Polls now, or waits for the poll that is under way.
   *
   * @returns What is held then.
   * @throws As `fetchBundle`; {@link VerificationError} `COMITY_BUNDLE_ROLLBACK` when the endpoint's sequence number is
   *   below the held one.
   * @throws {TypeError} When the watcher is closed.
   */
  refresh(): Promise<TrustBundle>
  /**
   * Sets the bundle by hand, whatever its sequence number: it counts as the newest until the next poll. The way out
   * when an endpoint lost its keys, or count of changes.
   *
   * @throws {TypeError} When it is of another trust domain, or the watcher is closed.
   */
  set(bundle: TrustBundle): void
  /** Ends the relationship: closes the watcher and makes the store forget the bundle. */
  end(): Promise<void>
  /** Stops polling and holds no bundle any more: SVIDs of the trust domain are not valid here. The store keeps it. */
  close(): void
}
