import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createTrustRegistry } from '../../src/trust/index.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let atTrust: (() => Promise<void>) | undefined
/** How many bytes of events each stream has let through; `held` are the numbers of those that let nothing through. */
const passed: number[] = []
const held = new Set<number>()

beforeAll(async () => {
  world = await createWorld({
    trust: (did) => {
      const types = ['AgentCapabilityCredential', 'AgentPostureCredential']
      const registry = createTrustRegistry({ issuers: [{ did, types }] })
      return {
        judge: async (question) => {
          // The last that is judged: all statuses have been looked up.
          if (question.type === 'AgentPostureCredential') await atTrust?.()
          return registry.judge(question)
        },
      }
    },
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

describe('a revocation that another process has applied, and this one hears of while it judges', () => {
  it('keeps the session from opening: what counts is what was known when the judgement began', async () => {
    const [first, late] = [await world.acme.createAgent('first'), await world.acme.createAgent('late')]
    await connect(first)
    const second = await world.globex.startInstance()
    world.globex.serveFrom(second)
    await connect(first) // so that the second hears Acme, and has its list
    const stream = passed.length - 1
    held.add(stream)
    const told = world.globex.nextEvent()
    await world.acme.issuer.revoke({ agent: late.did }, { reason: 'compromised' })
    await told // by the first

    const judging = new Promise<void>((resolve) => {
      atTrust = async () => {
        atTrust = undefined
        const before = passed[stream] ?? 0
        held.clear()
        resolve()
        // The event, and the heartbeats after it.
        await vi.waitFor(
          () => {
            expect(passed[stream]).toBeGreaterThan(before + 500)
          },
          { timeout: 10_000 },
        )
        await new Promise((wait) => setTimeout(wait, 1500))
      }
    })
    const outcome = connect(late).then(
      () => 'opened',
      (error: unknown) => (error as { code: string }).code,
    )
    await judging
    expect(await outcome).toBe('COMITY_PEER_REJECTED')
    expect(world.globex.lastCode()).toBe('COMITY_SESSION_ENDED')
    expect(await second.sessions.find({ agent: late.did })).toEqual([])
  }, 30_000)
})
