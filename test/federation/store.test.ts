import { describe, expect, it } from 'vitest'
import { parseTrustDomain } from '../../src/spiffe/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { authorityOf, believe, createFederationWorld, type FederationWorld } from './world.ts'

const ACME = 'did:web:acme.localhost'
const AGENTS = 'did:web:agents.acme.localhost'
const BODY = 'did:web:body.localhost'
const NAME = 'acme.localhost'
const acme = parseTrustDomain(NAME)

async function claimed(world: FederationWorld, did = ACME, name = NAME) {
  const authority = await authorityOf(world, name)
  return { authority, ...(await world.claim(did, authority)) }
}

describe('a store', () => {
  it('[E6] has everything again after a restart, also while no host answers', async () => {
    const world = await createFederationWorld()
    const { authority } = await claimed(world)
    const store = createMemoryStore()
    const first = await world.federation({ store })
    await first.learn(ACME)
    await authority.rotate()
    world.serveBundle(authority)
    await world.timers.advance(60_000)
    await expect.poll(() => first.getBundle(acme)?.sequence).toBe(2n)
    await expect.poll(() => world.changes.at(-1)?.type).toBe('updated')
    await first.close()
    expect(first.bundles()).toEqual([])
    await expect(first.learn(ACME)).rejects.toHaveProperty('code', 'COMITY_NET_ABORTED')
    for (const url of world.pages.keys()) world.pages.set(url, 503)
    const second = await world.federation({ store })
    expect(second.getBundle(acme)?.sequence).toBe(2n)
    await second.confirm()
    expect(second.getBundle(acme)).toBeDefined()
  })

  it('remembers what a claim is believed by', async () => {
    const world = await createFederationWorld()
    const { url } = await claimed(world, ACME, 'payments.example')
    const claims = { trustDomain: 'payments.example', bundleEndpoint: url, profile: 'https_web' }
    const token = await world.attest(BODY, ACME, claims)
    const store = createMemoryStore()
    const options = { store, trust: believe(BODY) }
    await (await world.federation(options)).learn(ACME, { credentials: [token] })
    const second = await world.federation(options)
    expect(second.bundles()).toHaveLength(1)
    await second.confirm()
    expect(second.bundles()).toHaveLength(1)
    world.clock.advance(3600)
    const third = await world.federation(options)
    expect(third.bundles()).toEqual([])
    expect(await store.list('')).toEqual([])
  })

  it('is for all processes: another DID there, a newer bundle there', async () => {
    const world = await createFederationWorld()
    const name = 'x.agents.acme.localhost'
    const { authority, url } = await claimed(world, ACME, name)
    const old = world.pages.get(url)!
    const store = createMemoryStore()
    const [one, two] = [await world.federation({ store }), await world.federation({ store })]
    await authority.rotate()
    world.serveBundle(authority)
    await one.learn(ACME)
    world.pages.set(url, old)
    await expect(two.learn(ACME)).rejects.toHaveProperty('code', 'COMITY_BUNDLE_ROLLBACK')
    await claimed(world, AGENTS, name)
    await expect(two.learn(AGENTS)).rejects.toHaveProperty('code', 'COMITY_TRUST_DOMAIN_TAKEN')
    expect(two.bundles()).toEqual([])
    expect(world.timers.size).toBe(3)
  })

  it('tells of what another process has ended', async () => {
    const world = await createFederationWorld()
    await claimed(world)
    const store = createMemoryStore()
    const [one, two] = [await world.federation({ store }), await world.federation({ store })]
    await one.learn(ACME)
    await two.learn(ACME)
    await one.end(acme)
    await two.confirm()
    expect(two.bundles()).toEqual([])
  })

  it('gives way to configuration', async () => {
    const world = await createFederationWorld()
    await claimed(world)
    const store = createMemoryStore()
    await (await world.federation({ store })).learn(ACME)
    const second = await world.federation({ store, reserved: [NAME] })
    expect(second.bundles()).toEqual([])
    expect(await store.list('')).toEqual([])
  })

  it.each(['{}', 'x', '{"organization":"did:web:acme.localhost","source":{},"confirmedAt":1,"bundle":"{}"}'])(
    'that is damaged is refused: %s',
    async (value) => {
      const world = await createFederationWorld()
      const store = createMemoryStore()
      await store.put(`federation/trust-domain/${NAME}`, value)
      await expect(world.federation({ store })).rejects.toHaveProperty('code', 'COMITY_STORE_CORRUPT')
    },
  )
})

describe('options', () => {
  it.each([
    { pinned: [{ did: 'acme', trustDomain: NAME }] },
    { pinned: [{ did: ACME, trustDomain: 'ACME' }] },
    { reserved: ['spiffe://acme.localhost'] },
    { maxTrustDomains: 0 },
    { confirmSeconds: 59 },
    { whenFull: 'other' as 'evict' },
    { resolver: {} as never },
    { trust: {} as never },
    { fetch: {} as never },
  ])('are checked: %j', async (options) => {
    const world = await createFederationWorld()
    await expect(world.federation(options)).rejects.toBeInstanceOf(TypeError)
  })

  it('of a question are bounded', async () => {
    const world = await createFederationWorld()
    const federation = await world.federation()
    const credentials = Array.from({ length: 5 }, () => 'a.b.c')
    await expect(federation.learn(ACME, { credentials })).rejects.toBeInstanceOf(TypeError)
  })
})
