import { X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createBundleSet, parseSpiffeId } from '../../src/spiffe/index.ts'
import { fetchBundle, type BundleEndpointProfile } from '../../src/spiffe/federation.ts'
import { codeOfPromise } from '../support/codes.ts'
import { fetchFrom, startSpiffe, startWeb, web, type Endpoint } from './federation-support.ts'
import { acme } from './tls-support.ts'

const { trustDomain } = acme
const https_web: BundleEndpointProfile = { type: 'https_web' }
const https_spiffe: BundleEndpointProfile = {
  type: 'https_spiffe',
  endpointId: parseSpiffeId('spiffe://acme.example/server'),
  bundles: createBundleSet([acme.bundle()]),
}

const getFrom = (endpoint: Endpoint, profile: BundleEndpointProfile) =>
  fetchBundle({ trustDomain, url: endpoint.url, profile, fetch: fetchFrom(endpoint) })

describe('who an endpoint is', () => {
  it('[E19] goes by the alternative names of the certificate, which ours carries, and not by its common name', async () => {
    const [named, unnamed] = [await web.issue(), await web.issue({ names: [] })]
    expect(new X509Certificate(named.cert).subjectAltName).toContain('DNS:localhost')
    for (const [certificate, code] of [
      [named, undefined],
      [unnamed, 'COMITY_NET_TLS'],
    ] as const) {
      const start = startWeb(
        () => acme.bundle(),
        () => undefined,
        Promise.resolve(certificate),
      )
      const endpoint = await start
      expect(await codeOfPromise(() => getFrom(endpoint, https_web))).toBe(code)
    }
  })
  it('[E29] verifies the SPIFFE ID again where a redirect leads', async () => {
    const svids = [await acme.issueX509Svid('/server'), await acme.issueX509Svid('/other')]
    const source = { getX509Svid: () => svids.shift() ?? svids[0]! }
    const endpoint = await startSpiffe(
      source,
      () => acme.bundle(),
      () => ({ status: 302, headers: { location: '/there' } }),
    )
    expect(await codeOfPromise(() => getFrom(endpoint, https_spiffe))).toBe('COMITY_SPIFFE_ID_NOT_AUTHORIZED')
    expect(endpoint.requests.map(({ url }) => url)).toEqual(['/bundle?x=1'])
  })
})
