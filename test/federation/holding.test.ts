import { describe, expect, it } from 'vitest'
import { spiffeTrustDomainService } from '../../src/did/index.ts'
import { combineBundleSources, createBundleSet, parseTrustDomain } from '../../src/spiffe/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { authorityOf, createFederationWorld, type FederationWorld } from './world.ts'

const ACME = 'did:web:acme.localhost'
const AGENTS = 'did:web:agents.acme.localhost'
const BODY = 'did:web:body.localhost'
const GLOBEX = 'did:web:globex.localhost'
const NAME = 'acme.localhost'
const acme = parseTrustDomain(NAME)

async function claimed(world: FederationWorld, did = ACME, name = NAME) {
  const authority = await authorityOf(world, name)
  return { authority, ...(await world.claim(did, authority)) }
}

describe('a trust domain that is held', () => {
  it('[E10] is nobody else’s, however well that one is believed', async () => {
    const world = await createFederationWorld()
    await claimed(world, ACME, 'x.agents.acme.localhost')
    const federation = await world.federation()
    await federation.learn(ACME)
    const before = federation.bundles()
    const { url } = await claimed(world, AGENTS, 'x.agents.acme.localhost')
    world.requests.length = 0
    await expect(federation.learn(AGENTS)).rejects.toMatchObject({
      code: 'COMITY_TRUST_DOMAIN_TAKEN',
      details: { by: 'another-did', trustDomain: 'x.agents.acme.localhost' },
    })
    expect(world.requests).not.toContain(url)
    expect(federation.bundles()).toEqual(before)
  })

  it('is one of two that were claimed at once', async () => {
    const world = await createFederationWorld()
    await claimed(world, ACME, 'x.agents.acme.localhost')
    await claimed(world, AGENTS, 'x.agents.acme.localhost')
    const federation = await world.federation()
    const results = await Promise.allSettled([federation.learn(ACME), federation.learn(AGENTS)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'COMITY_TRUST_DOMAIN_TAKEN' },
    })
    expect(world.timers.size).toBe(2)
  })

  it('is the only one of its DID, until it has ended', async () => {
    const world = await createFederationWorld()
    await claimed(world)
    const federation = await world.federation()
    await federation.learn(ACME)
    await claimed(world, ACME, 'prod.acme.localhost')
    await expect(federation.learn(ACME)).rejects.toMatchObject({
      code: 'COMITY_TRUST_DOMAIN_CHANGED',
      details: { held: NAME, trustDomain: 'prod.acme.localhost' },
    })
    expect(federation.getBundle(acme)).toBeDefined()
    await federation.confirm()
    expect(federation.getBundle(acme)).toBeUndefined()
    expect(world.changes.at(-1)).toMatchObject({ type: 'ended', reason: 'COMITY_TRUST_DOMAIN_CHANGED' })
    await expect(federation.learn(ACME)).resolves.toMatchObject({
      trustDomain: { name: 'prod.acme.localhost' },
    })
  })

  it('[E40] has no bundle and no polling once it was ended, and can be learned again', async () => {
    const world = await createFederationWorld()
    const { url } = await claimed(world)
    const store = createMemoryStore()
    const federation = await world.federation({ store })
    await federation.learn(ACME)
    expect(await federation.end(acme)).toBe(true)
    expect(await federation.end(acme)).toBe(false)
    expect(federation.getBundle(acme)).toBeUndefined()
    expect(await store.list('')).toEqual([])
    const asked = world.requests.filter((each) => each === url).length
    await world.timers.advance(3_000_000)
    expect(world.requests.filter((each) => each === url)).toHaveLength(asked)
    expect(world.changes.map(({ type, reason }) => [type, reason])).toEqual([
      ['learned', undefined],
      ['ended', 'asked'],
    ])
    await expect(federation.learn(ACME)).resolves.toBeDefined()
  })

  it('follows its document to another endpoint, and no further back than it was', async () => {
    const world = await createFederationWorld()
    const { authority, url } = await claimed(world)
    const old = world.pages.get(url)!
    await authority.rotate()
    world.serveBundle(authority)
    const federation = await world.federation()
    await federation.learn(ACME)
    const moved = 'https://acme.localhost/elsewhere'
    const service = spiffeTrustDomainService({
      trustDomain: NAME,
      bundleEndpoint: moved,
      profile: 'https_web',
    })
    await world.publish(ACME, { services: [service] })
    world.pages.set(moved, old)
    await expect(federation.learn(ACME)).rejects.toHaveProperty('code', 'COMITY_BUNDLE_ROLLBACK')
    expect(federation.getBundle(acme)?.sequence).toBe(2n)
    await authority.rotate()
    world.serveBundle(authority, moved)
    await federation.learn(ACME)
    expect(federation.getBundle(acme)?.sequence).toBe(3n)
    expect(world.changes.map(({ type }) => type)).toEqual(['learned', 'updated'])
    expect(world.timers.size).toBe(2)
  })

  it('[E42] keeps the newest bundle when its endpoint serves an older one, and says so', async () => {
    const world = await createFederationWorld()
    const { authority, url } = await claimed(world)
    const old = world.pages.get(url)!
    await authority.rotate()
    world.serveBundle(authority)
    const federation = await world.federation()
    await federation.learn(ACME)
    world.pages.set(url, old)
    await world.timers.advance(60_000)
    await expect
      .poll(() => world.log.at(-1))
      .toMatchObject({
        level: 'warn',
        event: 'bundle.failed',
        trustDomain: NAME,
        organization: ACME,
        code: 'COMITY_BUNDLE_ROLLBACK',
        details: { url, sequenceBefore: '2', sequenceAfter: '2' },
      })
    expect(federation.getBundle(acme)?.sequence).toBe(2n)
  })

  it('makes room for another one, or keeps it', async () => {
    const world = await createFederationWorld()
    await claimed(world)
    await claimed(world, GLOBEX, 'globex.localhost')
    await claimed(world, BODY, 'body.localhost')
    const federation = await world.federation({
      maxTrustDomains: 2,
      pinned: [{ did: GLOBEX, trustDomain: 'globex.localhost' }],
    })
    await federation.learn(GLOBEX)
    await federation.learn(ACME)
    await federation.learn(BODY)
    expect(federation.bundles().map(({ trustDomain }) => trustDomain.name)).toEqual([
      'globex.localhost',
      'body.localhost',
    ])
    expect(world.changes.find(({ type }) => type === 'ended')).toMatchObject({ reason: 'evicted' })

    const refusing = await world.federation({ maxTrustDomains: 1, whenFull: 'refuse' })
    await refusing.learn(ACME)
    await expect(refusing.learn(BODY)).rejects.toHaveProperty('code', 'COMITY_TRUST_DOMAIN_LIMIT')
    await expect(refusing.learn(ACME)).resolves.toBeDefined()
    expect(refusing.bundles()).toHaveLength(1)
  })

  it('[E41] says nothing about what its organization trusts', async () => {
    const world = await createFederationWorld()
    await claimed(world)
    await claimed(world, GLOBEX, 'globex.localhost')
    const [ours, theirs] = [await world.federation(), await world.federation()]
    await ours.learn(ACME)
    expect(ours.getBundle(acme)).toBeDefined()
    expect(theirs.bundles()).toEqual([])
  })

  it('tells whoever combines it with other sources', async () => {
    const world = await createFederationWorld()
    await claimed(world)
    const federation = await world.federation()
    const bundles = combineBundleSources(createBundleSet(), federation)
    const heard: number[] = []
    const cancel = bundles.onUpdate?.(() => heard.push(bundles.bundles?.().length ?? NaN))
    await federation.learn(ACME)
    await federation.end(acme)
    expect(heard).toEqual([1, 0])
    cancel?.()
    await federation.learn(ACME)
    expect(heard).toHaveLength(2)
  })

  it('is still there when a listener throws', async () => {
    const world = await createFederationWorld()
    await claimed(world)
    const federation = await world.federation()
    const cancel = federation.onChange(() => {
      throw new Error('listener')
    })
    await federation.learn(ACME)
    expect(world.log).toContainEqual(expect.objectContaining({ event: 'trust-domain.listener' }))
    cancel()
    await federation.end(acme)
    expect(world.log.filter(({ event }) => event === 'trust-domain.listener')).toHaveLength(1)
  })
})

describe('asking the holder again', () => {
  it('ends what is claimed no longer, on its own', async () => {
    const world = await createFederationWorld()
    await claimed(world)
    const federation = await world.federation({ confirmSeconds: 60 })
    await federation.learn(ACME)
    await world.publish(ACME)
    await world.timers.advance(60_000)
    await expect.poll(() => federation.getBundle(acme)).toBeUndefined()
    expect(world.changes.at(-1)).toMatchObject({ type: 'ended', reason: 'COMITY_DID_SERVICE_UNKNOWN' })
  })

  it.each([
    [410, 'COMITY_DID_DEACTIVATED'],
    [404, 'COMITY_DID_NOT_FOUND'],
    ['{}', 'COMITY_DID_DOCUMENT_INVALID'],
  ])('ends what belongs to a DID whose document answers %s', async (page, reason) => {
    const world = await createFederationWorld()
    await claimed(world)
    const federation = await world.federation()
    await federation.learn(ACME)
    world.pages.set('https://acme.localhost/.well-known/did.json', page)
    await federation.confirm()
    expect(world.changes.at(-1)).toMatchObject({ type: 'ended', reason })
  })

  it('goes by what it knows for a day while nobody answers', async () => {
    const world = await createFederationWorld()
    await claimed(world)
    const federation = await world.federation()
    await federation.learn(ACME)
    world.pages.set('https://acme.localhost/.well-known/did.json', 503)
    world.clock.advance(86_400)
    await federation.confirm()
    expect(federation.getBundle(acme)).toBeDefined()
    world.clock.advance(1)
    await federation.confirm()
    expect(federation.getBundle(acme)).toBeUndefined()
    expect(world.changes.at(-1)).toMatchObject({ reason: 'unconfirmed' })
  })
})
