import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseCredential, parseStatusEntry } from '../../src/credentials/index.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let offset = 0
let isListDown = false

beforeAll(async () => {
  world = await createWorld({
    clock: { now: () => Date.now() / 1000 + offset },
    // The clock runs ahead of Acme's: it is to be late for the list, and not for the lease.
    heartbeatMs: 60_000,
    gateway: { leaseSeconds: 300 },
    intercept: ({ url }) =>
      Promise.resolve(
        isListDown && url.includes('/status/') ? new Response(null, { status: 503 }) : undefined,
      ),
  })
})
afterAll(async () => world.close())

/** Sets the bit of a credential, and tells nobody: as an issuer does that has no event stream. */
async function setBit(token: string, purpose: 'revocation' | 'suspension'): Promise<void> {
  const entries = parseCredential(token).status.map(parseStatusEntry)
  const entry = entries.find((each) => each?.statusPurpose === purpose)
  if (entry === undefined) throw new TypeError('no such entry')
  await world.acme.statusLists.set({ ...entry, statusPurpose: purpose }, true)
}

const connect = ({ agent }: AcmeAgent) =>
  agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })

describe('a renewal', () => {
  it.each(['revocation', 'suspension'] as const)(
    'after a %s that no event told of is refused, and the session is over',
    async (purpose) => {
      const agent = await world.acme.createAgent(`silent-${purpose}`)
      const session = await connect(agent)
      await setBit(agent.credentials.AgentCapabilityCredential ?? '', purpose)
      offset += 61 // the list's ttl; within the age of a proof
      await expect(session.renew()).rejects.toHaveProperty('code', 'COMITY_PEER_REFUSED')
      expect(await world.globex.gateway.sessions.get(session.id)).toHaveProperty('state', 'ended')
      offset = 0
    },
  )

  it('is refused while the status cannot be looked up, and the session goes on', async () => {
    const session = await connect(await world.acme.createAgent('unreachable'))
    offset = 61
    isListDown = true
    await expect(session.renew()).rejects.toHaveProperty('code', 'COMITY_PEER_REFUSED')
    expect(world.globex.lastCode()).toBe('COMITY_STATUS_UNAVAILABLE')
    isListDown = false
    await session.renew()
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
    offset = 0
  })
})
