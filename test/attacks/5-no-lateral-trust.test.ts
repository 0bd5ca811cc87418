import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, PARTNER_DEMAND, REQUEST, type World } from '../support/world.ts'

/** OAuth-style failure 5: no lateral, peer-to-peer trust. Here two organizations that never met need nobody between them. */
let world: World

beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => world.close())

describe('two organizations without a common identity provider', () => {
  it('come to one session in which each has shown the other what it asked for', async () => {
    const { agent, did } = await world.acme.createAgent('invoices')
    const session = await agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
    expect(session.credentials.map(({ types }) => types)).toEqual([
      ['VerifiableCredential', 'AgentProvenanceCredential'],
    ])
    expect(await (await session.fetch('/invoices/2026-10')).json()).toEqual({ hello: did })
    const [record] = await world.globex.gateway.sessions.find({ agent: did })
    expect(record).toMatchObject({ id: session.id, organizations: [world.acme.did] })
  })
})
