import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import {
  createBundleSet,
  parseTrustDomain,
  verifyJwtSvid,
  verifyX509Svid,
  type X509Svid,
} from '../../src/spiffe/index.ts'
import {
  createSpiffeAuthority,
  type FakeWorkloadApiMethod,
  type SpiffeAuthority,
} from '../../src/testing/index.ts'
import {
  askFor,
  encodeAnswer,
  iterate,
  next,
  startEndpoint,
  svidMessage,
  type Endpoint,
} from './workload-api-support.ts'

let endpoint: Endpoint
let globex: SpiffeAuthority
let svid: X509Svid
let token: string

beforeAll(async () => {
  endpoint = await startEndpoint()
  globex = await createSpiffeAuthority('globex.example')
  svid = await endpoint.authority.issueX509Svid('/workload', { withIntermediate: true })
  token = await endpoint.authority.issueJwtSvid('/workload', ['globex', 'initech'])
})
afterAll(() => endpoint[Symbol.asyncDispose]())

const answered = (method: FakeWorkloadApiMethod, message: object | Uint8Array) =>
  askFor(endpoint, method, message)

const one = () => svidMessage(svid, endpoint.authority)
const context = (change: object = {}, rest: object = {}) => ({ svids: [{ ...one(), ...change }], ...rest })
const x509Of = (authority: SpiffeAuthority) =>
  Buffer.concat(authority.bundle().x509Authorities.map(({ der }) => der))
const jwksOf = (authority: SpiffeAuthority, more: object = {}) => {
  const keys = [...authority.bundle().jwtAuthorities.values()].map(({ kid, jwk }) => ({
    ...jwk,
    kid,
    ...more,
  }))
  return Buffer.from(JSON.stringify({ keys }))
}
const jwt = (change: object = {}) => ({ svids: [{ spiffeId: svid.id.uri, svid: token, ...change }] })
const empty = Buffer.alloc(0)
const missing = (field: string) => ({ code: 'COMITY_WORKLOAD_API_FIELD_MISSING', details: { field } })
const mismatch = (field: string) => ({ code: 'COMITY_WORKLOAD_API_MISMATCH', details: { field } })
const claims = (sub: string) => ({ fields: { sub: { kind: 'stringValue', stringValue: sub } } })

describe('an answer of the Workload API', () => {
  it.each<[string, FakeWorkloadApiMethod, () => object]>([
    ['spiffe_id', 'FetchX509SVID', () => context({ spiffeId: '' })],
    ['x509_svid', 'FetchX509SVID', () => context({ x509Svid: empty })],
    ['x509_svid_key', 'FetchX509SVID', () => context({ x509SvidKey: empty })],
    ['bundle', 'FetchX509SVID', () => context({ bundle: empty })],
    ['svids', 'FetchX509SVID', () => ({})],
    ['bundles', 'FetchX509Bundles', () => ({})],
    ['bundles', 'FetchJWTBundles', () => ({})],
    ['svids', 'FetchJWTSVID', () => ({})],
    ['spiffe_id', 'FetchJWTSVID', () => jwt({ spiffeId: '' })],
    ['svid', 'FetchJWTSVID', () => jwt({ svid: '' })],
    ['spiffe_id', 'ValidateJWTSVID', () => ({ claims: claims(svid.id.uri) })],
    ['claims', 'ValidateJWTSVID', () => ({ spiffeId: svid.id.uri })],
    ['claims', 'ValidateJWTSVID', () => ({ spiffeId: svid.id.uri, claims: {} })],
  ])('[G12] [G18] [G26] [G31] without %s (%s) is refused', async (field, method, message) => {
    await expect(answered(method, message())).rejects.toMatchObject(missing(field))
  })

  it.each<[string, () => object]>([
    ['spiffe_id', () => context({ spiffeId: '' })],
    ['x509_svid', () => context({ x509Svid: empty })],
    ['x509_svid_key', () => context({ x509SvidKey: empty })],
    ['bundle', () => context({ bundle: empty })],
    ['svids', () => ({})],
  ])(
    '[G12] without %s is reported and thrown away while watching, and what was had stays',
    async (field, bad) => {
      await using own = await startEndpoint()
      const watch = iterate(own.client.watchX509Context())
      await next(watch)
      const following = next(watch)
      own.api.setFault({ bytes: encodeAnswer('FetchX509SVID', bad()) })
      await vi.waitFor(() => expect(own.reports).toEqual([expect.objectContaining(missing(field))]))
      expect(own.api.openStreams).toBe(1)
      own.api.setFault(undefined)
      expect((await following).svids[0]!.id.path).toBe('/workload')
    },
  )

  it('[G9] [G10] replaces what was there before: federated bundles and revocation lists that are gone are gone', async () => {
    await using own = await startEndpoint({ federatedBundles: [globex.bundle()] })
    const full = context(
      {},
      { crl: [Buffer.from([1])], federatedBundles: { [globex.trustDomain.uri]: x509Of(globex) } },
    )
    own.api.setFault({ bytes: encodeAnswer('FetchX509SVID', full) }, 'FetchX509SVID')
    const [contexts, x509, tokens] = [
      iterate(own.client.watchX509Context()),
      iterate(own.client.watchX509Bundles()),
      iterate(own.client.watchJwtBundles()),
    ]
    const first = await next(contexts)
    expect([first.bundles.length, first.crls]).toEqual([2, [new Uint8Array([1])]])
    expect([(await next(x509)).length, (await next(tokens)).length]).toEqual([2, 2])
    own.api.setFault({ bytes: encodeAnswer('FetchX509SVID', context()) }, 'FetchX509SVID')
    own.api.setFederatedBundles([])
    const second = await next(contexts)
    expect([second.bundles.length, second.crls]).toEqual([1, []])
    expect([(await next(x509)).length, (await next(tokens)).length]).toEqual([1, 1])
  })

  it('[G14] names trust domains by SPIFFE ID or by bare name, and in no other way', async () => {
    for (const [method, bundle] of [
      ['FetchX509Bundles', x509Of(globex)],
      ['FetchJWTBundles', jwksOf(globex)],
    ] as const) {
      for (const key of ['globex.example', 'spiffe://globex.example']) {
        const bundles = await answered(method, { bundles: { [key]: bundle } })
        expect(bundles).toEqual([expect.objectContaining({ trustDomain: globex.trustDomain })])
      }
      for (const key of ['', 'spiffe://globex.example/a', 'SPIFFE://globex.example', 'globex.example/'])
        await expect(answered(method, { bundles: { [key]: bundle } })).rejects.toBeInstanceOf(ComityError)
      const twice = { 'globex.example': bundle, 'spiffe://globex.example': bundle }
      await expect(answered(method, { bundles: twice })).rejects.toMatchObject({
        code: 'COMITY_WORKLOAD_API_MESSAGE',
      })
    }
  })

  it('[G15] [G16] has the leaf first and keeps the intermediates, with the key of the leaf', async () => {
    const read = (await answered('FetchX509SVID', context())) as { svids: X509Svid[] }
    expect(read.svids[0]!.chain.map(({ der }) => der)).toEqual(svid.chain.map(({ der }) => der))
    expect(read.svids[0]!.chain).toHaveLength(2)
    expect(read.svids[0]!.privateKey).toEqual(svid.privateKey)
    const backwards = Buffer.concat(svid.chain.map(({ der }) => der).reverse())
    await expect(answered('FetchX509SVID', context({ x509Svid: backwards }))).rejects.toBeInstanceOf(
      ComityError,
    )
    const other = await endpoint.authority.issueX509Svid('/workload')
    for (const x509SvidKey of [Buffer.from(other.privateKey), Buffer.from('no key')])
      await expect(answered('FetchX509SVID', context({ x509SvidKey }))).rejects.toMatchObject({
        code: 'COMITY_X509_SVID_KEY',
      })
  })

  it.each<[string, FakeWorkloadApiMethod, () => object]>([
    ['an SVID of another ID', 'FetchX509SVID', () => context({ spiffeId: 'spiffe://acme.example/other' })],
    ['a token of another ID', 'FetchJWTSVID', () => jwt({ spiffeId: 'spiffe://acme.example/other' })],
    [
      'claims of another ID',
      'ValidateJWTSVID',
      () => ({ spiffeId: svid.id.uri, claims: claims('spiffe://a/b') }),
    ],
  ])('[G26] with %s than it says is refused', async (_, method, message) => {
    await expect(answered(method, message())).rejects.toMatchObject(mismatch('spiffe_id'))
  })

  it('with a token for another audience, or another ID than was asked for, is refused', async () => {
    endpoint.api.setFault({ bytes: encodeAnswer('FetchJWTSVID', jwt()) }, 'FetchJWTSVID')
    const { client } = endpoint
    await expect(client.fetchJwtSvids({ audience: ['globex', 'hooli'] })).rejects.toMatchObject(
      mismatch('audience'),
    )
    const other = (await endpoint.authority.issueX509Svid('/other')).id
    await expect(client.fetchJwtSvids({ audience: 'globex', id: other })).rejects.toMatchObject(
      mismatch('spiffe_id'),
    )
    await expect(client.fetchJwtSvids({ audience: 'initech', id: svid.id })).resolves.toHaveLength(1)
  })

  it('[G17] [G27] has X.509 bundles for X.509-SVIDs only, and JWT bundles for JWT-SVIDs only', async () => {
    endpoint.api.setFault(undefined)
    const [x509, jwts] = [await endpoint.client.fetchX509Bundles(), await endpoint.client.fetchJwtBundles()]
    const now = Date.now() / 1000
    const chain = svid.chain.map(({ der }) => der)
    const [forX509, forJwt] = [createBundleSet(x509), createBundleSet(jwts)]
    await verifyX509Svid(chain, { bundles: forX509, now })
    await verifyJwtSvid(token, { bundles: forJwt, audience: 'globex', now })
    await expect(verifyX509Svid(chain, { bundles: forJwt, now })).rejects.toMatchObject({
      code: 'COMITY_CERTIFICATE_PATH',
    })
    await expect(verifyJwtSvid(token, { bundles: forX509, audience: 'globex', now })).rejects.toMatchObject({
      code: 'COMITY_JWT_AUTHORITY_UNKNOWN',
    })
  })

  it('[G28] has JWT bundles whose keys say no use, and drops keys of another use', async () => {
    const plain = await answered('FetchJWTBundles', { bundles: { 'globex.example': jwksOf(globex) } })
    expect((plain as { jwtAuthorities: Map<string, unknown> }[])[0]!.jwtAuthorities.size).toBe(1)
    const foreign = { bundles: { 'globex.example': jwksOf(globex, { use: 'x509-svid' }) } }
    const dropped = (await answered('FetchJWTBundles', foreign)) as { jwtAuthorities: Map<string, unknown> }[]
    expect(dropped[0]!.jwtAuthorities.size).toBe(0)
  })

  it('[G20] [G34] keeps the order, and of two SVIDs with one hint the first', async () => {
    const paths = ['/c', '/a', '/b', '/d']
    const svids = await Promise.all(
      paths.map(async (path, index) => {
        const hint = ['x', '', 'x', ''][index]!
        return svidMessage(await endpoint.authority.issueX509Svid(path, { hint }), endpoint.authority)
      }),
    )
    const read = (await answered('FetchX509SVID', { svids })) as { svids: X509Svid[] }
    expect(read.svids.map(({ id }) => id.path)).toEqual(['/c', '/a', '/d'])
    expect(endpoint.reports.map(({ details }) => details)).toEqual([{ field: 'hint' }])
    const tokens = {
      svids: [...jwt({ hint: 'x' }).svids, ...jwt({ hint: 'x' }).svids, ...jwt().svids, ...jwt().svids],
    }
    expect(((await answered('FetchJWTSVID', tokens)) as unknown[]).length).toBe(3)
  })

  it('[G35] drops an SVID with a hint of more than 1024 bytes', async () => {
    const long = ['x'.repeat(1025), 'ä'.repeat(513)]
    for (const hint of long) {
      await expect(answered('FetchX509SVID', context({ hint }))).rejects.toMatchObject({
        code: 'COMITY_WORKLOAD_API_MESSAGE',
      })
      const two = {
        svids: [
          { ...one(), hint },
          { ...one(), hint: 'ä'.repeat(512) },
        ],
      }
      expect(((await answered('FetchX509SVID', two)) as { svids: unknown[] }).svids).toHaveLength(1)
      await expect(answered('FetchJWTSVID', jwt({ hint }))).rejects.toBeInstanceOf(ComityError)
    }
  })

  it('takes at most 256 SVIDs', async () => {
    const many = (count: number) => ({ svids: Array.from({ length: count }, () => jwt().svids[0]) })
    await expect(answered('FetchJWTSVID', many(256))).resolves.toHaveLength(256)
    await expect(answered('FetchJWTSVID', many(257))).rejects.toMatchObject({ details: { field: 'svids' } })
    await expect(
      answered('FetchX509SVID', { svids: Array.from({ length: 257 }, () => ({ spiffeId: 'a' })) }),
    ).rejects.toMatchObject({ details: { field: 'svids' } })
  })

  it('cannot replace the bundle of the own trust domain by a federated one', async () => {
    const rogue = await createSpiffeAuthority('acme.example')
    const message = context({}, { federatedBundles: { 'spiffe://acme.example': x509Of(rogue) } })
    const { bundles } = (await answered('FetchX509SVID', message)) as {
      bundles: { x509Authorities: { der: Uint8Array }[] }[]
    }
    expect(bundles).toHaveLength(1)
    expect(bundles[0]!.x509Authorities.map(({ der }) => der)).toEqual(
      endpoint.authority.bundle().x509Authorities.map(({ der }) => der),
    )
  })

  it('loses a federated bundle that is malformed, and nothing else', async () => {
    const federatedBundles = {
      'spiffe://bad.example': Buffer.from('no'),
      'spiffe://globex.example': x509Of(globex),
    }
    const read = (await answered('FetchX509SVID', context({}, { federatedBundles }))) as { bundles: object[] }
    expect(read.bundles).toHaveLength(2)
    expect(createBundleSet(read.bundles as never).getBundle(parseTrustDomain('bad.example'))).toBeUndefined()
    expect(endpoint.reports.map(({ code }) => code)).toEqual(['COMITY_CERTIFICATE_MALFORMED'])
    await expect(
      answered('FetchX509Bundles', { bundles: { 'bad.example': Buffer.from('no') } }),
    ).rejects.toMatchObject({ code: 'COMITY_CERTIFICATE_MALFORMED' })
    await expect(
      answered('FetchJWTBundles', { bundles: { 'bad.example': Buffer.from('no') } }),
    ).rejects.toMatchObject({
      code: 'COMITY_BUNDLE_MALFORMED',
    })
  })

  it('[G30] gives claims back as they are, and refuses values that are none', async () => {
    const nested = (depth: number): object =>
      depth === 0 ? { kind: 'boolValue', boolValue: true } : { listValue: { values: [nested(depth - 1)] } }
    const withClaim = (value: object) => ({
      spiffeId: svid.id.uri,
      claims: { fields: { ...claims(svid.id.uri).fields, x: value } },
    })
    await expect(answered('ValidateJWTSVID', withClaim({ numberValue: 1.5 }))).resolves.toMatchObject({
      claims: { x: 1.5 },
    })
    await expect(answered('ValidateJWTSVID', withClaim(nested(31)))).resolves.toBeDefined()
    for (const value of [{}, { numberValue: NaN }, { numberValue: Infinity }, nested(32), nested(40)])
      await expect(answered('ValidateJWTSVID', withClaim(value))).rejects.toMatchObject({
        code: 'COMITY_WORKLOAD_API_MESSAGE',
      })
  })
})
