import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { traceSession } from '../../src/audit/index.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type World } from '../support/world.ts'

let world: World

beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => world.close())

describe('who answers for an agent', () => {
  it('is who verified evidence names, not whom its own document calls its controller', async () => {
    const bank = 'did:web:bank.example'
    const agent = await world.acme.createAgent('pretender', { controller: bank })
    const session = await agent.agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
    const trace = traceSession(await world.globex.gateway.audit.read(), session.id)
    expect(trace?.accountable).toEqual([world.acme.did])
    // Whom it names can end its sessions, and as nobody there tells, they are short.
    const record = await world.globex.gateway.sessions.get(session.id)
    expect(record?.organizations).toEqual([bank, world.acme.did])
    expect((record?.expiresAt ?? Infinity) - (record?.openedAt ?? 0)).toBeLessThanOrEqual(31)
  })

  it('is not written down for what strangers send', async () => {
    const before = (await world.globex.gateway.audit.read()).length
    await world.post('{"clear":"AA"}')
    await world.fetch(`${world.globex.origin}/invoices/2026-10`, { headers: { authorization: 'DPoP x' } })
    expect((await world.globex.gateway.audit.read()).length).toBe(before)
  })
})
