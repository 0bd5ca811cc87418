import { NetworkError } from '../../errors/index.ts'
import { createLruMap, systemClock, type Cancel, type Clock } from '../../runtime/index.ts'
import { createBundleSet, type BundleSource, type TrustBundle, type TrustDomain } from '../index.ts'
import type { WorkloadApiCallOptions, WorkloadApiClient } from './client.ts'
import { startFeed, untilReady } from './feed.ts'
import { svidWithHint } from './hints.ts'
import { audienceOf, type JwtSvidRequest, type WorkloadJwtSvid } from './jwt-answers.ts'
import { createListeners } from '../listeners.ts'
import { clientOf, type WorkloadApiSourceOptions } from './source-options.ts'
import { clientClosed, isWithdrawal } from './status.ts'
import { svidUnavailable } from './x509-source.ts'

/** Which JWT-SVID is wanted. */
export interface JwtSourceRequest extends JwtSvidRequest, WorkloadApiCallOptions {
  /** Its hint. Without it the first one is taken. */
  readonly hint?: string
}

/** JWT-SVIDs of the workload, and the JWT bundles that it may trust, as they are now. */
export interface JwtSource extends BundleSource, AsyncDisposable {
  /**
   * A JWT-SVID for an audience. One that was fetched before is given again until half of its life is over; and until it
   * has expired, where there is no other to be had.
   *
   * @throws {NetworkError} As `fetchJwtSvids` of the client; `COMITY_SVID_HINT_UNKNOWN`; `COMITY_SVID_UNAVAILABLE` when
   *   the source was closed, or the one that came had expired.
   * @throws {TypeError} The audience is empty.
   */
  fetchJwtSvid(request: JwtSourceRequest): Promise<WorkloadJwtSvid>
  /** All JWT bundles. None after it was closed, or all was withdrawn. */
  bundles(): readonly TrustBundle[]
  /** Tells of each change of the bundles. The listener must not throw. */
  onUpdate(listener: () => void): Cancel
  /** Ends it. There is no SVID and no bundle after that. */
  close(): void
}

/** Audiences are the workload's own choice, but may come from whom it talks to. */
const MAX_CACHED = 1024

/**
 * Starts a source, and waits until it has bundles: also for an endpoint that is not there yet.
 *
 * @throws {NetworkError} `COMITY_WORKLOAD_API_REFUSED`, `COMITY_WORKLOAD_API_UNSUPPORTED`, `COMITY_WORKLOAD_API_CLOSED`.
 * @throws {VerificationError} `COMITY_ENDPOINT_ADDRESS_INVALID`.
 */
export async function createJwtSource(options: WorkloadApiSourceOptions = {}): Promise<JwtSource> {
  const { client, release } = clientOf(options)
  const bundles = createBundleSet()
  const listeners = createListeners()
  const cache = createSvidCache(client, options.clock ?? systemClock)
  const state = { isClosed: false }
  const accept = (answer: readonly TrustBundle[]): boolean => {
    bundles.replaceAll(answer)
    if (answer.length === 0) cache.clear() // taken back, and the SVIDs with it
    listeners.call()
    return answer.length > 0
  }
  const feed = startFeed(
    { watch: (each) => client.watchJwtBundles(each), accept, onEnd: () => undefined },
    clientClosed,
  )
  const close = (): void => {
    state.isClosed = true
    feed.close()
    release()
    bundles.replaceAll([])
    cache.clear()
  }
  await untilReady(feed.ready, options.signal).catch((error: unknown) => {
    close()
    throw error
  })
  return Object.freeze({
    async fetchJwtSvid(request: JwtSourceRequest) {
      const isClosed = (): boolean => state.isClosed
      if (isClosed()) throw svidUnavailable('closed')
      const svid = await cache.get(request)
      if (isClosed()) throw svidUnavailable('closed')
      return svid
    },
    getBundle: (trustDomain: TrustDomain) => bundles.getBundle(trustDomain),
    bundles: () => bundles.bundles(),
    onUpdate: (listener: () => void) => listeners.add(listener),
    close,
    async [Symbol.asyncDispose]() {
      close()
    },
  })
}

interface SvidCache {
  get(request: JwtSourceRequest): Promise<WorkloadJwtSvid>
  clear(): void
}

interface Held {
  readonly svid: WorkloadJwtSvid
  /** From when on a newer one is asked for. */
  readonly staleAt: number
}

function createSvidCache(client: WorkloadApiClient, clock: Clock): SvidCache {
  let held = createLruMap<Held>({ maxEntries: MAX_CACHED })
  const underWay = new Map<string, Promise<WorkloadJwtSvid>>()

  async function renew(key: string, request: JwtSourceRequest, found?: Held): Promise<WorkloadJwtSvid> {
    const cache = held
    try {
      // Several callers may wait for this, so it does not end with the first one's signal.
      const { signal: _, ...wanted } = request
      const svids = await client.fetchJwtSvids(wanted)
      const svid = request.hint === undefined ? svids[0] : svidWithHint(svids, request.hint)
      const now = clock.now()
      if (svid === undefined || svid.expiresAt <= now) throw svidUnavailable('expired')
      cache.set(key, { svid, staleAt: now + (svid.expiresAt - now) / 2 })
      return svid
    } catch (error) {
      if (isWithdrawal(error)) cache.delete(key)
      const isKept = cache === held && found !== undefined && clock.now() < found.svid.expiresAt
      if (isKept && isUnavailable(error)) return found.svid
      throw error
    } finally {
      underWay.delete(key)
    }
  }

  return {
    async get(request) {
      request.signal?.throwIfAborted()
      const key = keyOf(request)
      const found = held.get(key)
      if (found !== undefined && clock.now() < found.staleAt) return found.svid
      const renewal = underWay.get(key) ?? renew(key, request, found)
      underWay.set(key, renewal)
      return untilReady(renewal, request.signal)
    },
    clear() {
      held = createLruMap<Held>({ maxEntries: MAX_CACHED })
      underWay.clear()
    },
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof NetworkError && error.code === 'COMITY_WORKLOAD_API_UNAVAILABLE'
}

function keyOf({ id, hint, audience }: JwtSourceRequest): string {
  return JSON.stringify([id?.uri ?? '', hint ?? '', ...[...audienceOf({ audience })].sort()])
}
