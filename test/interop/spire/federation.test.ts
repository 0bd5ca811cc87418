/** Bundle endpoints: SPIRE's read here, and ours read by SPIRE, in both profiles. */
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { toNodeListener } from '../../../src/adapters/node/index.ts'
import { createGuardedFetch, insecureAllowLoopback, type GuardedFetch } from '../../../src/net/index.ts'
import {
  createBundleSet,
  formatTrustBundle,
  parseSpiffeId,
  parseTrustBundle,
  parseTrustDomain,
  type TrustBundle,
} from '../../../src/spiffe/index.ts'
import {
  createBundleHandler,
  fetchBundle,
  watchBundle,
  type BundleEndpointProfile,
} from '../../../src/spiffe/federation.ts'
import { tlsServerOptions } from '../../../src/spiffe/tls.ts'
import { createSpiffeAuthority, type SpiffeAuthority } from '../../../src/testing/index.ts'
import { eventually } from './eventually.ts'
import { BUILD_MS, startPair, whyNoSpire, type SpireDomain, type SpirePair } from './pair.ts'
import { rotate } from './rotate.ts'

const missing = await whyNoSpire()
const OURS = 'comity.test'
const ENDPOINT = '/bundle-endpoint'

describe.skipIf(missing !== undefined)('two SPIREs: bundle endpoints', { timeout: 600_000 }, () => {
  describe.each(['https_spiffe', 'https_web'] as const)('%s', (profile) => {
    let pair: SpirePair
    let stop: (() => Promise<void>) | undefined

    beforeAll(async () => {
      pair = await startPair({ PROFILE: profile })
      stop = () => pair.stop()
    }, BUILD_MS)
    afterAll(() => stop?.(), 300_000)

    it('3a. fetches SPIRE’s bundle, and follows it when an authority is added', async () => {
      const fetch = await fetchFor(pair)
      const endpoint = {
        trustDomain: parseTrustDomain(pair.b.trustDomain),
        url: pair.b.bundleEndpoint,
        profile: await profileOf(pair.b, profile),
        fetch,
      }
      const first = await fetchBundle(endpoint)
      expect(first.x509Authorities).toHaveLength(1)
      expect(first.jwtAuthorities.size).toBe(1)
      expect(first.refreshHint).toBe(60)
      expect(first.sequence).toBeGreaterThan(0n)
      using watcher = watchBundle(endpoint)
      expect((await watcher.refresh()).sequence).toBe(first.sequence)
      await rotate(pair, 'b', 'x509')
      const next = await eventually(async () => {
        const bundle = await watcher.refresh()
        return bundle.x509Authorities.length === 2 ? bundle : undefined
      }, 'the new authority')
      expect(next.sequence).toBeGreaterThan(first.sequence ?? 0n)
      expect(watcher.getBundle(endpoint.trustDomain)).toBe(next)
    })

    it('3b. refuses an endpoint that cannot prove itself', async () => {
      const trustDomain = parseTrustDomain(pair.b.trustDomain)
      const url = pair.b.bundleEndpoint
      const fetch = await fetchFor(pair)
      const bare = createGuardedFetch({ [insecureAllowLoopback]: [url] })
      onTestFinished(() => bare.close())
      const rightful = await spiffeProfile(pair.b)
      const wrong =
        profile === 'https_web'
          ? [
              // Without the private root, and as if it had an SVID.
              { trustDomain, url, fetch: bare, profile: { type: 'https_web' as const } },
              { trustDomain, url, fetch, profile: rightful },
            ]
          : [
              // Another ID, the bundle of another trust domain, and as if it were of the web.
              {
                trustDomain,
                url,
                fetch,
                profile: { ...rightful, endpointId: parseSpiffeId(pair.b.workloadId) },
              },
              {
                trustDomain,
                url,
                fetch,
                profile: {
                  ...(await spiffeProfile(pair.a)),
                  endpointId: parseSpiffeId(pair.a.bundleEndpointId),
                },
              },
              { trustDomain, url, fetch, profile: { type: 'https_web' as const } },
            ]
      for (const each of wrong) {
        await expect(fetchBundle(each)).rejects.toMatchObject({
          code: expect.stringMatching(/^COMITY_/) as string,
        })
      }
    })

    it('3c. serves a bundle that SPIRE reads, and reads again when it has changed', async () => {
      const ours = await createSpiffeAuthority(OURS)
      const url = await serve(ours, profile, pair)
      const file = join(dirname(pair.a.bootstrapBundle), 'ours.json')
      await writeFile(file, formatTrustBundle(ours.bundle()))
      const relation = profile === 'https_web' ? [] : ['-endpointSpiffeID', `spiffe://${OURS}${ENDPOINT}`]
      await pair.server(
        'a',
        'federation',
        'create',
        '-bundleEndpointProfile',
        profile,
        '-bundleEndpointURL',
        url,
        '-trustDomain',
        OURS,
        '-trustDomainBundlePath',
        file,
        '-trustDomainBundleFormat',
        'spiffe',
        ...relation,
      )
      await ours.rotate()
      const read = await eventually(async () => {
        await pair.server('a', 'federation', 'refresh', '-id', `spiffe://${OURS}`)
        const bundle = await bundleAtSpire(pair)
        return bundle.x509Authorities.length === 2 ? bundle : undefined
      }, 'SPIRE reads the new bundle')
      const fingerprints = ({ x509Authorities }: TrustBundle): readonly string[] =>
        x509Authorities.map(({ fingerprint }) => fingerprint).sort()
      expect(fingerprints(read)).toEqual(fingerprints(ours.bundle()))
      expect([...read.jwtAuthorities.keys()].sort()).toEqual([...ours.bundle().jwtAuthorities.keys()].sort())

      // What our authority signs is then good for SPIRE's own workloads.
      await pair.server(
        'a',
        'entry',
        'update',
        '-entryID',
        'comity-workload',
        '-parentID',
        'spiffe://org-a.test/host',
        '-spiffeID',
        pair.a.workloadId,
        '-selector',
        `unix:uid:${process.getuid?.() ?? 0}`,
        '-federatesWith',
        'spiffe://org-b.test',
        '-federatesWith',
        `spiffe://${OURS}`,
      )
      const token = await ours.issueJwtSvid('/agents/a', 'spiffe://org-a.test/workload')
      const validate = (svid: string): Promise<string> =>
        pair.agent(
          'a',
          'api',
          'validate',
          'jwt',
          '-audience',
          'spiffe://org-a.test/workload',
          '-svid',
          svid,
          '-timeout',
          '60s',
        )
      await eventually(() => validate(token).catch(() => undefined), 'the agent has our bundle')
      const stranger = await createSpiffeAuthority(OURS)
      await expect(
        validate(await stranger.issueJwtSvid('/agents/a', 'spiffe://org-a.test/workload')),
      ).rejects.toThrow()
    })
  })
})

async function fetchFor(pair: SpirePair): Promise<GuardedFetch> {
  const fetch = createGuardedFetch({
    [insecureAllowLoopback]: [pair.a.bundleEndpoint, pair.b.bundleEndpoint],
    ...(pair.webCa !== undefined && { ca: await readFile(pair.webCa, 'utf8') }),
  })
  onTestFinished(() => fetch.close())
  return fetch
}

/** How SPIRE's endpoint proves itself, for whoever has the first bundle. */
async function spiffeProfile({ trustDomain, bootstrapBundle, bundleEndpointId }: SpireDomain) {
  const bundle = parseTrustBundle(parseTrustDomain(trustDomain), await readFile(bootstrapBundle, 'utf8'))
  const endpointId = parseSpiffeId(bundleEndpointId)
  return { type: 'https_spiffe' as const, endpointId, bundles: createBundleSet([bundle]) }
}

async function profileOf(
  domain: SpireDomain,
  type: 'https_spiffe' | 'https_web',
): Promise<BundleEndpointProfile> {
  return type === 'https_web' ? { type } : spiffeProfile(domain)
}

/** Serves an authority's bundle on loopback. */
async function serve(
  authority: SpiffeAuthority,
  profile: 'https_spiffe' | 'https_web',
  { webCa }: SpirePair,
): Promise<string> {
  const handler = createBundleHandler({ getBundle: () => authority.bundle() })
  let server: Server
  if (profile === 'https_web') {
    const folder = dirname(webCa ?? '')
    const [cert, key] = await Promise.all(
      ['leaf.pem', 'leaf.key'].map((name) => readFile(join(folder, name))),
    )
    server = createServer({ cert, key })
  } else {
    const svid = await authority.issueX509Svid(ENDPOINT)
    const options = tlsServerOptions({ source: { getX509Svid: () => svid } })
    server = options.secure(createServer(options))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const origin = `https://${profile === 'https_web' ? 'localhost' : '127.0.0.1'}:${port}`
  server.on('request', toNodeListener(handler, { origin }))
  return `${origin}/`
}

async function bundleAtSpire(pair: SpirePair): Promise<TrustBundle> {
  const text = await pair.server('a', 'bundle', 'list', '-id', `spiffe://${OURS}`, '-format', 'spiffe')
  return parseTrustBundle(parseTrustDomain(OURS), text)
}
