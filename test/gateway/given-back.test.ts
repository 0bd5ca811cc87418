import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createDidDocument, didWebFromUrl } from '../../src/did/index.ts'
import type { Gateway } from '../../src/gateway/index.ts'
import { createEventPublisher, eventStreamResponse } from '../../src/revocation/index.ts'
import { systemTimers, type Timers } from '../../src/runtime/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let gateway: Gateway
let open = 0
/** The event streams of others than Acme, by path. */
const streams = new Map<string, (request: Request) => Promise<Response>>()
/** A minute is a moment here. */
const timers: Timers = {
  ...systemTimers,
  after: (ms, run) => systemTimers.after(ms === 60_000 ? 500 : ms, run),
}

beforeAll(async () => {
  world = await createWorld({
    gateway: { timers, maxStreams: 10, maxStreamsPerPeer: 2 },
    intercept: async (request) => {
      const other = streams.get(new URL(request.url).pathname)
      if (other !== undefined) return other(request)
      if (request.method !== 'GET' || !request.url.endsWith('/comity/events')) return undefined
      const response = await world.acme.host.handle(request)
      if (response?.status !== 200) return response
      open++
      request.signal.addEventListener('abort', () => open--, { once: true })
      return response
    },
  })
  gateway = world.globex.gateway
})
afterAll(async () => world.close())

const connect = ({ agent }: AcmeAgent) =>
  agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
const becomes = (count: number) =>
  vi.waitFor(
    () => {
      expect(open).toBe(count)
    },
    { timeout: 10_000 },
  )

describe('the stream of an organization', () => {
  it('is open as long as a session needs it, and is opened again for the next', async () => {
    const agent = await world.acme.createAgent('invoices')
    const sessions = [await connect(agent), await connect(agent)]
    await becomes(1)
    for (const session of sessions) {
      await new Promise((resolve) => setTimeout(resolve, 800))
      expect(open).toBe(1)
      await session.close()
    }
    await becomes(0)
    expect(world.globex.log.at(-1)).toMatchObject({ event: 'events.given-back', peer: world.acme.did })
    const next = await connect(agent)
    expect(open).toBe(1)
    await world.acme.issuer.revoke({ agent: agent.did }, { reason: 'compromised' })
    await becomes(0)
    expect((await next.fetch('/invoices/2026-10')).status).toBe(401)
  }, 30_000)

  it('is opened by a process that knows nothing of the session, and given back when another one ends it', async () => {
    const session = await connect(await world.acme.createAgent('elsewhere'))
    await becomes(1)
    const second = await world.globex.startInstance()
    await becomes(2)
    await gateway.sessions.end(session.id, 'test')
    await becomes(0)
    await second.close()
  }, 30_000)

  it('of one controller too many is not listened to: the session is short', async () => {
    const controllers = ['one', 'two', 'three'].map((name) => {
      const did = didWebFromUrl(`${world.acme.origin}/controllers/${name}`)
      const { signer } = world.acme
      const store = createMemoryStore()
      const publisher = createEventPublisher({ store, signer, issuer: did })
      streams.set(`/streams/${name}`, (request) =>
        eventStreamResponse(publisher, request, {
          admit: () => true,
          resolver: world.resolver,
          replay: store,
          heartbeatMs: 200,
        }),
      )
      world.acme.host.publishDocument(
        createDidDocument({
          did,
          keys: [
            {
              fragment: '#key-1',
              jwk: world.acme.signer.publicJwk,
              relationships: ['authentication', 'assertionMethod'],
            },
          ],
          services: [
            {
              fragment: '#events',
              type: 'ComityEvents',
              serviceEndpoint: `${world.acme.origin}/streams/${name}`,
            },
          ],
        }),
      )
      return did
    })
    const lives: number[] = []
    for (const [index, controller] of controllers.entries()) {
      const agent = await world.acme.createAgent(`of-${String(index)}`, { controller })
      const { id } = await connect(agent)
      const record = await gateway.sessions.get(id)
      lives.push((record?.expiresAt ?? 0) - (record?.openedAt ?? 0))
    }
    expect(lives.map((life) => life > 31)).toEqual([true, true, false])
    const refusals = world.globex.log.filter(({ code }) => code === 'COMITY_EVENT_LIMIT')
    expect(refusals).toMatchObject([{ event: 'events.unavailable', details: { maxStreamsPerPeer: 2 } }])
  })

  it.each([
    { maxStreams: 0 },
    { maxStreams: 100_001 },
    { maxStreamsPerPeer: 0 },
    { maxStreams: 5, maxStreamsPerPeer: 6 },
  ])('has limits that make sense: not $maxStreams, $maxStreamsPerPeer', async (options) => {
    await expect(world.globex.startInstance(options)).rejects.toBeInstanceOf(TypeError)
  })
})
