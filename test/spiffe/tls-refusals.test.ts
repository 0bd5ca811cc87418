import { createServer, connect, type SecureContextOptions } from 'node:tls'
import { describe, expect, it } from 'vitest'
import {
  authorizeAny,
  authorizeId,
  authorizeMemberOf,
  createBundleSet,
  createTrustBundle,
  formatPem,
  parseCertificate,
  parseSpiffeId,
  parseTrustDomain,
  type TrustBundle,
} from '../../src/spiffe/index.ts'
import { connectTls, tlsServerOptions } from '../../src/spiffe/tls.ts'
import { createCertificateAuthority, createSpiffeAuthority } from '../../src/testing/index.ts'
import { forge, forgeLeaf, KeyUsageFlags, type Party, type Recipe } from './forge.ts'
import {
  acme,
  always,
  both,
  client,
  echoed,
  failure,
  globex,
  listen,
  say,
  server,
  startEcho,
} from './tls-support.ts'

const seconds = Math.floor(Date.now() / 1000)
const valid = { notBefore: seconds - 60, notAfter: seconds + 600 }

const rootOf = (name: string) =>
  forge({ name: `O=SPIFFE, CN=${name}`, names: [{ type: 'url', value: `spiffe://${name}` }], ...valid })
const bundleOf = (name: string, ...roots: readonly Party[]): TrustBundle =>
  createTrustBundle({
    trustDomain: parseTrustDomain(name),
    x509Authorities: roots.map(({ der }) => parseCertificate(der)),
  })

/** The authorities of two trust domains whose keys the tests have, so that they can sign what must not be. */
const [rootA, rootB] = [await rootOf('a.example'), await rootOf('b.example')]
const forged = createBundleSet([bundleOf('a.example', rootA), bundleOf('b.example', rootB)])

/** What OpenSSL takes. */
async function pemOf(...[leaf, ...others]: readonly [Party, ...Party[]]): Promise<SecureContextOptions> {
  const key = new Uint8Array(await crypto.subtle.exportKey('pkcs8', leaf.keys.privateKey))
  const cert = [leaf, ...others].map(({ der }) => formatPem('CERTIFICATE', der)).join('')
  return { key: formatPem('PRIVATE KEY', key), cert }
}

/** Shows a client's certificate to one of our servers; says why it was refused, by whom it was not. */
async function show(shown: SecureContextOptions, bundles = forged, now?: number) {
  const { port, refusals, admitted } = await startEcho({
    bundles,
    ...(now !== undefined && { clock: { now: () => now } }),
  })
  const ca = both()
    .getBundle(acme.trustDomain)!
    .x509Authorities.map(({ der }) => formatPem('CERTIFICATE', der))
  const socket = connect({ host: '127.0.0.1', port, ca, checkServerIdentity: () => undefined, ...shown })
  const isRefused = (await failure(echoed(socket))) !== undefined
  return { isRefused, admitted: admitted.length, codes: refusals.map(({ code }) => code) }
}

/** Connects one of our clients to a server that shows a certificate; says what the connection fails with. */
async function visit(
  shown: SecureContextOptions,
  bundles = forged,
  now?: number,
): Promise<string | undefined> {
  const { port } = await listen(createServer(shown, (socket) => socket.pipe(socket)))
  const rules = {
    bundles,
    authorize: authorizeAny(),
    ...(now !== undefined && { clock: { now: () => now } }),
  }
  return failure(echoed(connectTls(rules, { host: '127.0.0.1', port })))
}

describe('the controls', () => {
  it('let a forged SVID in that has no fault', async () => {
    const leaf = await pemOf(await forgeLeaf(rootA, 'spiffe://a.example/w', valid))
    expect(await show(leaf)).toEqual({ isRefused: false, admitted: 1, codes: [] })
    expect(await visit(leaf)).toBeUndefined()
  })
  it('[B3] let one in that has other names beside', async () => {
    const names = [
      { type: 'url', value: 'spiffe://a.example/w' },
      { type: 'dns', value: 'w.example' },
    ] as const
    const leaf = await pemOf(await forgeLeaf(rootA, undefined, { ...valid, names }))
    expect(await show(leaf)).toEqual({ isRefused: false, admitted: 1, codes: [] })
    expect(await visit(leaf)).toBeUndefined()
  })
})

describe.each([
  ['a server', async (...shown: Parameters<typeof show>) => (await show(...shown)).codes[0]],
  ['a client', visit],
])('%s refuses', (who, fate) => {
  const leafOf = async (recipe: Recipe = {}, root = rootA, uri = 'spiffe://a.example/w') =>
    pemOf(await forgeLeaf(root, uri, { ...valid, ...recipe }))
  const openssl = (onServer: string, onClient: string | RegExp) => (who === 'a server' ? onServer : onClient)

  it('[G13] a peer of a trust domain without a bundle', async () => {
    const leaf = await leafOf({}, rootB, 'spiffe://b.example/w')
    expect(await fate(leaf, createBundleSet([bundleOf('a.example', rootA)]))).toMatch(/UNABLE_TO|DEPTH_ZERO/)
  })
  it('[G13] such a peer also where another trust domain has the same authority', async () => {
    const leaf = await leafOf({}, rootA, 'spiffe://b.example/w')
    expect(await fate(leaf, createBundleSet([bundleOf('a.example', rootA)]))).toBe(
      'COMITY_TRUST_DOMAIN_UNKNOWN',
    )
  })
  it("[B26] [E10] a peer of one trust domain with the other's authority, where both bundles are loaded", async () => {
    expect(await fate(await leafOf({}, rootB))).toBe('COMITY_CERTIFICATE_PATH')
  })
  it('[B24] a certificate that has expired', async () => {
    expect(await fate(await leafOf({ notAfter: seconds - 5 }))).toBe('CERT_HAS_EXPIRED')
  })
  it('[B24] one that has expired by our own clock', async () => {
    expect(await fate(await leafOf(), forged, valid.notAfter + 1)).toBe('COMITY_CERTIFICATE_EXPIRED')
    expect(await fate(await leafOf(), forged, valid.notBefore - 1)).toBe('COMITY_CERTIFICATE_NOT_YET_VALID')
  })
  it('[B10] [B11] the certificate of an authority in the place of a leaf', async () => {
    expect(await fate(await pemOf(rootA))).toMatch(/^(COMITY_|INVALID_PURPOSE|DEPTH_ZERO)/)
    const path = [{ type: 'url', value: 'spiffe://a.example/w' }] as const
    const both = await forge({
      issuer: rootA,
      names: path,
      keyUsage: KeyUsageFlags.digitalSignature | KeyUsageFlags.keyCertSign,
      ...valid,
    })
    expect(await fate(await pemOf(both))).toBe('COMITY_X509_SVID_CA')
  })
  it('[B1] a certificate of the web, also when its authority is in the bundle', async () => {
    const web = await createCertificateAuthority()
    const shown = await web.issue()
    expect(await fate(shown)).toMatch(openssl('INVALID_PURPOSE', /UNABLE_TO/))
    const der = parsePemDer(web.ca)
    const bundle = createTrustBundle({
      trustDomain: parseTrustDomain('a.example'),
      x509Authorities: [parseCertificate(der)],
    })
    // It is for servers alone, which is what OpenSSL refuses it for when a client shows it.
    expect(await fate(shown, createBundleSet([bundle]))).toBe(
      openssl('INVALID_PURPOSE', 'COMITY_X509_SVID_URI'),
    )
  })
  it('[B2] [B4] [B25] a leaf without one good SPIFFE ID that has a path', async () => {
    expect(await fate(await leafOf({}, rootA, 'spiffe://a.example'))).toBe('COMITY_SPIFFE_ID_INVALID')
    expect(await fate(await leafOf({}, rootA, 'https://a.example/w'))).toBe('COMITY_SPIFFE_ID_INVALID')
    const uri = { type: 'url', value: 'spiffe://a.example/w' } as const
    expect(await fate(await leafOf({ names: [uri, uri] }))).toBe('COMITY_X509_SVID_URI')
  })
  it('[B33] [D9] whomever the bundle has no authority for', async () => {
    expect(await fate(await leafOf(), createBundleSet([bundleOf('a.example')]))).toMatch(
      /UNABLE_TO|DEPTH_ZERO/,
    )
  })
})

const parsePemDer = (pem: string): Uint8Array =>
  new Uint8Array(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64'))

describe('who may not', () => {
  const somebodyElse = authorizeId(parseSpiffeId('spiffe://globex.example/other'))

  it('is refused by a server, though the SVID is good', async () => {
    const { port, refusals, admitted } = await startEcho({ authorize: somebodyElse })
    expect(await failure(say(port))).toBeDefined()
    expect(refusals).toMatchObject([{ code: 'COMITY_SPIFFE_ID_NOT_AUTHORIZED' }])
    expect(admitted).toEqual([])
  })
  it('is refused by a client, before it sends anything', async () => {
    const heard: unknown[] = []
    const options = tlsServerOptions({ source: server })
    const { port } = await listen(
      options.secure(createServer(options, (socket) => socket.on('data', (data) => heard.push(data)))),
    )
    const authorize = authorizeId(parseSpiffeId('spiffe://acme.example/other'))
    expect(await failure(say(port, { authorize }))).toBe('COMITY_SPIFFE_ID_NOT_AUTHORIZED')
    expect(heard).toEqual([])
  })
  it('is not let in by an authorizer that says no by what it returns', async () => {
    for (const authorize of [() => false, () => Promise.resolve()]) {
      const { port, admitted } = await startEcho({ authorize: authorize as unknown as () => undefined })
      await expect(say(port)).rejects.toBeDefined()
      expect(admitted).toEqual([])
    }
  })

  it('is not even trusted when of a trust domain that the authorizer does not name', async () => {
    const { port, refusals } = await startEcho({ authorize: authorizeMemberOf(acme.trustDomain) })
    expect(await failure(say(port))).toBeDefined()
    expect(refusals[0]?.code).toMatch(/UNABLE_TO/)
  })
  it('shows no certificate', async () => {
    const { port, refusals, admitted } = await startEcho()
    const anonymous = connectTls({ bundles: both(), authorize: authorizeAny() }, { host: '127.0.0.1', port })
    expect(await failure(echoed(anonymous))).toBeDefined()
    expect(refusals).toMatchObject([{ code: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE' }])
    expect(admitted).toEqual([])
  })
  it('shows no certificate to a server that lost what it asks of OpenSSL', async () => {
    const options = tlsServerOptions({ source: server, bundles: both(), authorize: authorizeAny() })
    const { port, refusals } = await listen(
      options.secure(
        createServer({ ...options, rejectUnauthorized: false }, (socket) => socket.pipe(socket)),
      ),
    )
    const anonymous = connectTls({ bundles: both(), authorize: authorizeAny() }, { host: '127.0.0.1', port })
    expect(await failure(echoed(anonymous))).toBeDefined()
    expect(refusals).toMatchObject([{ code: 'COMITY_CERTIFICATE_MALFORMED' }])
  })
  it('is of another authority of the same name', async () => {
    const impostor = await createSpiffeAuthority('globex.example')
    const { port, refusals } = await startEcho()
    expect(
      await failure(say(port, { source: always(await impostor.issueX509Svid('/client')) })),
    ).toBeDefined()
    expect(refusals).toHaveLength(1)
    expect(
      await failure(say(port, { source: always(await globex.issueX509Svid('/client')) })),
    ).toBeUndefined()
    expect(await failure(say(port, { source: client }))).toBeUndefined()
  })
})
