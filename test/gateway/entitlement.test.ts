import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuthorizationRequest } from '../../src/authorization/index.ts'
import { MAX_SESSIONS_OF_AGENT } from '../../src/gateway/open-session.ts'
import { createEventPublisher } from '../../src/revocation/index.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let asked: AuthorizationRequest | undefined

beforeAll(async () => {
  world = await createWorld({
    gateway: {
      authorizer: {
        decide: (request) => {
          asked = request
          return Promise.resolve({ allow: true, reasons: [] })
        },
      },
    },
  })
})
afterAll(async () => world.close())

const connect = ({ agent }: AcmeAgent) =>
  agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })

describe('what an authorizer is told', () => {
  it('has no organization that the agent only claims for itself', async () => {
    const bank = 'did:web:bank.example'
    const agent = await world.acme.createAgent('pretender', { controller: bank })
    const session = await connect(agent)
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
    expect(asked?.subject).toEqual({ did: agent.did, organizations: [world.acme.did] })
  })
})

describe('events without an effect', () => {
  it('leave no records behind: whoever is listened to could fill the audit log', async () => {
    const session = await connect(await world.acme.createAgent('listened'))
    const before = (await world.globex.gateway.audit.read()).length
    const { store, signer, did } = world.acme
    const publisher = createEventPublisher({ store, signer, issuer: did })
    const told = world.globex.nextEvent()
    await publisher.publish({ subject: `${did}:agents:nobody`, kind: 'session-revoked', reason: 'noise' })
    await told
    expect((await world.globex.gateway.audit.read()).length).toBe(before)
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
  })
})

describe('one agent', () => {
  it('has so many sessions at once and no more', async () => {
    const agent = await world.acme.createAgent('greedy')
    const expiresAt = Date.now() / 1000 + 600
    for (let index = 0; index < MAX_SESSIONS_OF_AGENT; index++) {
      await world.globex.gateway.sessions.open({
        id: `greedy-${String(index)}`,
        agent: agent.did,
        organizations: [],
        accountable: [agent.did],
        jkt: 'A'.repeat(43),
        granted: REQUEST,
        expiresAt,
        credentials: [],
      })
    }
    await expect(connect(agent)).rejects.toMatchObject({
      code: 'COMITY_PEER_REJECTED',
      details: { reason: 'limit' },
    })
    await world.globex.gateway.sessions.end('greedy-0', 'test')
    await expect(connect(agent)).resolves.toHaveProperty('peer', world.globex.did)
  })
})
