import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, PARTNER_DEMAND, REQUEST, type World } from '../support/world.ts'

/** OAuth-style failure 6: revocation does not reach sessions under way. Here one act ends all of an agent's. */
let world: World

beforeAll(async () => {
  world = await createWorld()
})
afterAll(async () => world.close())

describe('one act of revocation', () => {
  it('ends every open session of the agent, and no other', async () => {
    const [bad, good] = [await world.acme.createAgent('bad'), await world.acme.createAgent('good')]
    const connect = ({ agent }: typeof bad) =>
      agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
    const sessions = [await connect(bad), await connect(bad), await connect(bad)]
    const other = await connect(good)
    for (const session of sessions) expect((await session.fetch('/invoices/2026-10')).status).toBe(200)

    const told = world.globex.nextEvent()
    await world.acme.issuer.revoke({ agent: bad.did }, { reason: 'compromised' })
    await told
    for (const session of sessions) {
      expect((await session.fetch('/invoices/2026-10')).status).toBe(401)
      await expect(session.renew()).rejects.toHaveProperty('code', 'COMITY_PEER_REFUSED')
    }
    expect((await other.fetch('/invoices/2026-10')).status).toBe(200)
    await expect(connect(bad)).rejects.toHaveProperty('code', 'COMITY_PEER_REJECTED')
  })
})
