import { describe, expect, it } from 'vitest'
import { spiffeTrustDomainService } from '../../src/did/index.ts'
import { publishFirstBundle } from '../../src/federation/index.ts'
import { formatTrustBundle, type X509Svid } from '../../src/spiffe/index.ts'
import type { SpiffeAuthority } from '../../src/testing/index.ts'
import { authorityOf, createFederationWorld, type FederationWorld } from './world.ts'

const ACME = 'did:web:acme.localhost'
const FIRST = 'https://acme.localhost/first-bundle.json'

interface Endpoint {
  readonly authority: SpiffeAuthority
  readonly url: string
  readonly asked: () => number
  svid: X509Svid
  body: () => string
}

/** An organization whose bundle endpoint shows an SVID. */
async function createEndpoint(world: FederationWorld): Promise<Endpoint> {
  const authority = await authorityOf(world, 'acme.localhost')
  const state = {
    svid: await authority.issueX509Svid('/spire/server'),
    body: () => formatTrustBundle(authority.bundle()),
  }
  const { url, asked } = await world.serveSpiffe(
    () => state.svid,
    () => state.body(),
  )
  return Object.assign(state, { authority, url, asked })
}

/** Publishes what the first bundle is now. */
async function publish(world: FederationWorld, { authority, url }: Endpoint, id = '/spire/server') {
  const { file, firstBundle } = publishFirstBundle(authority.bundle(), FIRST)
  world.pages.set(FIRST, file.body)
  const service = spiffeTrustDomainService({
    trustDomain: 'acme.localhost',
    bundleEndpoint: url,
    profile: 'https_spiffe',
    endpointSpiffeId: `spiffe://acme.localhost${id}`,
    firstBundle,
  })
  await world.publish(ACME, { services: [service] })
}

describe('an endpoint that shows an SVID', () => {
  it('[E34] is authenticated by the first bundle, and then by the newest', async () => {
    const world = await createFederationWorld()
    const endpoint = await createEndpoint(world)
    await publish(world, endpoint)
    const federation = await world.federation()
    const { trustDomain } = await federation.learn(ACME)
    expect(endpoint.asked()).toBe(1)
    expect(federation.getBundle(trustDomain)?.sequence).toBe(1n)

    await endpoint.authority.rotate()
    await world.timers.advance(60_000)
    await expect.poll(() => federation.getBundle(trustDomain)?.sequence).toBe(2n)
    endpoint.svid = await endpoint.authority.issueX509Svid('/spire/server')
    // The first answer of the new SVID comes on the connection after this one.
    await world.timers.advance(60_000)
    await expect.poll(() => world.log.at(-1)?.event).toBe('bundle.unchanged')
    expect(endpoint.asked()).toBe(3)
    endpoint.authority.dropOld()
    await world.timers.advance(60_000)
    await expect.poll(() => federation.getBundle(trustDomain)?.sequence).toBe(3n)
    expect(world.changes.map(({ type }) => type)).toEqual(['learned', 'updated', 'updated'])
  })

  it('is not asked when the first bundle is another one than the document names', async () => {
    const world = await createFederationWorld()
    const endpoint = await createEndpoint(world)
    await publish(world, endpoint)
    const other = await authorityOf(world, 'acme.localhost')
    for (const body of [formatTrustBundle(other.bundle()), `${world.pages.get(FIRST) as string} `]) {
      world.pages.set(FIRST, body)
      const federation = await world.federation()
      await expect(federation.learn(ACME)).rejects.toHaveProperty('code', 'COMITY_BUNDLE_DIGEST')
      expect(federation.bundles()).toEqual([])
    }
    world.pages.set(FIRST, 404)
    const federation = await world.federation()
    await expect(federation.learn(ACME)).rejects.toHaveProperty('code', 'COMITY_NET_RESPONSE_INVALID')
    expect(endpoint.asked()).toBe(0)
  })

  it('is refused when it shows another SVID', async () => {
    const world = await createFederationWorld()
    const endpoint = await createEndpoint(world)
    await publish(world, endpoint, '/spire/other')
    const federation = await world.federation()
    await expect(federation.learn(ACME)).rejects.toHaveProperty('code', 'COMITY_SPIFFE_ID_NOT_AUTHORIZED')
    expect(federation.bundles()).toEqual([])
    expect(world.timers.size).toBe(1)
  })

  it('is refused when it serves an older bundle than the first', async () => {
    const world = await createFederationWorld()
    const endpoint = await createEndpoint(world)
    const old = formatTrustBundle(endpoint.authority.bundle())
    await endpoint.authority.rotate()
    await publish(world, endpoint)
    endpoint.body = () => old
    const federation = await world.federation()
    await expect(federation.learn(ACME)).rejects.toHaveProperty('code', 'COMITY_BUNDLE_ROLLBACK')
    expect(federation.bundles()).toEqual([])
  })
})

describe('publishFirstBundle', () => {
  it('takes an https URL without query or fragment', async () => {
    const world = await createFederationWorld()
    const bundle = (await authorityOf(world, 'acme.localhost')).bundle()
    for (const url of [
      'http://acme.localhost/a',
      'https://acme.localhost/a?b',
      'https://acme.localhost/a#b',
      'a',
    ]) {
      expect(() => publishFirstBundle(bundle, url)).toThrow(TypeError)
    }
    expect(publishFirstBundle(bundle, FIRST).file).toMatchObject({ path: '/first-bundle.json' })
  })
})
