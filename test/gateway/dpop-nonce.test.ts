import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDpopProof } from '../../src/session/index.ts'
import { answerTo, startedRun } from '../support/handshakes.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type World } from '../support/world.ts'

let world: World

beforeAll(async () => {
  world = await createWorld({ gateway: { dpopNonce: true } })
})
afterAll(async () => world.close())

const refusals = (): number =>
  world.globex.log.filter(
    ({ code, details }) => code === 'COMITY_DPOP_INVALID' && details?.reason === 'nonce',
  ).length

describe('a gateway that asks for nonces', () => {
  it('is answered by a session: once asked, it knows; and at every instance', async () => {
    const agent = await world.acme.createAgent('invoices')
    const session = await agent.agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
    expect(refusals()).toBe(1)
    await session.renew()
    const second = await world.globex.startInstance()
    world.globex.serveFrom(second)
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
    expect(refusals()).toBe(1)
    world.globex.serveFrom(world.globex.gateway)
  })

  it('is answered by a session whose first request is its renewal', async () => {
    const agent = await world.acme.createAgent('renewing')
    const session = await agent.agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
    await session.renew()
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
  })

  it('refuses a proof that was made in advance, and says which nonce to use', async () => {
    const agent = await world.acme.createAgent('by-hand')
    const run = await startedRun(world, agent)
    const { session } = (await answerTo(world, run)) as unknown as { session: { access_token: string } }
    const accessToken = session.access_token
    const url = `${world.globex.origin}/invoices/2026-10`
    const send = async (nonce?: string) => {
      const more = nonce === undefined ? {} : { nonce }
      const dpop = await createDpopProof({ signer: run.sessionKey, method: 'GET', url, accessToken, ...more })
      return world.fetch(url, { headers: { authorization: `DPoP ${accessToken}`, dpop } })
    }
    for (const made of [undefined, 'guessed']) {
      const refused = await send(made)
      expect(refused.status).toBe(401)
      expect(refused.headers.get('www-authenticate')).toContain('error="use_dpop_nonce"')
      const served = await send(refused.headers.get('dpop-nonce') ?? '')
      expect(served.status).toBe(200)
      expect(served.headers.get('dpop-nonce')).toBe(refused.headers.get('dpop-nonce'))
    }
  })

  it.each([9, 301])('does not start with nonces of %s seconds', async (seconds) => {
    await expect(world.globex.startInstance({ dpopNonce: { seconds } })).rejects.toBeInstanceOf(TypeError)
  })
})
