import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  createDidDocument,
  createDidResolver,
  spiffeTrustDomainService,
  type SpiffeTrustDomainOptions,
} from '../../src/did/index.ts'
import {
  createTrustDomainFederation,
  type FederationLogEntry,
  type TrustDomainFederation,
  type TrustDomainFederationOptions,
} from '../../src/federation/index.ts'
import { parseDemand } from '../../src/demand/index.ts'
import { formatTrustBundle } from '../../src/spiffe/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { createSpiffeAuthority, type SpiffeAuthority } from '../../src/testing/index.ts'
import { ownSvids } from '../support/svids.ts'
import { createWorld, REQUEST, type World } from '../support/world.ts'

/** Claims of trust domains that do not hold, each with an SVID that is good by itself, against the gateway over HTTPS. */

const LOOK_ALIKE = 'acme.example.evil.example'
let world: World
let federation: TrustDomainFederation | undefined
const pages = new Map<string, string>()
const log: FederationLogEntry[] = []

beforeAll(async () => {
  const current = (): TrustDomainFederation => {
    if (federation === undefined) throw new TypeError('there is no federation yet')
    return federation
  }
  world = await createWorld({
    demand: parseDemand({
      credentials: [
        { id: 'capability', format: 'vc+jwt', meta: { type_values: [['AgentCapabilityCredential']] } },
      ],
      spiffe: {
        trustDomains: ['acme.example', 'bank.example', LOOK_ALIKE],
        paths: ['/agents/*'],
        svid: 'required',
      },
    }),
    spiffe: {
      bundles: { getBundle: (trustDomain) => current().getBundle(trustDomain) },
      learner: { learn: async (did, options) => current().learn(did, options) },
    },
    intercept: async (request) => {
      const page = pages.get(new URL(request.url).pathname)
      return page === undefined ? undefined : new Response(page)
    },
  })
})
afterEach(async () => {
  await federation?.close()
})
afterAll(() => world.close())

/** A federation that believes Acme's DID about `acme.example` alone, as its host's name would say without a port. */
async function federate(more: Partial<TrustDomainFederationOptions> = {}): Promise<void> {
  federation = await createTrustDomainFederation({
    resolver: createDidResolver({ fetch: world.fetch }),
    fetch: world.fetch,
    trust: { judge: () => Promise.resolve({ accepted: false, reason: 'test' }) },
    pinned: [{ did: world.acme.did, trustDomain: 'acme.example' }],
    log: (entry) => log.push(entry),
    ...more,
  })
}

/** Publishes Acme's document with a claim, and serves the bundle of an authority. */
function claim(authority: SpiffeAuthority, more: Partial<SpiffeTrustDomainOptions> = {}): void {
  const { did, origin, signer, host } = world.acme
  const { name } = authority.trustDomain
  pages.set('/bundle.json', formatTrustBundle(authority.bundle()))
  const bundleEndpoint = `${origin}/bundle.json`
  const base = { trustDomain: name, bundleEndpoint, profile: 'https_web' } as const
  const relationships = ['authentication', 'assertionMethod'] as const
  host.publishDocument(
    createDidDocument({
      did,
      keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: [...relationships] }],
      services: [
        { fragment: '#events', type: 'ComityEvents', serviceEndpoint: `${origin}/comity/events` },
        spiffeTrustDomainService({ ...base, ...more }),
      ],
    }),
  )
}

/** What the gateway refuses an agent for that shows an SVID of this authority; undefined where it does not. */
async function fate(name: string, authority: SpiffeAuthority): Promise<string | undefined> {
  const { agent } = await world.acme.createAgent(name, {
    spiffe: { svids: await ownSvids(authority, '/agents/ledger', 'x509') },
  })
  try {
    await agent.connect(world.globex.did, { request: REQUEST, demand: { anyone: true } })
    return undefined
  } catch (error) {
    expect(error).toMatchObject({ code: 'COMITY_PEER_REJECTED' })
    return world.globex.lastCode()
  }
}

describe('a trust domain that is claimed', () => {
  it('positive control: by the DID that may, is believed', async () => {
    const acme = await createSpiffeAuthority('acme.example')
    claim(acme)
    await federate()
    expect(await fate('honest', acme)).toBeUndefined()
  })

  it('by an unrelated DID is not believed', async () => {
    const bank = await createSpiffeAuthority('bank.example')
    claim(bank)
    await federate()
    expect(await fate('unrelated', bank)).toBe('COMITY_TRUST_DOMAIN_NOT_BELIEVED')
    expect(federation?.getBundle(bank.trustDomain)).toBeUndefined()
  })

  it('that looks like the one it may speak for is not believed', async () => {
    const evil = await createSpiffeAuthority(LOOK_ALIKE)
    claim(evil)
    await federate()
    expect(await fate('look-alike', evil)).toBe('COMITY_TRUST_DOMAIN_NOT_BELIEVED')
    expect(log.at(-1)).toMatchObject({ event: 'trust-domain.refused', details: { trustDomain: LOOK_ALIKE } })
  })

  it('by a did:web with a path, in its own document, is not believed', async () => {
    const acme = await createSpiffeAuthority('acme.example')
    claim(acme)
    await federate()
    const name = 'tenant'
    const svids = await ownSvids(acme, '/agents/ledger', 'x509')
    const { agent, signer, did } = await world.acme.createAgent(name, { spiffe: { svids } })
    world.acme.host.publishDocument(
      createDidDocument({
        did,
        keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication'] }],
        services: [
          spiffeTrustDomainService({
            trustDomain: 'acme.example',
            bundleEndpoint: `${world.acme.origin}/bundle.json`,
            profile: 'https_web',
          }),
        ],
      }),
    )
    const run = agent.connect(world.globex.did, { request: REQUEST, demand: { anyone: true } })
    await expect(run).rejects.toMatchObject({ code: 'COMITY_PEER_REJECTED' })
    expect(world.globex.lastCode()).toBe('COMITY_TRUST_DOMAIN_NOT_BELIEVED')
    expect(log.at(-1)).toMatchObject({ details: { reason: 'path' } })
  })

  it('with another first bundle than the document says is not learned', async () => {
    const [acme, impostor] = await Promise.all([
      createSpiffeAuthority('acme.example'),
      createSpiffeAuthority('acme.example'),
    ])
    const url = `${world.acme.origin}/first.json`
    const sha256 = createHash('sha256').update(formatTrustBundle(acme.bundle())).digest('base64url')
    pages.set('/first.json', formatTrustBundle(impostor.bundle()))
    claim(acme, {
      profile: 'https_spiffe',
      endpointSpiffeId: 'spiffe://acme.example/server',
      firstBundle: { url, sha256 },
    })
    await federate()
    expect(await fate('other-first', impostor)).toBe('COMITY_BUNDLE_DIGEST')
  })

  it('does not go back to an older bundle, also after a restart', async () => {
    const acme = await createSpiffeAuthority('acme.example')
    const old = formatTrustBundle(acme.bundle())
    const before = await ownSvids(acme, '/agents/ledger', 'x509')
    await acme.rotate()
    acme.dropOld()
    claim(acme)
    const store = createMemoryStore()
    await federate({ store })
    expect(await fate('newest', acme)).toBeUndefined()
    await federation?.close()
    pages.set('/bundle.json', old)
    await federate({ store })
    await expect.poll(() => log.at(-1)).toMatchObject({ code: 'COMITY_BUNDLE_ROLLBACK' })
    const { agent } = await world.acme.createAgent('older', { spiffe: { svids: before } })
    const run = agent.connect(world.globex.did, { request: REQUEST, demand: { anyone: true } })
    await expect(run).rejects.toMatchObject({ code: 'COMITY_PEER_REJECTED' })
    expect(world.globex.lastCode()).toBe('COMITY_CERTIFICATE_PATH')
  })
})
