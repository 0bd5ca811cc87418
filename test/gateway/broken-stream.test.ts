import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

/** Acme's event stream opens, says once that all was sent, and then nothing any more. */
let world: World
let offset = 0

beforeAll(async () => {
  world = await createWorld({
    clock: { now: () => Date.now() / 1000 + offset },
    intercept: (request) => {
      if (!request.url.endsWith('/comity/events')) return Promise.resolve(undefined)
      const time = (Date.now() / 1000).toFixed(3)
      const text = new TextEncoder().encode(`: open ${time}\n\n: heartbeat ${time}\n\n`)
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          controller.enqueue(text)
        },
      })
      return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
    },
  })
})
afterAll(async () => world.close())

const lifeOf = async ({ agent }: AcmeAgent): Promise<number> => {
  const { id } = await agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
  const { expiresAt = 0, openedAt = 0 } = (await world.globex.gateway.sessions.get(id)) ?? {}
  return expiresAt - openedAt
}

describe('a stream that was open once and is silent now', () => {
  it('opens short sessions only: nobody could end them', async () => {
    const agent = await world.acme.createAgent('invoices')
    expect(await lifeOf(agent)).toBeGreaterThan(60)
    offset = 45
    const life = await lifeOf(agent)
    expect(life).toBeGreaterThan(0)
    expect(life).toBeLessThanOrEqual(31)
  })
})
