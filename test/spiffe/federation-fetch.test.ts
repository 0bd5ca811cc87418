import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import {
  createBundleSet,
  formatTrustBundle,
  parseSpiffeId,
  parseTrustBundle,
  type SpiffeId,
} from '../../src/spiffe/index.ts'
import {
  checkBundleEndpoint,
  createBundleHandler,
  fetchBundle,
  type BundleEndpointProfile,
} from '../../src/spiffe/federation.ts'
import { createCertificateAuthority, createSpiffeAuthority } from '../../src/testing/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'
import {
  fetchFrom,
  startSpiffe,
  startWeb,
  web,
  withSequence,
  type Answer,
  type Endpoint,
} from './federation-support.ts'
import { acme, always, globex } from './tls-support.ts'

const { trustDomain } = acme
const https_web: BundleEndpointProfile = { type: 'https_web' }
const serverId = parseSpiffeId('spiffe://acme.example/server')
const spiffe = (endpointId: SpiffeId = serverId, bundles = createBundleSet([acme.bundle()])) =>
  ({ type: 'https_spiffe', endpointId, bundles }) as const
const svid = async (path = '/server', authority = acme) => always(await authority.issueX509Svid(path))

const getFrom = (endpoint: Endpoint, profile: BundleEndpointProfile, more: object = {}) =>
  fetchBundle({ trustDomain, url: endpoint.url, profile, fetch: fetchFrom(endpoint), ...more })

describe('a bundle endpoint', () => {
  const endpoint = { trustDomain, url: 'https://acme.example/bundle', profile: https_web }
  const judge = (parts: object) => codeOf(() => checkBundleEndpoint({ ...endpoint, ...parts }))

  it('[E14] is nothing with a part missing, and no part follows from another', () => {
    expect(judge({})).toBeUndefined()
    for (const part of ['trustDomain', 'url', 'profile']) {
      expect(judge({ [part]: undefined })).toBe('COMITY_BUNDLE_ENDPOINT_INVALID')
    }
    expect(judge({ url: '' })).toBe('COMITY_BUNDLE_ENDPOINT_INVALID')
    expect(judge({ profile: { type: 'http_web' } })).toBe('COMITY_BUNDLE_ENDPOINT_INVALID')
  })
  it.each([
    'http://acme.example/bundle',
    'HTTP://acme.example/bundle',
    'https://user@acme.example/bundle',
    'https://user:secret@acme.example/bundle',
    'https://@acme.example/bundle',
    'https:\\\\user@acme.example/',
    'acme.example/bundle',
    'spiffe://acme.example/bundle',
    `https://acme.example/${'a'.repeat(2048)}`,
    '',
  ])('[E16] [E32] has a URL that is `https` and has no user: not %s', (url) => {
    expect(judge({ url })).toBe('COMITY_BUNDLE_ENDPOINT_INVALID')
    expect(judge({ url, profile: spiffe() })).toBe('COMITY_BUNDLE_ENDPOINT_INVALID')
  })
  it.each(['https://acme.example:8443/a/b?c=d@e', 'https://acme.example', 'https://[2001:db8::1]/a@b'])(
    '[E16] may have a port, a path and a query: %s',
    (url) => {
      expect(judge({ url })).toBeUndefined()
      expect(judge({ url, profile: spiffe() })).toBeUndefined()
    },
  )
  it('[E33] is no `https_spiffe` without the SPIFFE ID of the endpoint and a bundle for it', () => {
    const { bundles, endpointId } = spiffe()
    expect(judge({ profile: { type: 'https_spiffe', bundles } })).toBe('COMITY_BUNDLE_ENDPOINT_INVALID')
    expect(judge({ profile: { type: 'https_spiffe', endpointId } })).toBe('COMITY_BUNDLE_ENDPOINT_INVALID')
    const noPath = parseSpiffeId('spiffe://acme.example')
    expect(judge({ profile: { ...spiffe(), endpointId: noPath } })).toBe('COMITY_BUNDLE_ENDPOINT_INVALID')
  })
  it('is refused with a code, whatever its URL is', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true })),
        (url) => {
          const code = judge({ url })
          return code === undefined ? /^https:/i.test(url.trim()) : code === 'COMITY_BUNDLE_ENDPOINT_INVALID'
        },
      ),
    )
  })
})

describe('https_web', () => {
  it('[E11] [E17] [E15] [E27] gets a bundle with the three parameters and a root, as that of the trust domain it was asked for', async () => {
    const endpoint = await startWeb(() => acme.bundle())
    const bundle = await getFrom(endpoint, https_web)
    expect(bundle.trustDomain.name).toBe('acme.example')
    expect(formatTrustBundle(bundle)).toBe(formatTrustBundle(acme.bundle()))
    expect(endpoint.requests).toEqual([{ url: '/bundle?x=1', accept: 'application/json' }])
  })
  it('[E26] refuses a server that nobody vouches for, that has another name, or has expired', async () => {
    const stranger = await createCertificateAuthority()
    for (const certificate of [
      stranger.issue(),
      web.issue({ names: ['other.example'] }),
      web.issue({ notAfter: new Date(Date.now() - 60_000) }),
    ]) {
      const endpoint = await startWeb(
        () => acme.bundle(),
        () => undefined,
        certificate,
      )
      expect(await codeOfPromise(() => getFrom(endpoint, https_web))).toBe('COMITY_NET_TLS')
      expect(endpoint.requests).toEqual([])
    }
  })
  it('[E14] does not go over to the other profile', async () => {
    const endpoint = await startSpiffe(await svid(), () => acme.bundle())
    expect(await codeOfPromise(() => getFrom(endpoint, https_web))).toBe('COMITY_NET_TLS')
    const other = await startWeb(() => acme.bundle())
    expect(await codeOfPromise(() => getFrom(other, spiffe()))).toBe('COMITY_NET_TLS')
  })
})

describe('https_spiffe', () => {
  it('[E11] [E37] verifies the SPIFFE ID and not the host name', async () => {
    const endpoint = await startSpiffe(await svid(), () => acme.bundle())
    expect((await getFrom(endpoint, spiffe())).sequence).toBe(acme.bundle().sequence)
  })
  it('[E34] takes the first bundle as a document', async () => {
    const endpoint = await startSpiffe(await svid(), () => acme.bundle())
    const first = parseTrustBundle(trustDomain, formatTrustBundle(acme.bundle()))
    await expect(getFrom(endpoint, spiffe(serverId, createBundleSet([first])))).resolves.toBeDefined()
  })
  it('[E37] refuses another ID of the same trust domain', async () => {
    const endpoint = await startSpiffe(await svid('/other'), () => acme.bundle())
    expect(await codeOfPromise(() => getFrom(endpoint, spiffe()))).toBe('COMITY_SPIFFE_ID_NOT_AUTHORIZED')
    expect(endpoint.requests).toEqual([])
  })
  it('[E36] [E37] refuses the right ID by an authority that is not its own', async () => {
    const impostor = await createSpiffeAuthority('acme.example')
    const endpoint = await startSpiffe(await svid('/server', impostor), () => acme.bundle())
    expect(await codeOfPromise(() => getFrom(endpoint, spiffe()))).toBe('COMITY_NET_TLS')
    // By the caller's clock it has expired, which OpenSSL does not see.
    const late = { clock: { now: () => Date.now() / 1000 + 86_400 } }
    const good = await startSpiffe(await svid(), () => acme.bundle())
    expect(await codeOfPromise(() => getFrom(good, spiffe(), late))).toBe('COMITY_CERTIFICATE_EXPIRED')
  })
  it("[E35] takes the endpoint's own trust domain's bundle, where that is another, and nothing else", async () => {
    const endpoint = await startSpiffe(await svid('/server', globex), () => acme.bundle())
    const endpointId = parseSpiffeId('spiffe://globex.example/server')
    const acmeOnly = createBundleSet([acme.bundle()])
    expect(await codeOfPromise(() => getFrom(endpoint, spiffe(endpointId, acmeOnly)))).toBe(
      'COMITY_TRUST_DOMAIN_UNKNOWN',
    )
    const bundles = createBundleSet([globex.bundle()])
    expect((await getFrom(endpoint, spiffe(endpointId, bundles))).trustDomain.name).toBe('acme.example')
    expect(bundles.bundles().map((each) => each.trustDomain.name)).toEqual(['globex.example'])
  })
})

describe.each([
  [
    'https_web',
    async (answer: Answer) => ({ profile: https_web, endpoint: await startWeb(() => acme.bundle(), answer) }),
  ],
  [
    'https_spiffe',
    async (answer: Answer) => ({
      profile: spiffe(),
      endpoint: await startSpiffe(await svid(), () => acme.bundle(), answer),
    }),
  ],
] as const)('the answer of an endpoint (%s)', (_name, start) => {
  const fate = async (answer: Answer, more: object = {}) => {
    const { profile, endpoint } = await start(answer)
    const code = await codeOfPromise(() => getFrom(endpoint, profile, more))
    return { code, paths: endpoint.requests.map(({ url }) => url) }
  }

  it('[E28] may be a redirect within the origin, up to three, and none where none is wanted', async () => {
    const hop =
      (most: number): Answer =>
      (url) => {
        const hops = Number(/hop=(\d)/.exec(url)?.[1] ?? 0)
        return hops === most ? undefined : { status: 302, headers: { location: `/?hop=${String(hops + 1)}` } }
      }
    expect((await fate(hop(3))).code).toBeUndefined()
    expect((await fate(hop(4))).code).toBe('COMITY_NET_REDIRECT')
    expect(await fate(hop(1), { redirect: 'refuse' })).toEqual({
      code: 'COMITY_NET_REDIRECT',
      paths: ['/bundle?x=1'],
    })
  })
  it.each([
    'http://localhost/',
    'https://user@localhost/',
    'https://acme.example/',
    'ftp://localhost/',
    '//[',
  ])('[E24] [E28] is no redirect to %s', async (location) => {
    const { code } = await fate(() => ({ status: 307, headers: { location } }))
    expect(code).toMatch(/^COMITY_NET_(REDIRECT|URL_NOT_ALLOWED|ADDRESS_NOT_ALLOWED)$/)
  })
  it('is no redirect to another origin, though that one would have the right bundle', async () => {
    const { endpoint: elsewhere } = await start(() => undefined)
    const { profile, endpoint } = await start(() => ({ status: 302, headers: { location: elsewhere.url } }))
    const fetch = fetchFrom(endpoint, elsewhere)
    await expect(fetchBundle({ trustDomain, url: elsewhere.url, profile, fetch })).resolves.toBeDefined()
    expect(await codeOfPromise(() => fetchBundle({ trustDomain, url: endpoint.url, profile, fetch }))).toBe(
      'COMITY_NET_REDIRECT',
    )
    expect(elsewhere.requests).toHaveLength(1)
  })
  it('[E30] [E31] is not remembered when it was a redirect for good', async () => {
    const { profile, endpoint } = await start((url) =>
      url === '/here' ? undefined : { status: 301, headers: { location: '/here' } },
    )
    await getFrom(endpoint, profile)
    await getFrom(endpoint, profile)
    expect(endpoint.requests.map(({ url }) => url)).toEqual(['/bundle?x=1', '/here', '/bundle?x=1', '/here'])
  })
  it.each([204, 206, 304, 401, 404, 500])('is none with status %i', async (status) => {
    expect(
      (await fate(() => ({ status, body: status < 300 ? '' : formatTrustBundle(acme.bundle()) }))).code,
    ).toBe('COMITY_BUNDLE_UNAVAILABLE')
  })
  it('is none when it is no bundle, or too large', async () => {
    expect((await fate(() => ({ status: 200, body: '{"keys":null}' }))).code).toBe('COMITY_BUNDLE_MALFORMED')
    expect((await fate(() => ({ status: 200, body: ' '.repeat(4 * 1024 * 1024 + 1) }))).code).toBe(
      'COMITY_NET_TOO_LARGE',
    )
  })
  it('is none when it is no UTF-8', async () => {
    const body = Uint8Array.of(...new TextEncoder().encode('{"keys":[],"x":"'), 0xff, 0x22, 0x7d)
    expect((await fate(() => ({ status: 200, body }))).code).toBe('COMITY_BUNDLE_MALFORMED')
  })
  it('[E23] may be of any content type', async () => {
    const body = formatTrustBundle(acme.bundle())
    expect(
      (await fate(() => ({ status: 200, headers: { 'content-type': 'text/html' }, body }))).code,
    ).toBeUndefined()
  })
})

describe('what serves a bundle', () => {
  let bundle = withSequence(acme.bundle(), 7n)
  const handle = createBundleHandler({ getBundle: () => bundle })
  const ask = (init: RequestInit = {}) => handle(new Request('https://acme.example/any/path', init))

  it('[E12] [E22] [E23] [D2] [D5] answers with JSON in UTF-8 that says sequence and refresh hint', async () => {
    const response = await ask()
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await response.arrayBuffer())
    expect(JSON.parse(text)).toMatchObject({ spiffe_sequence: 7, spiffe_refresh_hint: 60 })
    expect(formatTrustBundle(parseTrustBundle(trustDomain, text))).toBe(text)
  })
  it('[E21] answers with the newest, and says when the caller has it', async () => {
    const etag = (await ask()).headers.get('etag') ?? ''
    for (const tag of [etag, `"x", W/${etag}`, '*']) {
      const same = await ask({ headers: { 'if-none-match': tag } })
      expect([same.status, await same.text()]).toEqual([304, ''])
    }
    bundle = withSequence(bundle, 8n)
    const next = await ask({ headers: { 'if-none-match': etag } })
    expect(next.status).toBe(200)
    expect(next.headers.get('cache-control')).toBe('no-cache')
    expect(parseTrustBundle(trustDomain, await next.text()).sequence).toBe(8n)
  })
  it('answers a HEAD without the body, and nothing but GET and HEAD', async () => {
    const [head, get] = [await ask({ method: 'HEAD' }), await ask()]
    expect([head.status, await head.text()]).toEqual([200, ''])
    expect(head.headers.get('content-length')).toBe(String((await get.arrayBuffer()).byteLength))
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
      const refused = await ask({ method })
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
  })
  it('[E20] asks nobody who they are', async () => {
    const endpoint = await startSpiffe(await svid(), () => acme.bundle())
    // The guarded fetch has no certificate to show, and sends no credentials.
    await expect(getFrom(endpoint, spiffe())).resolves.toBeDefined()
    expect((await ask({ headers: { authorization: 'Bearer none' } })).status).toBe(200)
  })
  it('fails as its source does', async () => {
    const failing = createBundleHandler({
      getBundle: () => {
        throw new Error('none yet')
      },
    })
    await expect(failing(new Request('https://acme.example/'))).rejects.not.toBeInstanceOf(ComityError)
  })
})
