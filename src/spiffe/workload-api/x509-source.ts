import { NetworkError, type ComityError } from '../../errors/index.ts'
import { systemClock, type Cancel } from '../../runtime/index.ts'
import {
  createBundleSet,
  type BundleSource,
  type TrustBundle,
  type TrustDomain,
  type X509Svid,
} from '../index.ts'
import { attempt, startFeed, untilReady } from './feed.ts'
import { createListeners } from '../listeners.ts'
import { createLatest } from './latest.ts'
import { clientOf, type WorkloadApiSourceOptions } from './source-options.ts'
import { clientClosed } from './status.ts'
import type { X509Context } from './x509-context.ts'

/** What {@link createX509Source} takes. */
export interface X509SourceOptions extends WorkloadApiSourceOptions {
  /**
   * Chooses the SVID, of one or more. When it throws a coded error, the source has none until the next answer. Defaults
   * to the first.
   */
  readonly pick?: (svids: readonly X509Svid[]) => X509Svid
}

/**
 * The workload's X.509-SVID, and the X.509 bundles that it may trust, as they are now. It renews itself: whoever asks
 * for each connection has what is newest.
 *
 * Where the endpoint cannot be reached, it keeps what it has; the SVID only until it expires.
 */
export interface X509Source extends BundleSource, AsyncDisposable {
  /**
   * The SVID.
   *
   * @throws {NetworkError} `COMITY_SVID_UNAVAILABLE` when there is none that is valid; `details.reason` is `expired`,
   *   `withdrawn`, `not picked` or `closed`.
   */
  getX509Svid(): X509Svid
  /** All bundles. None after it was closed, or all was withdrawn. */
  bundles(): readonly TrustBundle[]
  /**
   * The SVID, then each newer one; a reader who is slow gets the newest. Ends when the source is closed, and throws when
   * the endpoint will not give more.
   */
  updates(): AsyncIterable<X509Svid>
  /** Tells of each change: another SVID, other bundles, all withdrawn. The listener must not throw. */
  onUpdate(listener: () => void): Cancel
  /** Ends it. There is no SVID and no bundle after that. */
  close(): void
}

type Reason = 'expired' | 'withdrawn' | 'not picked' | 'closed'

/**
 * Starts a source, and waits until it has an SVID: also for an endpoint that is not there yet, or that has no identity
 * for this workload so far.
 *
 * @throws {NetworkError} `COMITY_WORKLOAD_API_REFUSED`, `COMITY_WORKLOAD_API_UNSUPPORTED`, `COMITY_WORKLOAD_API_CLOSED`.
 * @throws {VerificationError} `COMITY_ENDPOINT_ADDRESS_INVALID`.
 * @throws {ComityError} What `pick` threw at the first answer, such as `COMITY_SVID_HINT_UNKNOWN`.
 * @throws {TypeError} An option is out of range.
 */
export async function createX509Source(options: X509SourceOptions = {}): Promise<X509Source> {
  const { pick = firstOf, clock = systemClock, onError = () => undefined } = options
  const { client, release } = clientOf(options)
  const bundles = createBundleSet()
  const svids = createLatest<X509Svid>()
  const listeners = createListeners()
  let held: X509Svid | undefined
  let missing: Reason = 'withdrawn'
  let isStarted = false

  const accept = (context: X509Context): boolean => {
    bundles.replaceAll(context.bundles)
    const picked = attempt(() => (context.svids.length === 0 ? undefined : pick(context.svids)))
    held = 'value' in picked ? picked.value : undefined
    missing = 'value' in picked ? 'withdrawn' : 'not picked'
    listeners.call()
    if ('error' in picked) {
      if (!isStarted) throw picked.error
      onError(picked.error)
    }
    if (held !== undefined) svids.set(held)
    isStarted ||= held !== undefined
    return isStarted
  }
  const feed = startFeed<X509Context>(
    { watch: (each) => client.watchX509Context(each), accept, onEnd: (error) => svids.end(error) },
    clientClosed,
  )
  const close = (): void => {
    feed.close()
    release()
    bundles.replaceAll([])
    held = undefined
    missing = 'closed'
    svids.end()
  }
  await untilReady(feed.ready, options.signal).catch((error: unknown) => {
    close()
    throw error
  })
  return Object.freeze({
    getX509Svid() {
      if (held === undefined) throw svidUnavailable(missing)
      if (clock.now() > held.expiresAt) throw svidUnavailable('expired')
      return held
    },
    getBundle: (trustDomain: TrustDomain) => bundles.getBundle(trustDomain),
    bundles: () => bundles.bundles(),
    updates: () => svids.values(),
    onUpdate: (listener: () => void) => listeners.add(listener),
    close,
    async [Symbol.asyncDispose]() {
      close()
    },
  })
}

function firstOf([first]: readonly X509Svid[]): X509Svid {
  if (first === undefined) throw svidUnavailable('withdrawn')
  return first
}

/** The failure of a source that has no SVID to give. */
export function svidUnavailable(reason: Reason): ComityError {
  return new NetworkError('COMITY_SVID_UNAVAILABLE', 'there is no SVID of this workload that is valid', {
    spec: 'Workload API §4.4',
    details: { reason },
  })
}
