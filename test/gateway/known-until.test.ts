import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Store } from '../../src/store/index.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World
/** How many bytes of events each stream has let through; `held` are the numbers of those that let nothing through. */
const passed: number[] = []
const held = new Set<number>()

beforeAll(async () => {
  world = await createWorld({
    intercept: async (request) => {
      if (request.method !== 'GET' || !request.url.endsWith('/comity/events')) return undefined
      const response = await world.acme.host.handle(request)
      const body = response?.body ?? undefined
      if (body === undefined) return response
      const number = passed.push(0) - 1
      const gate = new TransformStream<Uint8Array, Uint8Array>({
        transform: async (piece, controller) => {
          while (held.has(number)) await new Promise((resolve) => setTimeout(resolve, 10))
          passed[number] = (passed[number] ?? 0) + piece.byteLength
          controller.enqueue(piece)
        },
      })
      return new Response(body.pipeThrough(gate), response)
    },
  })
})
afterAll(async () => {
  held.clear()
  await world.close()
})

const connect = ({ agent }: AcmeAgent) =>
  agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })

/** A store that waits before it tells the sessions of an agent: its evidence has been judged then. */
function waiting(store: Store, agent: string, wait: () => Promise<void>): Store {
  return {
    ...store,
    list: async (prefix, options) => {
      if (prefix === `session-by-agent/${agent}/`) await wait()
      return store.list(prefix, options)
    },
  }
}

describe('a revocation that another process has applied, and this one hears of when it has judged', () => {
  it('keeps the session from opening: what counts is what was known when the judgement began', async () => {
    const [first, late] = [await world.acme.createAgent('first'), await world.acme.createAgent('late')]
    await connect(first)
    let afterJudgement = (): Promise<void> => Promise.resolve()
    const store = waiting(world.globex.store, late.did, () => afterJudgement())
    const second = await world.globex.startInstance({ store })
    world.globex.serveFrom(second)
    // So that the second hears Acme, and then has its list: what it had before, it forgets as it begins to listen.
    for (let count = 0; count < 2; count++) await connect(first)
    const stream = passed.length - 1
    held.add(stream)
    const told = world.globex.nextEvent()
    await world.acme.issuer.revoke({ agent: late.did }, { reason: 'compromised' })
    await told // by the first

    afterJudgement = async () => {
      afterJudgement = () => Promise.resolve()
      const before = passed[stream] ?? 0
      held.clear()
      // The event, and the heartbeats after it.
      await vi.waitFor(
        () => {
          expect(passed[stream]).toBeGreaterThan(before + 500)
        },
        { timeout: 10_000 },
      )
      await new Promise((resolve) => setTimeout(resolve, 1500))
    }
    await expect(connect(late)).rejects.toHaveProperty('code', 'COMITY_PEER_REJECTED')
    expect(world.globex.lastCode()).toBe('COMITY_SESSION_ENDED')
    expect(await second.sessions.find({ agent: late.did })).toEqual([])
  }, 30_000)
})
