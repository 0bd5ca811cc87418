import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, PARTNER_DEMAND, REQUEST, type World } from '../support/world.ts'

/** OAuth-style failure 3: tokens are blind to context. Here each request is decided anew, on the age of the posture. */
let world: World
let offset = 0

beforeAll(async () => {
  world = await createWorld({
    clock: { now: () => Date.now() / 1000 + offset },
    // The clock runs ahead of Acme's: it is to be late for the posture, and not for the lease.
    heartbeatMs: 60_000,
    gateway: { leaseSeconds: 300 },
    demand: {
      credentials: [
        { id: 'capability', format: 'vc+jwt', meta: { type_values: [['AgentCapabilityCredential']] } },
      ],
      posture: { maxAge: 660 },
    },
  })
})
afterAll(async () => world.close())

describe('a token whose context has changed', () => {
  it('is refused although it has not expired, when the posture it rests on has become too old', async () => {
    const { agent } = await world.acme.createAgent('invoices', { postureAge: 600 })
    const session = await agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
    offset = 61 // within the window of the proof, far within the token's life
    const refused = await session.fetch('/invoices/2026-10')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('error="posture_stale", max_age=660')
    expect(world.globex.lastCode()).toBe('COMITY_POSTURE_STALE')
    await expect(session.renew()).rejects.toHaveProperty('code', 'COMITY_PEER_REFUSED')
    offset = 0
  })
})
