import { describe, expect, it } from 'vitest'
import { createFetchBudget } from '../../src/net/index.ts'
import { parseJwtSvid, parseTrustDomain, verifyJwtSvid } from '../../src/spiffe/index.ts'
import { createStatusPublisher, type StatusPublisher } from '../../src/status/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { authorityOf, believe, createFederationWorld, type FederationWorld } from './world.ts'

const ACME = 'did:web:acme.localhost'
const AGENT = `${ACME}:agents:invoices`
const BODY = 'did:web:body.localhost'
const OTHER = 'did:web:globex.localhost'

/** The claims that attest what `world.claim` publishes. */
const attested = (name: string, url: string): object => ({
  trustDomain: name,
  bundleEndpoint: url,
  profile: 'https_web',
})

describe('first contact', () => {
  it('[E11] [E15] [E27] learns a trust domain from an organization, whose SVIDs then verify', async () => {
    const world = await createFederationWorld()
    const authority = await authorityOf(world, 'acme.localhost')
    const { url } = await world.claim(ACME, authority)
    const federation = await world.federation()
    const token = await authority.issueJwtSvid('/agents/invoices', 'urn:me')
    const verify = () =>
      verifyJwtSvid(parseJwtSvid(token).token, {
        bundles: federation,
        audience: 'urn:me',
        now: world.clock.now(),
      })

    await expect(verify()).rejects.toHaveProperty('code', 'COMITY_TRUST_DOMAIN_UNKNOWN')
    const learned = await federation.learn(ACME)
    expect(learned).toMatchObject({
      did: ACME,
      organization: ACME,
      membership: 'own',
      because: 'domain-name',
      trustDomain: { name: 'acme.localhost' },
    })
    expect(Object.isFrozen(learned)).toBe(true)
    await expect(verify()).resolves.toMatchObject({ id: { uri: 'spiffe://acme.localhost/agents/invoices' } })
    expect(world.requests.filter((each) => each === url)).toHaveLength(1)
    expect(world.changes.map(({ type }) => type)).toEqual(['learned'])
  })

  it('takes a trust domain below the name of the host', async () => {
    const world = await createFederationWorld()
    await world.claim(ACME, await authorityOf(world, 'prod.eu.acme.localhost'))
    const federation = await world.federation()
    await expect(federation.learn(ACME)).resolves.toMatchObject({ because: 'domain-name' })
  })

  it('asks the bundle endpoint once, however often it is asked itself', async () => {
    const world = await createFederationWorld()
    const { url } = await world.claim(ACME, await authorityOf(world, 'acme.localhost'))
    const federation = await world.federation()
    await Promise.all([federation.learn(ACME), federation.learn(ACME)])
    await federation.learn(ACME)
    expect(federation.bundles()).toHaveLength(1)
    expect(world.requests.filter((each) => each === url).length).toBeLessThanOrEqual(2)
    expect(world.changes.map(({ type }) => type)).toEqual(['learned'])
    // One watcher polls, whichever of the two was first.
    expect(world.timers.size).toBe(2)
  })

  it('says when nobody claims anything', async () => {
    const world = await createFederationWorld()
    await world.publish(ACME)
    const federation = await world.federation()
    await expect(federation.learn(ACME)).rejects.toHaveProperty('code', 'COMITY_DID_SERVICE_UNKNOWN')
    await expect(federation.learn('acme.localhost')).rejects.toHaveProperty('code', 'COMITY_DID_INVALID')
  })

  it('stays within its budget, and ends when it is told to', async () => {
    const world = await createFederationWorld()
    const { url } = await world.claim(ACME, await authorityOf(world, 'acme.localhost'))
    const federation = await world.federation()
    const budget = createFetchBudget({ requests: 1, bytes: 1 << 20, timeoutMs: 5000 })
    await expect(federation.learn(ACME, { budget })).rejects.toHaveProperty('code', 'COMITY_NET_BUDGET')
    await expect(federation.learn(ACME, { signal: AbortSignal.abort() })).rejects.toHaveProperty(
      'code',
      'COMITY_NET_ABORTED',
    )
    expect(world.requests).not.toContain(url)
    expect(federation.bundles()).toEqual([])
  })
})

describe('an agent', () => {
  const learnAgent = async (world: FederationWorld, agent: string, organizations?: readonly string[]) => {
    const federation = await world.federation()
    return federation.learn(agent, organizations === undefined ? {} : { organizations })
  }

  it('inherits the trust domain of the host that its DID is below', async () => {
    const world = await createFederationWorld()
    await world.claim(ACME, await authorityOf(world, 'acme.localhost'))
    await world.publish(AGENT)
    await expect(learnAgent(world, AGENT)).resolves.toMatchObject({
      did: AGENT,
      organization: ACME,
      membership: 'below',
    })
  })

  it('inherits that of a controller whose claim lists it', async () => {
    const world = await createFederationWorld()
    const agent = `${OTHER}:tenants:acme:robot`
    await world.publish(OTHER)
    await world.publish(agent, { controller: ACME })
    await world.claim(ACME, await authorityOf(world, 'acme.localhost'), {
      agents: { under: [`${OTHER}:tenants:acme`] },
    })
    await expect(learnAgent(world, agent)).resolves.toMatchObject({ membership: 'listed' })
  })

  it('does not inherit on its own word for a controller', async () => {
    const world = await createFederationWorld()
    await world.claim(ACME, await authorityOf(world, 'acme.localhost'), { agents: { dids: [`${OTHER}:b`] } })
    await world.publish(OTHER)
    await world.publish(`${OTHER}:a`, { controller: ACME })
    await expect(learnAgent(world, `${OTHER}:a`)).rejects.toMatchObject({
      code: 'COMITY_TRUST_DOMAIN_NOT_BELIEVED',
      details: { reason: 'not-listed' },
    })
    // A DID that only begins alike is not below it.
    await world.publish('did:web:agents.acme.localhost', { controller: ACME })
    await expect(learnAgent(world, 'did:web:agents.acme.localhost')).rejects.toMatchObject({
      details: { reason: 'not-listed' },
    })
  })

  it('inherits that of an organization which verified evidence names', async () => {
    const world = await createFederationWorld()
    await world.claim(ACME, await authorityOf(world, 'acme.localhost'))
    await world.publish(OTHER)
    await expect(learnAgent(world, OTHER, [ACME])).resolves.toMatchObject({ membership: 'evidence' })
  })
})

describe('a claim that the name of the DID does not bear out', () => {
  it.each([
    ['another name', ACME, 'globex.localhost', 'other-name'],
    ['a look-alike in front', 'did:web:evilacme.localhost', 'acme.localhost', 'other-name'],
    ['a look-alike behind', 'did:web:acme.localhost.evil.localhost', 'acme.localhost', 'other-name'],
    ['a look-alike in another script', 'did:web:xn--acm-dma.localhost', 'acme.localhost', 'other-name'],
    ['the name above', 'did:web:agents.acme.localhost', 'acme.localhost', 'other-name'],
    ['a dot at the end', ACME, 'acme.localhost.', 'other-name'],
    ['a dot in front', ACME, '.acme.localhost', 'other-name'],
    ['two dots', ACME, 'a..acme.localhost', 'other-name'],
    ['a host of one label', 'did:web:localhost', 'acme.localhost', 'other-name'],
    ['a DID with a path', `${ACME}:tenants:mallory`, 'acme.localhost', 'path'],
  ])('is refused: %s', async (_name, did, claimed, reason) => {
    const world = await createFederationWorld()
    const { url } = await world.claim(did, await authorityOf(world, claimed))
    const federation = await world.federation()
    await expect(federation.learn(did)).rejects.toMatchObject({
      code: 'COMITY_TRUST_DOMAIN_NOT_BELIEVED',
      details: { reason },
    })
    expect(federation.getBundle(parseTrustDomain(claimed))).toBeUndefined()
    expect(world.requests).not.toContain(url)
    expect(world.log.at(-1)).toMatchObject({ event: 'trust-domain.refused', organization: did })
  })

  it('is believed where local configuration says so, and then nobody else’s', async () => {
    const world = await createFederationWorld()
    const authority = await authorityOf(world, 'acme.localhost')
    const tenant = `${OTHER}:tenants:acme`
    await world.claim(tenant, authority)
    await world.claim(ACME, authority)
    const federation = await world.federation({ pinned: [{ did: tenant, trustDomain: 'acme.localhost' }] })
    await expect(federation.learn(ACME)).rejects.toMatchObject({
      code: 'COMITY_TRUST_DOMAIN_TAKEN',
      details: { by: 'configuration' },
    })
    await expect(federation.learn(tenant)).resolves.toMatchObject({ because: 'pinned' })
  })

  it('is not to be had where the trust domain is reserved', async () => {
    const world = await createFederationWorld()
    await world.claim(ACME, await authorityOf(world, 'acme.localhost'))
    const federation = await world.federation({ reserved: ['acme.localhost'] })
    await expect(federation.learn(ACME)).rejects.toHaveProperty('code', 'COMITY_TRUST_DOMAIN_TAKEN')
  })
})

describe('an attested claim', () => {
  const NAME = 'payments.example'

  it('is believed by a credential that was shown, or that the claim points to', async () => {
    const world = await createFederationWorld()
    const authority = await authorityOf(world, NAME)
    const credentialUrl = 'https://acme.localhost/attestation.jwt'
    const { url } = await world.claim(ACME, authority)
    const token = await world.attest(BODY, ACME, attested(NAME, url))
    const shown = await world.federation({ trust: believe(BODY) })
    await expect(shown.learn(ACME)).rejects.toMatchObject({ details: { reason: 'other-name' } })
    await expect(shown.learn(ACME, { credentials: [token] })).resolves.toMatchObject({
      because: 'attested',
      issuer: BODY,
      until: Math.floor(world.clock.now()) + 3600,
    })
    // What it was believed by is remembered.
    await expect(shown.learn(ACME)).resolves.toMatchObject({ because: 'attested' })

    await world.claim(ACME, authority, { credentials: [credentialUrl] })
    world.pages.set(credentialUrl, `${token}\n`)
    const pointed = await world.federation({ trust: believe(BODY) })
    await expect(pointed.learn(ACME)).resolves.toMatchObject({ because: 'attested' })
  })

  it('is believed no longer than the credential is valid', async () => {
    const world = await createFederationWorld()
    const authority = await authorityOf(world, NAME)
    const { url } = await world.claim(ACME, authority)
    const token = await world.attest(BODY, ACME, attested(NAME, url))
    const federation = await world.federation({ trust: believe(BODY) })
    const { trustDomain } = await federation.learn(ACME, { credentials: [token] })
    world.clock.advance(3599)
    expect(federation.getBundle(trustDomain)).toBeDefined()
    expect(federation.bundles()).toHaveLength(1)
    world.clock.advance(1)
    expect(federation.getBundle(trustDomain)).toBeUndefined()
    expect(federation.bundles()).toEqual([])
  })

  it.each([
    ['COMITY_ISSUER_NOT_TRUSTED', OTHER, ACME, {}, {}],
    ['COMITY_CREDENTIAL_HOLDER', BODY, OTHER, {}, {}],
    ['COMITY_CREDENTIAL_EXPIRED', BODY, ACME, {}, { validUntil: -120 }],
    ['COMITY_TRUST_DOMAIN_NOT_BELIEVED', BODY, ACME, { trustDomain: 'other.example' }, {}],
    ['COMITY_TRUST_DOMAIN_NOT_BELIEVED', BODY, ACME, { bundleEndpoint: 'https://acme.localhost/x' }, {}],
  ])(
    'is refused with %s (%s about %s)',
    async (because, issuer, subject, claims, { validUntil }: object & { validUntil?: number }) => {
      const world = await createFederationWorld()
      const { url } = await world.claim(ACME, await authorityOf(world, NAME))
      const more = validUntil === undefined ? {} : { validUntil: world.clock.now() + validUntil + 90 }
      const token = await world.attest(issuer, subject, { ...attested(NAME, url), ...claims }, more)
      if (validUntil !== undefined) world.clock.advance(300)
      await world.claim(ACME, await authorityOf(world, NAME))
      const federation = await world.federation({ trust: believe(BODY) })
      await expect(federation.learn(ACME, { credentials: [token] })).rejects.toMatchObject({
        code: 'COMITY_TRUST_DOMAIN_NOT_BELIEVED',
        details: { reason: 'not-attested', because },
      })
      expect(world.requests).not.toContain(url)
    },
  )

  it('is refused, and ended, when the credential is revoked', async () => {
    const world = await createFederationWorld()
    const { url } = await world.claim(ACME, await authorityOf(world, NAME))
    const { signer } = await world.publish(BODY)
    const statuses: StatusPublisher = createStatusPublisher({
      store: createMemoryStore(),
      signer,
      issuer: BODY,
      url: 'https://body.localhost/status',
      clock: world.clock,
      ttlMs: 0,
    })
    const [entry] = await statuses.allocate(['revocation'])
    const serve = async () => {
      const list = entry!.statusListCredential
      world.pages.set(list, (await statuses.credential(list))!)
    }
    await serve()
    const token = await world.attest(BODY, ACME, attested(NAME, url), { status: entry! })
    const federation = await world.federation({ trust: believe(BODY) })
    await federation.learn(ACME, { credentials: [token] })
    await statuses.set(entry!, true)
    await serve()
    world.clock.advance(301)
    await expect(federation.learn(ACME, { credentials: [token] })).rejects.toMatchObject({
      details: { because: 'COMITY_STATUS_REVOKED' },
    })
    await federation.confirm()
    expect(federation.bundles()).toEqual([])
    expect(world.changes.at(-1)).toMatchObject({ type: 'ended', reason: 'COMITY_TRUST_DOMAIN_NOT_BELIEVED' })
  })
})
