import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { AgentSession } from '../../src/agent/index.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let offset = 0
let isCut = false

beforeAll(async () => {
  world = await createWorld({
    clock: { now: () => Date.now() / 1000 + offset },
    intercept: ({ url }) =>
      Promise.resolve(
        isCut && url.endsWith('/comity/events') ? new Response(null, { status: 503 }) : undefined,
      ),
  })
})
afterAll(async () => world.close())
afterEach(async () => {
  isCut = false
  world.globex.serveFrom(world.globex.gateway)
  // Back within what the agents' clocks allow, and heard again.
  offset = 0
  const session = await connect(await world.acme.createAgent('witness'))
  await served(session)
})

const connect = ({ agent }: AcmeAgent): Promise<AgentSession> =>
  agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
const ask = (session: AgentSession): Promise<Response> => session.fetch('/invoices/2026-10')
const challenge = async (session: AgentSession): Promise<string | null> =>
  (await ask(session)).headers.get('www-authenticate')

/** Acme's stream breaks, and cannot be opened again. */
function cut(): void {
  isCut = true
  world.acme.publisher.close()
}

async function served(session: AgentSession): Promise<void> {
  await vi.waitFor(
    async () => {
      expect((await ask(session)).status).toBe(200)
    },
    { timeout: 15_000, interval: 200 },
  )
}

describe('a session whose organization falls silent', () => {
  it('is served within the lease, suspended after it, and served again when it is heard', async () => {
    const session = await connect(await world.acme.createAgent('invoices'))
    expect((await ask(session)).status).toBe(200)
    cut()
    offset = 25
    expect((await ask(session)).status).toBe(200)
    offset = 31
    const refused = await ask(session)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toContain('error="session_suspended"')
    expect(refused.headers.get('retry-after')).toBe('5')
    expect(world.globex.lastCode()).toBe('COMITY_SESSION_SUSPENDED')
    await expect(session.renew()).rejects.toHaveProperty('code', 'COMITY_PEER_REFUSED')
    expect(await world.globex.gateway.sessions.get(session.id)).toHaveProperty('state', 'active')
    isCut = false
    await served(session)
    await session.renew()
  }, 30_000)

  it('is not served again when it was revoked meanwhile', async () => {
    const agent = await world.acme.createAgent('revoked-in-silence')
    const session = await connect(agent)
    cut()
    await world.acme.issuer.revoke({ agent: agent.did }, { reason: 'compromised' })
    offset = 31
    expect(await challenge(session)).toContain('session_suspended')
    isCut = false
    await vi.waitFor(
      async () => {
        expect(await challenge(session)).toContain('invalid_token')
      },
      { timeout: 15_000, interval: 200 },
    )
    expect(world.globex.lastCode()).toBe('COMITY_SESSION_ENDED')
  }, 30_000)
})

describe('a handshake while the organization is silent', () => {
  it('opens nothing for an agent that was revoked meanwhile, whose list was cached before', async () => {
    const [agent, other] = [
      await world.acme.createAgent('cached-in-silence'),
      await world.acme.createAgent('other-in-silence'),
    ]
    await connect(agent)
    cut()
    await world.acme.issuer.revoke({ agent: agent.did }, { reason: 'compromised' })
    offset = 31
    await expect(connect(agent)).rejects.toHaveProperty('code', 'COMITY_PEER_REJECTED')
    expect(world.globex.lastCode()).toBe('COMITY_STATUS_REVOKED')
    // Of others nothing is held against them; what they get is no longer than the lease.
    expect((await ask(await connect(other))).status).toBe(200)
  }, 30_000)
})

describe('another process on the same store', () => {
  it('serves an open session once it hears the organization itself, and not before', async () => {
    const session = await connect(await world.acme.createAgent('two-instances'))
    isCut = true // for streams that are opened from now on
    const second = await world.globex.startInstance()
    expect((await ask(session)).status).toBe(200)
    world.globex.serveFrom(second)
    expect(await challenge(session)).toContain('session_suspended')
    isCut = false
    offset = 6 // the second does not try at each request
    expect((await ask(session)).status).toBe(200)
    // What the first hears is nothing to the second.
    await second.close()
    offset = 31
    expect(await challenge(session)).toContain('session_suspended')
  }, 30_000)

  it('learns first what was revoked while no process ran', async () => {
    const agent = await world.acme.createAgent('restart')
    const before = await world.globex.startInstance()
    world.globex.serveFrom(before)
    const session = await connect(agent)
    expect((await ask(session)).status).toBe(200)
    isCut = true
    world.acme.publisher.close()
    await before.close()
    await world.acme.issuer.revoke({ agent: agent.did }, { reason: 'compromised' })
    const after = await world.globex.startInstance()
    world.globex.serveFrom(after)
    expect(await challenge(session)).toContain('session_suspended')
    isCut = false
    offset = 6
    expect(await challenge(session)).toContain('invalid_token')
    expect(await after.sessions.get(session.id)).toHaveProperty('state', 'ended')
  }, 30_000)

  it('forgets what it has cached, though the first has dealt with the event', async () => {
    const [agent, other] = [await world.acme.createAgent('cached'), await world.acme.createAgent('other')]
    const second = await world.globex.startInstance()
    world.globex.serveFrom(second)
    await connect(agent)
    const told = world.globex.nextEvent()
    await world.acme.issuer.revoke({ agent: agent.did }, { reason: 'compromised' })
    await told
    // So that both have seen it: whoever came second was told that it is a repetition.
    await served(await connect(other))
    await vi.waitFor(async () => {
      await expect(connect(agent)).rejects.toHaveProperty('code', 'COMITY_PEER_REJECTED')
      expect(world.globex.lastCode()).toBe('COMITY_STATUS_REVOKED')
    })
    await second.close()
  }, 30_000)

  it('opens nothing on a list that it cached before it listened', async () => {
    const [agent, first] = [await world.acme.createAgent('stale-list'), await world.acme.createAgent('first')]
    await connect(first) // so that the first instance hears Acme
    isCut = true
    const before = world.globex.log.length
    const second = await world.globex.startInstance()
    await vi.waitFor(() => {
      const since = world.globex.log.slice(before).map(({ event }) => event)
      expect(since).toContain('events.unavailable')
    })
    isCut = false
    world.globex.serveFrom(second)
    const nothing = { request: [{ type: 'payroll', actions: ['read'] }], demand: PARTNER_DEMAND }
    await expect(agent.agent.connect(world.globex.did, nothing)).rejects.toHaveProperty(
      'code',
      'COMITY_PEER_REJECTED',
    )
    const told = world.globex.nextEvent()
    await world.acme.issuer.revoke({ agent: agent.did }, { reason: 'compromised' })
    await told
    await expect(connect(agent)).rejects.toHaveProperty('code', 'COMITY_PEER_REJECTED')
    expect(world.globex.lastCode()).toBe('COMITY_SESSION_ENDED')
    expect(await second.sessions.find({ agent: agent.did })).toEqual([])
    await second.close()
  }, 30_000)
})

describe('a lease out of range', () => {
  it.each([4, 301])('of %s seconds makes no gateway', async (leaseSeconds) => {
    await expect(world.globex.startInstance({ leaseSeconds })).rejects.toBeInstanceOf(TypeError)
  })
})
