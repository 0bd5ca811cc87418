import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AgentSpiffeOptions } from '../../src/agent/index.ts'
import { createDidDocument, spiffeTrustDomainService } from '../../src/did/index.ts'
import { createTrustDomainFederation, type TrustDomainFederation } from '../../src/federation/index.ts'
import { formatTrustBundle } from '../../src/spiffe/index.ts'
import { createSpiffeAuthority, type SpiffeAuthority } from '../../src/testing/index.ts'
import { ownSvids, SVID_DEMAND } from '../support/svids.ts'
import { createWorld, REQUEST, type World } from '../support/world.ts'

/** First contact: Globex has never heard of Acme's trust domain, and learns it from the DID that shows an SVID. */

let world: World
let acme: SpiffeAuthority
let federation: TrustDomainFederation | undefined

beforeAll(async () => {
  acme = await createSpiffeAuthority('acme.example')
  const lazily = (): TrustDomainFederation => {
    if (federation === undefined) throw new TypeError('there is no federation yet')
    return federation
  }
  const spiffe: AgentSpiffeOptions = {
    bundles: { getBundle: (trustDomain) => lazily().getBundle(trustDomain) },
    learner: { learn: async (did, options) => lazily().learn(did, options) },
  }
  world = await createWorld({
    demand: SVID_DEMAND,
    spiffe,
    intercept: async (request) =>
      request.url.endsWith('/bundle.json') ? new Response(formatTrustBundle(acme.bundle())) : undefined,
  })
  const { did, origin, signer } = world.acme
  const serves = {
    trustDomain: 'acme.example',
    bundleEndpoint: `${origin}/bundle.json`,
    profile: 'https_web',
  } as const
  world.acme.host.publishDocument(
    createDidDocument({
      did,
      keys: [
        { fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication', 'assertionMethod'] },
      ],
      services: [
        { fragment: '#events', type: 'ComityEvents', serviceEndpoint: `${origin}/comity/events` },
        spiffeTrustDomainService(serves),
      ],
    }),
  )
  federation = await createTrustDomainFederation({
    resolver: world.resolver,
    fetch: world.fetch,
    trust: { judge: () => Promise.resolve({ accepted: false, reason: 'test' }) },
    pinned: [{ did, trustDomain: 'acme.example' }],
  })
})
afterAll(async () => {
  await federation?.close()
  await world.close()
})

it.each(['x509', 'jwt'] as const)('an agent whose organization is believed shows a %s-SVID', async (kind) => {
  const svids = await ownSvids(acme, '/agents/ledger', kind)
  const { agent } = await world.acme.createAgent(`ledger-${kind}`, { spiffe: { svids } })
  const session = await agent.connect(world.globex.did, { request: REQUEST, demand: { anyone: true } })
  const record = await world.globex.gateway.sessions.get(session.id)
  expect(record?.spiffeIds).toEqual(['spiffe://acme.example/agents/ledger'])
})

it('an SVID of another trust domain than the one of its organization is refused', async () => {
  const other = await createSpiffeAuthority('other.example')
  const svids = await ownSvids(other, '/agents/ledger', 'x509')
  // The demand asks for acme.example, so an honest agent would not even show it.
  const id = (await ownSvids(acme, '/agents/ledger', 'x509')).x509?.getX509Svid().id
  const svid = svids.x509?.getX509Svid()
  if (svid === undefined || id === undefined) throw new TypeError('there is no SVID')
  const lying = { x509: { getX509Svid: () => ({ ...svid, id }) } }
  const { agent } = await world.acme.createAgent('liar', { spiffe: { svids: lying } })
  const run = agent.connect(world.globex.did, { request: REQUEST, demand: { anyone: true } })
  await expect(run).rejects.toMatchObject({ code: 'COMITY_PEER_REJECTED' })
  expect(world.globex.lastCode()).toBe('COMITY_TRUST_DOMAIN_UNKNOWN')
})
