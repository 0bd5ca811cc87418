import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAgent, type AgentSession } from '../../src/agent/index.ts'
import { NetworkError } from '../../src/errors/index.ts'
import type { GuardedFetch, GuardedResponse } from '../../src/net/index.ts'
import { createDpopProof } from '../../src/session/index.ts'
import { answerTo, startedRun } from '../support/handshakes.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let invoices: AcmeAgent

beforeAll(async () => {
  world = await createWorld({ gateway: { dpopNonce: true } })
  invoices = await world.acme.createAgent('invoices')
})
afterAll(async () => world.close())

const connect = (): Promise<AgentSession> =>
  invoices.agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
const recordOf = ({ id }: { readonly id: string }) => world.globex.gateway.sessions.get(id)

describe('a session that its agent closes', () => {
  it('is over at the gateway and here, and not for other sessions of the agent', async () => {
    const [session, other] = [await connect(), await connect()]
    const closed = session.close()
    expect(session.close()).toBe(closed)
    await closed
    expect(await recordOf(session)).toMatchObject({ state: 'ended', endedReason: 'closed' })
    await expect(session.fetch('/invoices/2026-10')).rejects.toThrow(TypeError)
    await expect(session.renew()).rejects.toThrow(TypeError)
    expect((await other.fetch('/invoices/2026-10')).status).toBe(200)
    const entries = await world.globex.gateway.audit.read()
    expect(entries.map(({ record }) => record)).toContainEqual(
      expect.objectContaining({ kind: 'session', session: session.id, outcome: 'ended' }),
    )
  })

  it('is closed where the gateway has ended it already', async () => {
    const session = await connect()
    await world.globex.gateway.sessions.end(session.id, 'test')
    await session.close()
    expect(await recordOf(session)).toHaveProperty('endedReason', 'test')
  })

  it('takes what is under way with it', async () => {
    const session = await connect()
    const answer = expect(session.fetch('/invoices/2026-10')).rejects.toHaveProperty(
      'code',
      'COMITY_NET_ABORTED',
    )
    await session.close()
    await answer
  })

  it.each([
    [
      'is not reached',
      () => Promise.reject(new NetworkError('COMITY_NET_UNREACHABLE', 'test')),
      'COMITY_NET_UNREACHABLE',
    ],
    [
      'answers something else',
      () => Promise.resolve({ url: '', status: 503, headers: new Headers(), body: new Uint8Array() }),
      'COMITY_PEER_REFUSED',
    ],
  ])('is closed here also where the gateway %s', async (_name, answer, code) => {
    const { did, wallet } = invoices
    const { fetch } = world
    const other = (...parameters: Parameters<GuardedFetch>): Promise<GuardedResponse> =>
      parameters[1]?.method === 'DELETE' ? answer() : fetch(...parameters)
    const { stream, close } = fetch
    const trust = { judge: () => Promise.resolve({ accepted: true, reason: 'test' }) }
    const agent = await createAgent({ did, wallet, trust, fetch: Object.assign(other, { stream, close }) })
    const session = await agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
    await expect(session.close()).rejects.toHaveProperty('code', code)
    await expect(session.fetch('/invoices/2026-10')).rejects.toThrow(TypeError)
    expect(await recordOf(session)).toHaveProperty('state', 'active')
  })
})

describe('the end of a session', () => {
  async function endBy(change: { readonly method?: string; readonly proofFor?: string }): Promise<{
    readonly status: number
    readonly state: string | undefined
  }> {
    const run = await startedRun(world, invoices)
    const { session } = (await answerTo(world, run)) as unknown as {
      session: { access_token: string; renew: string; id: string }
    }
    const { method = 'DELETE', proofFor = method } = change
    const send = async (nonce: Record<string, string>) => {
      const dpop = await createDpopProof({
        signer: run.sessionKey,
        method: proofFor,
        url: session.renew,
        accessToken: session.access_token,
        ...nonce,
      })
      const headers = { authorization: `DPoP ${session.access_token}`, dpop }
      return world.fetch(session.renew, { method: method as 'DELETE', headers })
    }
    const asked = await send({})
    const { status } = await send({ nonce: asked.headers.get('dpop-nonce') ?? '' })
    return { status, state: (await recordOf(session))?.state }
  }

  it('positive control: is had by one who has the key', async () => {
    expect(await endBy({})).toEqual({ status: 204, state: 'ended' })
  })

  it('is not had with a proof for its renewal', async () => {
    expect(await endBy({ proofFor: 'POST' })).toEqual({ status: 401, state: 'active' })
  })

  it('is not had by another method', async () => {
    expect(await endBy({ method: 'PUT' })).toEqual({ status: 405, state: 'active' })
  })

  it('is not had without anything', async () => {
    const response = await world.fetch(`${world.globex.origin}/comity/session/renew`, { method: 'DELETE' })
    expect(response.status).toBe(401)
  })
})

describe('a resource', () => {
  const handler = (): Promise<Response> => Promise.resolve(new Response())

  it.each([
    ['no type', { action: 'read' }, handler],
    ['an empty type', { type: '', action: 'read' }, handler],
    ['a long action', { type: 'invoices', action: 'x'.repeat(1025) }, handler],
    ['several actions', { type: 'invoices', action: ['read'] }, handler],
    ['nothing', undefined, handler],
    ['no handler', { type: 'invoices', action: 'read' }, undefined],
  ])('with %s is protected by nothing, and refused at once', (_name, resource, handle) => {
    const { protect } = world.globex.gateway
    expect(() => protect(resource as never, handle as never)).toThrow(TypeError)
  })

  it('stays what it was when it was protected', async () => {
    const resource = { type: 'invoices', action: 'approve' }
    const guarded = world.globex.gateway.protect(resource, handler)
    resource.action = 'read'
    const response = await guarded(new Request(`${world.globex.origin}/invoices/2026-10`))
    expect(response.status).toBe(401)
  })
})
