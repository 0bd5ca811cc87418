import { ComityError, VerificationError } from '../../errors/index.ts'
import { randomBytes, systemClock, systemTimers, type Cancel, type Clock } from '../../runtime/index.ts'
import { combineBundleSources } from '../bundle-combine.ts'
import { formatTrustBundle } from '../bundle-format.ts'
import { parseTrustBundle } from '../bundle-parse.ts'
import type { TrustBundle } from '../bundle.ts'
import { createListeners } from '../listeners.ts'
import type { TrustDomain } from '../spiffe-id.ts'
import type { BundleFetchEvent, BundleWatcher, WatchBundleOptions } from './bundle-watcher.ts'
import { checkBundleEndpoint, isSelfServing, type BundleEndpoint } from './endpoint.ts'
import { fetchBundle, type FetchBundleOptions } from './fetch-bundle.ts'

const DEFAULT_REFRESH = 300
const MIN_REFRESH = 30
const MAX_REFRESH = 86_400
/** By how much a poll may come early, so that not all who started together ask together. */
const JITTER = 0.1

/**
 * Watches the bundle of a trust domain at its endpoint. It begins at once.
 *
 * The endpoint is asked at the intervals that the held bundle hints at (without a hint 300 seconds, never more seldom
 * than daily), up to a tenth earlier; after a failure as after a success. What fails changes nothing: the last good
 * bundle counts until there is a newer one. An endpoint that shows an SVID of the same trust domain is verified with the
 * newest bundle that is held.
 *
 * @throws {VerificationError} `COMITY_BUNDLE_ENDPOINT_INVALID`.
 * @throws {TypeError} When an option is out of range.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md#6-relationship-lifecycle | SPIFFE-Federation §6}
 */
export function watchBundle(options: WatchBundleOptions): BundleWatcher {
  return new Watcher(options)
}

class Watcher implements BundleWatcher {
  readonly trustDomain: TrustDomain
  readonly #endpoint: BundleEndpoint
  readonly #options: WatchBundleOptions
  readonly #clock: Clock
  readonly #minRefresh: number
  readonly #ending = new AbortController()
  readonly #waiting = new Set<() => void>()
  readonly #listeners = createListeners()
  #held: TrustBundle | undefined
  #loading: Promise<void>
  #polling: Promise<TrustBundle> | undefined
  #cancel: Cancel | undefined

  constructor(options: WatchBundleOptions) {
    const { minRefresh = MIN_REFRESH, bundle } = options
    if (!(minRefresh >= 1 && minRefresh <= MAX_REFRESH)) {
      throw new TypeError(`options.minRefresh must be 1 to ${MAX_REFRESH} seconds`)
    }
    this.#endpoint = checkBundleEndpoint(options)
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#minRefresh = minRefresh
    this.trustDomain = this.#endpoint.trustDomain
    this.#held = this.#mine(bundle ?? this.#firstOf(this.#endpoint))
    this.#loading = this.#load()
    this.refresh().catch(() => undefined)
  }

  getBundle({ name }: TrustDomain): TrustBundle | undefined {
    return name === this.trustDomain.name ? this.#held : undefined
  }

  bundles(): readonly TrustBundle[] {
    return this.#held === undefined ? [] : [this.#held]
  }

  async *updates(): AsyncGenerator<TrustBundle, void, undefined> {
    let seen: TrustBundle | undefined
    while (!this.#isClosed()) {
      if (this.#held !== undefined && this.#held !== seen) {
        seen = this.#held
        yield seen
      } else await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  onUpdate(listener: () => void): Cancel {
    return this.#listeners.add(listener)
  }

  async refresh(): Promise<TrustBundle> {
    this.#assertOpen()
    this.#polling ??= this.#poll().finally(() => {
      this.#polling = undefined
    })
    return this.#polling
  }

  set(bundle: TrustBundle): void {
    this.#assertOpen()
    this.#hold(this.#mine(bundle))
  }

  async end(): Promise<void> {
    this.close()
    // What a poll is still saving must not come after.
    await this.#loading
    await this.#polling?.catch(() => undefined)
    await this.#options.store?.delete(this.trustDomain)
  }

  close(): void {
    this.#cancel?.()
    this.#ending.abort()
    this.#hold(undefined)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async #poll(): Promise<TrustBundle> {
    this.#cancel?.()
    await this.#loading
    const before = this.#held
    try {
      const fetched = await fetchBundle(this.#request())
      this.#assertOpen()
      const isChanged = this.#accept(fetched)
      this.#log(isChanged ? 'changed' : 'unchanged', before)
      if (isChanged) await this.#save(fetched)
      return fetched
    } catch (error) {
      if (!this.#isClosed()) this.#log('failed', before, error)
      throw error
    } finally {
      this.#schedule()
    }
  }

  #request(): FetchBundleOptions {
    const { fetch, timeoutMs, redirect } = this.#options
    const { profile } = this.#endpoint
    const isProvedByHeld = profile.type === 'https_spiffe' && isSelfServing(this.#endpoint)
    return {
      ...this.#endpoint,
      fetch,
      signal: this.#ending.signal,
      clock: this.#clock,
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(redirect !== undefined && { redirect }),
      ...(isProvedByHeld && {
        profile: {
          ...profile,
          bundles: combineBundleSources(this, profile.bundles),
        },
      }),
    }
  }

  #accept(fetched: TrustBundle): boolean {
    const held = this.#held
    if (isOlder(fetched, held)) {
      throw new VerificationError('COMITY_BUNDLE_ROLLBACK', 'the bundle is older than the one that is held', {
        spec: 'SPIFFE-Federation §4.2',
        details: {
          trustDomain: this.trustDomain.name,
          held: String(held?.sequence),
          fetched: String(fetched.sequence),
        },
      })
    }
    if (held !== undefined && formatTrustBundle(held) === formatTrustBundle(fetched)) return false
    this.#hold(fetched)
    return true
  }

  #hold(bundle: TrustBundle | undefined): void {
    const isChanged = this.#held !== bundle
    this.#held = bundle
    if (isChanged) this.#listeners.call()
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  #schedule(): void {
    if (this.#isClosed()) return
    const hint = this.#held?.refreshHint ?? DEFAULT_REFRESH
    const seconds = Math.min(Math.max(hint, this.#minRefresh), MAX_REFRESH)
    const [random = 0] = randomBytes(1)
    const early = seconds * JITTER * (random / 256)
    const { timers = systemTimers } = this.#options
    this.#cancel = timers.after(Math.max(seconds - early, this.#minRefresh) * 1000, () => {
      this.refresh().catch(() => undefined)
    })
  }

  async #load(): Promise<void> {
    const { store } = this.#options
    if (store === undefined) return
    try {
      const document = await store.load(this.trustDomain)
      if (document === undefined || this.#isClosed()) return
      const stored = parseTrustBundle(this.trustDomain, document)
      if (!isOlder(stored, this.#held)) this.#hold(stored)
    } catch (error) {
      this.#log('store-failed', this.#held, error)
    }
  }

  async #save(bundle: TrustBundle): Promise<void> {
    try {
      await this.#options.store?.save(this.trustDomain, formatTrustBundle(bundle))
    } catch (error) {
      this.#log('store-failed', bundle, error)
    }
  }

  #log(outcome: BundleFetchEvent['outcome'], before: TrustBundle | undefined, error?: unknown): void {
    const { profile, url } = this.#endpoint
    const after = this.#held
    this.#options.log?.({
      at: this.#clock.now(),
      trustDomain: this.trustDomain.name,
      url,
      outcome,
      ...(profile.type === 'https_spiffe' && { endpointId: profile.endpointId.uri }),
      ...(error !== undefined && { code: error instanceof ComityError ? error.code : 'UNKNOWN' }),
      ...(before?.sequence !== undefined && { sequenceBefore: before.sequence }),
      ...(after?.sequence !== undefined && { sequenceAfter: after.sequence }),
    })
  }

  #mine(bundle: TrustBundle | undefined): TrustBundle | undefined {
    if (bundle === undefined || bundle.trustDomain.name === this.trustDomain.name) return bundle
    throw new TypeError('the bundle is of another trust domain')
  }

  #firstOf(endpoint: BundleEndpoint): TrustBundle | undefined {
    const { profile, trustDomain } = endpoint
    return profile.type === 'https_spiffe' && isSelfServing(endpoint)
      ? profile.bundles.getBundle(trustDomain)
      : undefined
  }

  #isClosed(): boolean {
    return this.#ending.signal.aborted
  }

  #assertOpen(): void {
    if (this.#isClosed()) throw new TypeError('the watcher is closed')
  }
}

/** Without a number on both sides, the later one counts. */
function isOlder(bundle: TrustBundle, held: TrustBundle | undefined): boolean {
  return bundle.sequence !== undefined && held?.sequence !== undefined && bundle.sequence < held.sequence
}
