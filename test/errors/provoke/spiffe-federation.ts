import type { ComityErrorCode } from '../../../src/errors/index.ts'
import type { GuardedFetch } from '../../../src/net/index.ts'
import { createTrustBundle, formatTrustBundle, parseTrustDomain } from '../../../src/spiffe/index.ts'
import { checkBundleEndpoint, fetchBundle, watchBundle } from '../../../src/spiffe/federation.ts'

const trustDomain = parseTrustDomain('acme.example')
const url = 'https://acme.example/bundle'
const profile = { type: 'https_web' } as const

/** A fetch that always has this answer. */
function answering(status: number, document = ''): GuardedFetch {
  const body = new TextEncoder().encode(document)
  return Object.assign(async () => ({ url, status, headers: new Headers(), body }), {
    stream: () => Promise.reject(new Error('not needed')),
    close: () => undefined,
  })
}

/** A call for each code of the bundle endpoints that fails with it. */
export const spiffeFederation = {
  COMITY_BUNDLE_ENDPOINT_INVALID: () =>
    checkBundleEndpoint({ trustDomain, url: 'http://acme.example/bundle', profile }),
  COMITY_BUNDLE_UNAVAILABLE: () => fetchBundle({ trustDomain, url, profile, fetch: answering(404) }),
  COMITY_BUNDLE_ROLLBACK: async () => {
    const [older, bundle] = [1n, 2n].map((sequence) => createTrustBundle({ trustDomain, sequence }))
    const fetch = answering(200, formatTrustBundle(older!))
    using watcher = watchBundle({ trustDomain, url, profile, fetch, bundle: bundle! })
    await watcher.refresh()
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
