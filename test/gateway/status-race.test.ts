import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let held: { readonly arrived: () => void } | undefined

beforeAll(async () => {
  world = await createWorld({
    intercept: async (request) => {
      const { pathname } = new URL(request.url)
      const hold = held
      if (hold === undefined || !pathname.startsWith('/status/')) return undefined
      held = undefined
      // The list as it was when it was asked for, on its way for a while.
      const old = await world.acme.host.handle(request)
      const sent = new Promise<void>((resolve) => (release = resolve))
      hold.arrived()
      await sent
      return old
    },
  })
})
afterAll(async () => world.close())

let release = (): void => undefined

const connect = ({ agent }: AcmeAgent) =>
  agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })

describe('a status list that is on its way when a revocation is told', () => {
  it('is not what the next handshake is judged by', async () => {
    const [first, bad] = [await world.acme.createAgent('first'), await world.acme.createAgent('bad')]
    await connect(first) // so that Globex hears Acme's events
    const flushed = world.globex.nextEvent()
    const other = await world.acme.createAgent('other')
    await world.acme.issuer.revoke({ agent: other.did }, { reason: 'test' }) // so that no list is cached
    await flushed

    const arrived = new Promise<void>((resolve) => (held = { arrived: resolve }))
    const before = connect(first).catch(() => undefined)
    await arrived
    const told = world.globex.nextEvent()
    await world.acme.issuer.revoke({ agent: bad.did }, { reason: 'compromised' })
    await told
    const after = connect(bad).then(
      () => 'opened',
      (error: unknown) => (error as { code: string }).code,
    )
    // Long enough for the second to ask for the list, or to join the first.
    await new Promise((resolve) => setTimeout(resolve, 300))
    release()
    expect(await after).toBe('COMITY_PEER_REJECTED')
    await before
  })
})
