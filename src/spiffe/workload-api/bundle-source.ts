import { NetworkError } from '../../errors/index.ts'
import type { Cancel } from '../../runtime/index.ts'
import {
  createBundleSet,
  createTrustBundle,
  type BundleSource,
  type TrustBundle,
  type TrustDomain,
} from '../index.ts'
import type { WorkloadApiCallOptions } from './client.ts'
import { startFeed, untilReady, type Feed } from './feed.ts'
import { createListeners } from '../listeners.ts'
import { clientOf, type WorkloadApiSourceOptions } from './source-options.ts'
import { clientClosed } from './status.ts'

/** The bundles that the workload may trust, as they are now: each with its authorities for X.509-SVIDs and JWT-SVIDs. */
export interface WorkloadBundleSource extends BundleSource, AsyncDisposable {
  /** All of them. None after it was closed, or all was withdrawn. */
  bundles(): readonly TrustBundle[]
  /** Tells of each change. The listener must not throw. */
  onUpdate(listener: () => void): Cancel
  /** Ends it. There is no bundle after that. */
  close(): void
}

type Bundles = readonly TrustBundle[]

/**
 * Starts a source of bundles, and waits until it has some. An endpoint that offers one of the two kinds only is fine:
 * there are no authorities of the other kind then.
 *
 * @throws {NetworkError} `COMITY_WORKLOAD_API_REFUSED`, `COMITY_WORKLOAD_API_CLOSED`; `COMITY_WORKLOAD_API_UNSUPPORTED`
 *   when it offers neither.
 * @throws {VerificationError} `COMITY_ENDPOINT_ADDRESS_INVALID`.
 */
export async function createBundleSource(
  options: WorkloadApiSourceOptions = {},
): Promise<WorkloadBundleSource> {
  const { client, release } = clientOf(options)
  const joined = createBundleSet()
  const listeners = createListeners()
  let [x509, jwt]: [Bundles, Bundles] = [[], []]
  let isClosed = false
  const join = (): void => {
    if (isClosed) return
    joined.replaceAll(joinBundles(x509, jwt))
    listeners.call()
  }
  const start = (
    watch: (options: WorkloadApiCallOptions) => AsyncIterable<Bundles>,
    keep: (bundles: Bundles) => void,
  ): Feed => {
    const accept = (bundles: Bundles): boolean => {
      keep(bundles)
      join()
      return bundles.length > 0
    }
    return startFeed<Bundles>({ watch, accept, onEnd: () => undefined }, clientClosed)
  }
  const feeds = [
    start(
      (each) => client.watchX509Bundles(each),
      (bundles) => (x509 = bundles),
    ),
    start(
      (each) => client.watchJwtBundles(each),
      (bundles) => (jwt = bundles),
    ),
  ]
  const close = (): void => {
    isClosed = true
    for (const feed of feeds) feed.close()
    release()
    joined.replaceAll([])
  }
  await untilReady(anyKind(feeds), options.signal).catch((error: unknown) => {
    close()
    throw error
  })
  return Object.freeze({
    getBundle: (trustDomain: TrustDomain) => joined.getBundle(trustDomain),
    bundles: () => joined.bundles(),
    onUpdate: (listener: () => void) => listeners.add(listener),
    close,
    async [Symbol.asyncDispose]() {
      close()
    },
  })
}

/** Waits for both kinds, or for one where the other is not offered. */
async function anyKind(feeds: readonly Feed[]): Promise<void> {
  const isOffered = feeds.map(({ ready }) =>
    ready.then(
      () => true,
      (error: unknown) => {
        if (error instanceof NetworkError && error.code === 'COMITY_WORKLOAD_API_UNSUPPORTED') return false
        throw error
      },
    ),
  )
  const offered = await Promise.all(isOffered)
  if (!offered.includes(true)) await feeds[0]?.ready
}

function joinBundles(x509: Bundles, jwt: Bundles): Bundles {
  const tokens = new Map(jwt.map((bundle) => [bundle.trustDomain.name, bundle]))
  const both = x509.map((bundle) => {
    const { trustDomain, x509Authorities } = bundle
    const other = tokens.get(trustDomain.name)
    tokens.delete(trustDomain.name)
    if (other === undefined) return bundle
    const jwtAuthorities = [...other.jwtAuthorities.values()]
    return createTrustBundle({ trustDomain, x509Authorities, jwtAuthorities })
  })
  return [...both, ...tokens.values()]
}
