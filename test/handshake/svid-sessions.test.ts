import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAgent } from '../../src/agent/index.ts'
import { createGrantAuthorizer, type AuthorizationRequest } from '../../src/authorization/index.ts'
import { parseDemand } from '../../src/demand/index.ts'
import { TrustError } from '../../src/errors/index.ts'
import { createGateway } from '../../src/gateway/index.ts'
import type { OwnSvids } from '../../src/handshake/index.ts'
import { createSvidSetting, ownSvids, SVID_DEMAND, type SvidSetting } from '../support/svids.ts'
import { createWorld, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

/** What a session is that SVIDs were shown for: agents and a gateway that are honest, over HTTPS. */

const GATEWAY_DEMAND = parseDemand({ spiffe: { trustDomains: ['globex.example'], paths: ['/gateway'] } })
const ANYONE = { anyone: true } as const

let setting: SvidSetting
let world: World
const decided: AuthorizationRequest[] = []
/** What Globex shows; a getter, so that each test can say. */
let shownByGlobex: OwnSvids | undefined

beforeAll(async () => {
  setting = await createSvidSetting()
  const { bundles, learner } = setting
  const authorizer = createGrantAuthorizer()
  world = await createWorld({
    demand: SVID_DEMAND,
    spiffe: {
      bundles,
      learner,
      svids: {
        x509: { getX509Svid: () => used(shownByGlobex?.x509).getX509Svid() },
      },
    },
    gateway: {
      authorizer: {
        decide: (request) => {
          decided.push(request)
          return authorizer.decide(request)
        },
      },
    },
  })
  setting.use(world)
  shownByGlobex = await ownSvids(setting.globex, '/gateway', 'x509')
})
afterAll(async () => world.close())

function used<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('it is not set')
  return value
}

let made = 0
async function createLedger(
  svids: OwnSvids | undefined,
  options: Parameters<World['acme']['createAgent']>[1] = {},
): Promise<AcmeAgent> {
  const { bundles, learner } = setting
  const spiffe = { bundles, learner, ...(svids === undefined ? {} : { svids }) }
  made += 1
  return world.acme.createAgent(`ledger-${made}`, { spiffe, ...options })
}

const codeOf = async (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => 'accepted',
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  )

describe.each(['x509', 'jwt'] as const)('an agent that shows a %s-SVID', (kind) => {
  it('gets a session that names its SPIFFE ID and ends with the SVID', async () => {
    const agent = await createLedger(await ownSvids(setting.acme, '/agents/ledger', kind, 120))
    const before = Math.floor(Date.now() / 1000)
    const session = await agent.agent.connect(world.globex.did, { request: REQUEST, demand: ANYONE })
    const after = Date.now() / 1000
    const spiffeId = 'spiffe://acme.example/agents/ledger'
    const record = await world.globex.gateway.sessions.get(session.id)
    expect(record?.spiffeIds).toEqual([spiffeId])
    expect(record?.expiresAt).toBeGreaterThanOrEqual(before)
    expect(record?.expiresAt).toBeLessThanOrEqual(after + 120)
    const records = await world.globex.gateway.audit.read()
    const [handshake] = records.filter(
      ({ record: { kind: of, session: id } }) => of === 'handshake' && id === session.id,
    )
    expect(handshake?.record.details).toEqual({ spiffeId })
    expect((await session.fetch('/invoices/1')).status).toBe(200)
    expect(decided.at(-1)?.subject.spiffeIds).toEqual([spiffeId])
  })
})

describe('an agent', () => {
  it('is asked about with the organizations that verified credentials name, and no others', async () => {
    setting.learner.asked.length = 0
    const svids = await ownSvids(setting.acme, '/agents/ledger', 'x509')
    const agent = await createLedger(svids, { controller: 'did:web:bank.example' })
    await agent.agent.connect(world.globex.did, { request: REQUEST, demand: ANYONE })
    expect(setting.learner.asked).toEqual([{ did: agent.did, organizations: [] }])
  })

  it('without an SVID does not answer a demand for one: nothing is sent', async () => {
    const agent = await createLedger(undefined)
    const lines = world.globex.log.length
    const run = agent.agent.connect(world.globex.did, { request: REQUEST, demand: ANYONE })
    expect(await codeOf(run)).toBe('COMITY_SPIFFE_DEMAND_UNMET')
    expect(world.globex.log.length).toBe(lines)
  })

  it.each(['x509', 'jwt'] as const)('does not show a %s-SVID that is not asked for', async (kind) => {
    const agent = await createLedger(await ownSvids(setting.acme, '/servers/ledger', kind))
    const run = agent.agent.connect(world.globex.did, { request: REQUEST, demand: ANYONE })
    expect(await codeOf(run)).toBe('COMITY_SPIFFE_DEMAND_UNMET')
  })

  it('shows an SVID only to whom its release rule allows', async () => {
    const svids = await ownSvids(setting.acme, '/agents/ledger', 'x509')
    const provenance = { id: 'p', format: 'vc+jwt', meta: { type_values: [['AgentProvenanceCredential']] } }
    const met = parseDemand({ credentials: [provenance] })
    const unmet = parseDemand({ credentials: [{ ...provenance, meta: { type_values: [['Other']] } }] })
    const connect = async (release: typeof met): Promise<unknown> => {
      const { agent } = await createLedger({ ...svids, release })
      return codeOf(agent.connect(world.globex.did, { request: REQUEST, demand: ANYONE }))
    }
    expect(await connect(met)).toBe('accepted')
    expect(await connect(unmet)).toBe('COMITY_SPIFFE_DEMAND_UNMET')
  })

  it('that judges no SVIDs cannot ask for one', async () => {
    const { agent } = await world.acme.createAgent('plain')
    const run = agent.connect(world.globex.did, { request: REQUEST, demand: GATEWAY_DEMAND })
    await expect(run).rejects.toThrow(TypeError)
    const gateway = createGateway({
      agent,
      origin: world.globex.origin,
      demand: GATEWAY_DEMAND,
      offers: [],
      store: world.globex.store,
    })
    await expect(gateway).rejects.toThrow(TypeError)
  })

  it.each([
    ['bundles alone', () => ({ bundles: setting.bundles })],
    ['a learner alone', () => ({ learner: setting.learner })],
    ['own SVIDs without a source', () => ({ svids: {} })],
    [
      'an SVID for anyone that has a rule',
      () => ({ svids: { ...shownByGlobex, inOffer: true, release: GATEWAY_DEMAND } }),
    ],
    [
      'a JWT-SVID for anyone',
      async () => ({ svids: { ...(await ownSvids(setting.acme, '/a', 'jwt')), inOffer: true } }),
    ],
  ])('is not made with %s', async (_name, make) => {
    const { did, wallet } = await world.acme.createAgent('unmade')
    const trust = { judge: () => Promise.resolve({ accepted: true, reason: 'test' }) }
    await expect(createAgent({ did, wallet, trust, spiffe: await make() })).rejects.toThrow(TypeError)
  })
})

describe('a gateway that is asked for an SVID', () => {
  it('shows it, and the session of the agent ends with it', async () => {
    let shift = 0
    const clock = { now: () => Date.now() / 1000 + shift }
    const agent = await createLedger(await ownSvids(setting.acme, '/agents/ledger', 'x509'), { clock })
    shownByGlobex = await ownSvids(setting.globex, '/gateway', 'x509', 200)
    const session = await agent.agent.connect(world.globex.did, { request: REQUEST, demand: GATEWAY_DEMAND })
    expect(session.spiffeIds).toEqual(['spiffe://globex.example/gateway'])
    expect((await session.fetch('/invoices/1')).status).toBe(200)
    shift = 201
    expect(await codeOf(session.fetch('/invoices/1'))).toBe('COMITY_SESSION_ENDED')
    shift = 0
    await session.close()
  })

  it('refuses where it has none that is wanted', async () => {
    const agent = await createLedger(await ownSvids(setting.acme, '/agents/ledger', 'x509'))
    shownByGlobex = await ownSvids(setting.globex, '/another', 'x509')
    const run = agent.agent.connect(world.globex.did, { request: REQUEST, demand: GATEWAY_DEMAND })
    await expect(run).rejects.toMatchObject({
      code: 'COMITY_PEER_REJECTED',
      details: { reason: 'no-agreement' },
    })
    expect(world.globex.lastCode()).toBe('COMITY_SPIFFE_DEMAND_UNMET')
  })
})

describe('a gateway that shows its SVID to anyone', () => {
  let open: World
  let ours: SvidSetting

  beforeAll(async () => {
    ours = await createSvidSetting()
    const svids = { ...(await ownSvids(ours.globex, '/gateway', 'x509')), inOffer: true }
    open = await createWorld({ spiffe: { svids } })
    ours.use(open)
  })
  afterAll(async () => open.close())

  it('is shown what may be released to it alone', async () => {
    const { bundles, learner } = ours
    const options = { release: GATEWAY_DEMAND, spiffe: { bundles, learner } }
    const { agent } = await open.acme.createAgent('shy', options)
    const session = await agent.connect(open.globex.did, { request: REQUEST, demand: ANYONE })
    expect(session.spiffeIds).toEqual(['spiffe://globex.example/gateway'])
  })

  it('is not shown it by an agent that does not believe the SVID', async () => {
    const { agent } = await open.acme.createAgent('wary', { release: GATEWAY_DEMAND })
    const run = agent.connect(open.globex.did, { request: REQUEST, demand: ANYONE })
    expect(await codeOf(run)).toBe('COMITY_DEMAND_UNMET')
  })

  it('goes on without it while its source has none', async () => {
    const unavailable = {
      x509: {
        getX509Svid: () => {
          throw new TrustError('COMITY_TRUST_DOMAIN_UNKNOWN', 'there is none just now')
        },
      },
      inOffer: true,
    }
    const without = await createWorld({ spiffe: { svids: unavailable } })
    const { agent } = await without.acme.createAgent('patient')
    const session = await agent.connect(without.globex.did, { request: REQUEST, demand: ANYONE })
    expect(session.spiffeIds).toEqual([])
    await without.close()
  })

  it('is served all the same by agents that know nothing of its trust domain', async () => {
    const plain = await open.acme.createAgent('plain')
    const { bundles } = ours
    const learner = { learn: () => Promise.resolve(ours.acme) }
    const other = await open.acme.createAgent('other', { spiffe: { bundles, learner } })
    for (const { agent } of [plain, other]) {
      const session = await agent.connect(open.globex.did, { request: REQUEST, demand: ANYONE })
      expect(session.spiffeIds).toEqual([])
    }
  })
})
