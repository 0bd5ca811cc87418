/**
 * First contact with real SVIDs: an agent of organization A shows the SVID that SPIRE gave it, and organization B, which
 * has never heard of A's trust domain, learns it through A's DID, from SPIRE's own bundle endpoint.
 */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { readFile } from 'node:fs/promises'
import type { AgentSpiffeOptions } from '../../../src/agent/index.ts'
import { createDidDocument, spiffeTrustDomainService } from '../../../src/did/index.ts'
import type { OwnSvids } from '../../../src/handshake/index.ts'
import { parseDemand } from '../../../src/demand/index.ts'
import {
  createTrustDomainFederation,
  publishFirstBundle,
  type TrustDomainFederation,
} from '../../../src/federation/index.ts'
import { createGuardedFetch, insecureAllowLoopback } from '../../../src/net/index.ts'
import { parseSpiffeId, parseTrustBundle, parseTrustDomain } from '../../../src/spiffe/index.ts'
import { createJwtSource, createX509Source } from '../../../src/spiffe/workload-api.ts'
import { createWorld, REQUEST, type World } from '../../support/world.ts'
import { BUILD_MS, startPair, whyNoSpire, type SpireDomain, type SpirePair } from './pair.ts'

const missing = await whyNoSpire()
const CODES = { digest: 'COMITY_BUNDLE_DIGEST', endpoint: 'COMITY_NET_TLS' }
const BUNDLE_PATH = '/first-bundle.json'

describe.skipIf(missing !== undefined)('two SPIREs: first contact', { timeout: 600_000 }, () => {
  let pair: SpirePair
  let stop: (() => Promise<void>) | undefined

  beforeAll(async () => {
    pair = await startPair()
    stop = () => pair.stop()
  }, BUILD_MS)
  afterAll(() => stop?.(), 300_000)

  it.each(['x509', 'jwt'] as const)(
    '5a. an agent shows its %s-SVID, and its trust domain is learned from its DID',
    async (kind) => {
      const { world, federation } = await meet(pair.a)
      expect(federation.getBundle(parseTrustDomain('org-a.test'))).toBeUndefined()
      const { agent } = await world.acme.createAgent('ledger', {
        spiffe: { svids: await svidsOf(pair.a, kind) },
      })
      const session = await agent.connect(world.globex.did, { request: REQUEST, demand: { anyone: true } })
      const record = await world.globex.gateway.sessions.get(session.id)
      expect(record?.spiffeIds).toEqual([pair.a.workloadId])
      expect(federation.getBundle(parseTrustDomain('org-a.test'))?.x509Authorities.length).toBeGreaterThan(0)
    },
  )

  it('5b. an organization whose DID claims a trust domain that is not its own is refused', async () => {
    // The SVID is a good one and the bundle the true one: it is the claim that nobody backs.
    const { world, federation } = await meet(pair.a, { isPinned: false })
    const { agent } = await world.acme.createAgent('ledger', {
      spiffe: { svids: await svidsOf(pair.a, 'x509') },
    })
    const run = agent.connect(world.globex.did, { request: REQUEST, demand: { anyone: true } })
    await expect(run).rejects.toMatchObject({ code: 'COMITY_PEER_REJECTED' })
    expect(world.globex.lastCode()).toBe('COMITY_TRUST_DOMAIN_NOT_BELIEVED')
    expect(federation.bundles()).toEqual([])
  })

  it('5c. a DID that names another first bundle, or another endpoint, is refused', async () => {
    for (const lie of ['digest', 'endpoint'] as const) {
      const { world, federation } = await meet(pair.a, { lie, other: pair.b })
      const { agent } = await world.acme.createAgent('ledger', {
        spiffe: { svids: await svidsOf(pair.a, 'x509') },
      })
      const run = agent.connect(world.globex.did, { request: REQUEST, demand: { anyone: true } })
      await expect(run).rejects.toMatchObject({ code: 'COMITY_PEER_REJECTED' })
      expect({ lie, code: world.globex.lastCode() }).toEqual({ lie, code: CODES[lie] })
      expect(federation.bundles()).toEqual([])
    }
  })

  it('5d. an SVID of another trust domain than the one that was learned is refused', async () => {
    const { world } = await meet(pair.a)
    // Of B's SPIRE, passed off as one of A's.
    const svids = await svidsOf(pair.b, 'x509')
    const svid = svids.x509?.getX509Svid()
    if (svid === undefined) throw new TypeError('there is no SVID')
    const lying = { x509: { getX509Svid: () => ({ ...svid, id: parseSpiffeId(pair.a.workloadId) }) } }
    const { agent } = await world.acme.createAgent('liar', { spiffe: { svids: lying } })
    const run = agent.connect(world.globex.did, { request: REQUEST, demand: { anyone: true } })
    await expect(run).rejects.toMatchObject({ code: 'COMITY_PEER_REJECTED' })
  })
})

interface MeetOptions {
  readonly isPinned?: boolean
  readonly lie?: 'digest' | 'endpoint'
  readonly other?: SpireDomain
}

/** A world in which Acme's DID claims a SPIRE's trust domain, and Globex learns trust domains from DIDs. */
async function meet(
  domain: SpireDomain,
  { isPinned = true, lie, other = domain }: MeetOptions = {},
): Promise<{ world: World; federation: TrustDomainFederation }> {
  // The world comes before its federation, which needs the world's resolver.
  const held: { federation?: TrustDomainFederation } = {}
  const lazily = (): TrustDomainFederation => {
    if (held.federation === undefined) throw new TypeError('there is no federation yet')
    return held.federation
  }
  const spiffe: AgentSpiffeOptions = {
    bundles: { getBundle: (trustDomain) => lazily().getBundle(trustDomain) },
    learner: { learn: async (did, options) => lazily().learn(did, options) },
  }
  const trustDomain = parseTrustDomain(domain.trustDomain)
  const bundle = parseTrustBundle(trustDomain, await readFile(domain.bootstrapBundle, 'utf8'))
  const foreign = parseTrustBundle(trustDomain, await readFile(other.bootstrapBundle, 'utf8'))
  const world = await createWorld({
    demand: parseDemand({
      credentials: [
        { id: 'capability', format: 'vc+jwt', meta: { type_values: [['AgentCapabilityCredential']] } },
      ],
      spiffe: { trustDomains: [domain.trustDomain], paths: ['/workload'] },
    }),
    spiffe,
    intercept: async ({ url }) =>
      url.endsWith(BUNDLE_PATH) ? new Response(publishFirstBundle(bundle, url).file.body) : undefined,
  })
  onTestFinished(() => world.close())
  const { did, origin, signer } = world.acme
  const { firstBundle } = publishFirstBundle(lie === 'digest' ? foreign : bundle, `${origin}${BUNDLE_PATH}`)
  const endpoint = lie === 'endpoint' ? other : domain
  world.acme.host.publishDocument(
    createDidDocument({
      did,
      keys: [
        { fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication', 'assertionMethod'] },
      ],
      services: [
        { fragment: '#events', type: 'ComityEvents', serviceEndpoint: `${origin}/comity/events` },
        spiffeTrustDomainService({
          trustDomain: domain.trustDomain,
          bundleEndpoint: `${endpoint.bundleEndpoint}/`,
          profile: 'https_spiffe',
          endpointSpiffeId: domain.bundleEndpointId,
          firstBundle,
        }),
      ],
    }),
  )
  const fetch = createGuardedFetch({
    [insecureAllowLoopback]: [origin, domain.bundleEndpoint, other.bundleEndpoint],
    ca: world.ca,
  })
  onTestFinished(() => fetch.close())
  const federation = await createTrustDomainFederation({
    resolver: world.resolver,
    fetch,
    trust: { judge: () => Promise.resolve({ accepted: false, reason: 'nobody attests trust domains here' }) },
    ...(isPinned && { pinned: [{ did, trustDomain: domain.trustDomain }] }),
  })
  held.federation = federation
  onTestFinished(() => federation.close())
  return { world, federation }
}

/** What SPIRE gives to this process, for an agent to show. */
async function svidsOf({ socket }: SpireDomain, kind: 'x509' | 'jwt'): Promise<OwnSvids> {
  if (kind === 'x509') {
    const x509 = await createX509Source({ address: socket })
    onTestFinished(() => x509.close())
    return { x509 }
  }
  const jwt = await createJwtSource({ address: socket })
  onTestFinished(() => jwt.close())
  return { jwt }
}
