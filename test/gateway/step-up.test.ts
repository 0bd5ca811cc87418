import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { AgentSession } from '../../src/agent/index.ts'
import { parseCredential } from '../../src/credentials/index.ts'
import { parseDemand } from '../../src/demand/index.ts'
import { createDpopProof } from '../../src/session/index.ts'
import { answerTo, startedRun } from '../support/handshakes.ts'
import { attestations } from '../support/world-acme.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let offset = 0

beforeAll(async () => {
  world = await createWorld({
    clock: { now: () => Date.now() / 1000 + offset },
    // Globex's clock runs ahead of Acme's: it is to be late for the posture, and not for the lease.
    heartbeatMs: 60_000,
    gateway: { leaseSeconds: 300 },
    demand: parseDemand({
      credentials: [
        { id: 'capability', format: 'vc+jwt', meta: { type_values: [['AgentCapabilityCredential']] } },
        {
          id: 'posture',
          format: 'vc+jwt',
          meta: { type_values: [['AgentPostureCredential']] },
          predicates: [
            { path: ['credentialSubject', 'openCriticalVulnerabilities'], op: 'range', min: 0, max: 0 },
          ],
        },
      ],
      posture: { maxAge: 630 },
    }),
  })
})
afterAll(async () => world.close())
afterEach(() => {
  offset = 0
})

/** An agent whose posture is fresh for another 30 seconds. */
const createAgent = (name: string): Promise<AcmeAgent> => world.acme.createAgent(name, { postureAge: 600 })
const connect = ({ agent }: AcmeAgent): Promise<AgentSession> =>
  agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
const ask = (session: AgentSession): Promise<Response> => session.fetch('/invoices/2026-10')
const recordOf = (session: AgentSession) => world.globex.gateway.sessions.get(session.id)

async function issuePosture(
  { did }: { did: string },
  options: { postureAge?: number; openCriticalVulnerabilities?: number } = {},
): Promise<string> {
  const claims = attestations(world.acme.did, { postureAge: 0, ...options }).AgentPostureCredential ?? {}
  const { token } = await world.acme.issuer.issue('AgentPostureCredential', {
    subject: did,
    claims: claims as never,
    lifetimeSeconds: 1800,
  })
  return token
}

describe('a posture that has become too old', () => {
  it('is replaced inside of fetch, by what the wallet has that is fresher', async () => {
    const agent = await createAgent('fresh')
    const session = await connect(agent)
    const before = await recordOf(session)
    offset = 45
    const stale = await ask(session)
    expect(stale.status).toBe(401)
    expect(stale.headers.get('www-authenticate')).toContain('error="posture_stale", max_age=630')

    await agent.wallet.addCredential(await issuePosture(agent), { release: 'public' })
    // Two at once make one renewal.
    expect((await Promise.all([ask(session), ask(session)])).map(({ status }) => status)).toEqual([200, 200])
    const after = await recordOf(session)
    expect(after?.postureAssessedAt).toBeGreaterThan(before?.postureAssessedAt ?? Infinity)
    expect(after?.granted).toEqual(before?.granted)
    expect(after?.expiresAt).toBeLessThanOrEqual(before?.expiresAt ?? 0)
    expect(after?.credentials.map(({ type }) => type).sort()).toEqual([
      'AgentCapabilityCredential',
      'AgentPostureCredential',
    ])
  })

  it('is shown in a renewal, too', async () => {
    const agent = await createAgent('renewing')
    const session = await connect(agent)
    offset = 45
    await expect(session.renew()).rejects.toHaveProperty('code', 'COMITY_PEER_REFUSED')
    await agent.wallet.addCredential(await issuePosture(agent), { release: 'public' })
    await session.renew()
    expect((await ask(session)).status).toBe(200)
  })

  it.each([
    ['that the peer may not see', { release: 'never' as const }, {}],
    ['that does not meet the demand', { release: 'public' as const }, { openCriticalVulnerabilities: 2 }],
    ['that is no fresher', { release: 'public' as const }, { postureAge: 600 }],
  ])('is not replaced by one %s', async (_name, release, posture) => {
    const agent = await createAgent(`not-${release.release}-${String(Object.keys(posture)[0])}`)
    const session = await connect(agent)
    offset = 45
    await agent.wallet.addCredential(await issuePosture(agent, posture), release)
    const refused = await ask(session)
    expect(refused.headers.get('www-authenticate')).toContain('error="posture_stale"')
    expect(await recordOf(session)).toHaveProperty('state', 'active')
  })

  it('is told of only where the session is proven', async () => {
    const session = await connect(await createAgent('silent'))
    offset = 45
    const response = await world.fetch(`${world.globex.origin}/invoices/2026-10`)
    expect(response.headers.get('www-authenticate')).not.toContain('error')
    expect((await ask(session)).headers.get('www-authenticate')).toContain('posture_stale')
  })

  it('ends the session when what replaced it is revoked', async () => {
    const agent = await createAgent('revoked-later')
    const session = await connect(agent)
    offset = 45
    const token = await issuePosture(agent)
    await agent.wallet.addCredential(token, { release: 'public' })
    expect((await ask(session)).status).toBe(200)
    const { id } = (await recordOf(session))?.credentials.find(({ type }) => type.includes('Posture')) ?? {}
    const told = world.globex.nextEvent()
    await world.acme.issuer.revoke({ credential: id ?? '' }, { reason: 'compromised' })
    await told
    expect(await recordOf(session)).toHaveProperty('state', 'ended')
    expect((await ask(session)).headers.get('www-authenticate')).toContain('invalid_token')
  })
})

describe('the body of a renewal', () => {
  async function renewWith(
    body: string | ((agent: AcmeAgent) => Promise<string>),
    type = 'application/json',
  ): Promise<number> {
    const agent = await createAgent(`body-${String(Math.random()).slice(2)}`)
    const run = await startedRun(world, agent)
    const { session } = (await answerTo(world, run)) as unknown as { session: { access_token: string } }
    const accessToken = session.access_token
    const url = `${world.globex.origin}/comity/session/renew`
    const dpop = await createDpopProof({ signer: run.sessionKey, method: 'POST', url, accessToken })
    const response = await world.fetch(url, {
      method: 'POST',
      headers: { authorization: `DPoP ${accessToken}`, dpop, 'content-type': type },
      body: typeof body === 'string' ? body : await body(agent),
    })
    return response.status
  }
  const shown = (value: string, format = 'vc+jwt') => JSON.stringify({ evidence: [{ format, value }] })

  it.each([
    ['with a fresh posture', async (agent: AcmeAgent) => shown(await issuePosture(agent)), 200],
    ['of another type of content: it is not read', () => Promise.resolve('x'), 200],
    ['that is no JSON', () => Promise.resolve('{'), 400],
    ['without evidence', () => Promise.resolve('{}'), 400],
    ['with evidence of another form', () => Promise.resolve('{"evidence":[1]}'), 400],
    ['with 33 pieces', () => Promise.resolve(JSON.stringify({ evidence: Array(33).fill({}) })), 400],
    ['of more than 64 KiB', () => Promise.resolve(`{"evidence":[],"x":"${'x'.repeat(65_536)}"}`), 400],
    ['of another format', async (agent: AcmeAgent) => shown(await issuePosture(agent), 'dc+sd-jwt'), 400],
    ['with no posture', () => Promise.resolve('{"evidence":[]}'), 401],
    ['with a token that is none', () => Promise.resolve(shown('a.b.c')), 401],
    [
      'with the posture of somebody else',
      async () => shown(await issuePosture(await createAgent(`else-${String(Math.random()).slice(2)}`))),
      401,
    ],
    [
      'with a forged one',
      async (agent: AcmeAgent) =>
        shown((await issuePosture(agent)).replace(/\.[^.]*$/, `.${'A'.repeat(86)}`)),
      401,
    ],
    [
      'with a revoked one',
      async (agent: AcmeAgent) => {
        const token = await issuePosture(agent)
        const told = world.globex.nextEvent()
        await world.acme.issuer.revoke({ credential: parseCredential(token).id ?? '' }, { reason: 'test' })
        await told
        return shown(token)
      },
      401,
    ],
  ])('%s', async (name, body, status) => {
    expect(await renewWith(body, name.includes('another type') ? 'text/plain' : undefined)).toBe(status)
  })
})
