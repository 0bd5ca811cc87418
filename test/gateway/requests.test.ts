import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { AgentSession } from '../../src/agent/index.ts'
import { generateSigner, type Signer } from '../../src/keys/index.ts'
import { createDpopProof } from '../../src/session/index.ts'
import { answerTo, startedRun } from '../support/handshakes.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let invoices: AcmeAgent
let token: string
let key: Signer
let url: string

beforeAll(async () => {
  world = await createWorld()
  invoices = await world.acme.createAgent('invoices')
  url = `${world.globex.origin}/invoices/2026-10`
})
beforeEach(async () => {
  const run = await startedRun(world, invoices)
  const { session } = (await answerTo(world, run)) as unknown as { session: { access_token: string } }
  token = session.access_token
  key = run.sessionKey
})
afterAll(async () => world.close())

const proof = (change: Partial<Parameters<typeof createDpopProof>[0]> = {}): Promise<string> =>
  createDpopProof({ signer: key, method: 'GET', url, accessToken: token, ...change })

const send = (headers: Record<string, string>, to = url) => world.fetch(to, { headers })

async function expectRefused(headers: Record<string, string>, code: string): Promise<void> {
  const response = await send(headers)
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toMatch(/^DPoP /)
  expect(world.globex.lastCode()).toBe(code)
  expect(JSON.stringify(world.globex.log)).not.toContain(token)
}

describe('a request', () => {
  it('positive control: with token and proof is served', async () => {
    const response = await send({ authorization: `DPoP ${token}`, dpop: await proof() })
    expect(response.status).toBe(200)
  })

  it('without anything is refused', async () => {
    const response = await send({})
    expect(response.status).toBe(401)
  })

  it('with the token and no proof is refused', async () => {
    await expectRefused({ authorization: `DPoP ${token}` }, 'COMITY_DPOP_INVALID')
  })

  it('with the token as a bearer is refused', async () => {
    await expectRefused(
      { authorization: `Bearer ${token}`, dpop: await proof() },
      'COMITY_SESSION_TOKEN_INVALID',
    )
  })

  it('with another key is refused', async () => {
    const signer = await generateSigner({ alg: 'Ed25519' })
    const dpop = await proof({ signer })
    await expectRefused({ authorization: `DPoP ${token}`, dpop }, 'COMITY_DPOP_KEY_MISMATCH')
  })

  it('with a proof for another method is refused', async () => {
    const dpop = await proof({ method: 'POST' })
    await expectRefused({ authorization: `DPoP ${token}`, dpop }, 'COMITY_DPOP_INVALID')
  })

  it('with a proof for another URL is refused', async () => {
    const dpop = await proof({ url: `${world.globex.origin}/invoices/2026-11` })
    await expectRefused({ authorization: `DPoP ${token}`, dpop }, 'COMITY_DPOP_INVALID')
  })

  it('with a proof for another token is refused', async () => {
    const dpop = await proof({ accessToken: `${token}x` })
    await expectRefused({ authorization: `DPoP ${token}`, dpop }, 'COMITY_DPOP_INVALID')
  })

  it('with a used proof is refused', async () => {
    const dpop = await proof()
    expect((await send({ authorization: `DPoP ${token}`, dpop })).status).toBe(200)
    await expectRefused({ authorization: `DPoP ${token}`, dpop }, 'COMITY_DPOP_REPLAYED')
  })

  it('sent ten times at once is served once', async () => {
    const headers = { authorization: `DPoP ${token}`, dpop: await proof() }
    // The same bytes over as many connections: single flight must not hide it.
    const sent = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        world.fetch(url, { headers: { ...headers, 'x-copy': String(index) } }),
      ),
    )
    expect(sent.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('with an old proof is refused', async () => {
    const dpop = await proof({ now: Date.now() / 1000 - 600 })
    await expectRefused({ authorization: `DPoP ${token}`, dpop }, 'COMITY_DPOP_INVALID')
  })

  it('with a token that was changed is refused', async () => {
    const forged = token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
    const dpop = await proof({ accessToken: forged })
    await expectRefused({ authorization: `DPoP ${forged}`, dpop }, 'COMITY_SESSION_TOKEN_INVALID')
  })

  it('with forged headers about who it is changes nothing', async () => {
    const response = await send({
      authorization: `DPoP ${token}`,
      dpop: await proof(),
      'x-agent-did': 'did:web:admin.example',
      'x-forwarded-for': '127.0.0.1',
      'x-trust-score': '100',
    })
    expect(JSON.parse(new TextDecoder().decode(response.body))).toEqual({ hello: invoices.did })
  })

  it('outside the grant is refused with 403 and without a reason', async () => {
    const approve = `${world.globex.origin}/approve`
    const response = await send(
      { authorization: `DPoP ${token}`, dpop: await proof({ url: approve }) },
      approve,
    )
    expect(response.status).toBe(403)
    expect(new TextDecoder().decode(response.body)).not.toContain('approve')
    expect(world.globex.lastCode()).toBe('COMITY_REQUEST_NOT_GRANTED')
  })
})

describe('a session', () => {
  const connect = (): Promise<AgentSession> =>
    invoices.agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })

  it('works through the library, and is renewed', async () => {
    const session = await connect()
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
    await session.renew()
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
    expect(session.granted).toEqual(REQUEST)
  })

  it('that has ended is refused, and is not renewed', async () => {
    const session = await connect()
    await world.globex.gateway.sessions.end(session.id, 'test')
    expect((await session.fetch('/invoices/2026-10')).status).toBe(401)
    expect(world.globex.lastCode()).toBe('COMITY_SESSION_ENDED')
    await expect(session.renew()).rejects.toHaveProperty('code', 'COMITY_PEER_REFUSED')
  })

  it('does not send its token to another origin', async () => {
    const session = await connect()
    await expect(session.fetch(`${world.acme.origin}/invoices`)).rejects.toThrow(TypeError)
    await expect(session.fetch('/invoices', { headers: { DPoP: 'x' } })).rejects.toThrow(TypeError)
  })

  it('ends when the organization revokes the agent, and no new one opens', async () => {
    const agent = await world.acme.createAgent('revoked')
    const session = await agent.agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
    const ended = new Promise<void>((resolve) => {
      void world.globex.gateway.sessions.onEnded(({ id }) => {
        if (id === session.id) resolve()
      })
    })
    await world.acme.issuer.revoke({ agent: agent.did }, { reason: 'compromised' })
    await ended
    expect((await session.fetch('/invoices/2026-10')).status).toBe(401)
    await expect(
      agent.agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND }),
    ).rejects.toHaveProperty('code', 'COMITY_PEER_REJECTED')
  })

  it('is not ended by an organization that has nothing to say about its agent', async () => {
    const session = await connect()
    const other = await world.acme.createAgent('bystander')
    await world.acme.issuer.revoke({ agent: other.did }, { reason: 'compromised' })
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
  })
})
