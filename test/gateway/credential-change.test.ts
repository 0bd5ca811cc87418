import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { credentialDigest } from '../../src/credentials/index.ts'
import { decodeBase64url, encodeBase64url } from '../../src/encoding/index.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World

beforeAll(async () => {
  world = await createWorld({ issuerAlg: 'ES256' })
})
afterAll(async () => world.close())

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** The same content with the other signature that ECDSA has for it: (r, n − s) instead of (r, s). */
function twinOf(token: string): string {
  const end = token.lastIndexOf('.')
  const signature = decodeBase64url(token.slice(end + 1))
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
  const twin = Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex')
  const both = new Uint8Array([...signature.subarray(0, 32), ...twin])
  return `${token.slice(0, end)}.${encodeBase64url(both)}`
}

const connect = ({ agent }: AcmeAgent) =>
  agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })

async function idOf(session: { id: string }, type: string): Promise<string> {
  const record = await world.globex.gateway.sessions.get(session.id)
  return record?.credentials.find((each) => each.type === type)?.id ?? ''
}

describe('the revocation of one credential', () => {
  it('ends the sessions that rest on it, and no others', async () => {
    const [one, other] = [await world.acme.createAgent('one'), await world.acme.createAgent('other')]
    const [session, bystander] = [await connect(one), await connect(other)]
    const told = world.globex.nextEvent()
    await world.acme.issuer.revoke(
      { credential: await idOf(session, 'AgentCapabilityCredential') },
      { reason: 'compromised' },
    )
    await told
    expect((await session.fetch('/invoices/2026-10')).status).toBe(401)
    expect((await bystander.fetch('/invoices/2026-10')).status).toBe(200)
  })

  it('finds a session whose holder has changed the signature', async () => {
    const agent = await world.acme.createAgent('malleable')
    for (const held of await agent.wallet.credentials(agent.did)) {
      const twin = twinOf(held.token)
      expect(twin).not.toBe(held.token)
      expect(credentialDigest(twin)).toBe(held.digest)
      await agent.wallet.removeCredential(held.digest)
      await agent.wallet.addCredential(twin, { release: 'public' })
    }
    const session = await connect(agent)
    expect((await session.fetch('/invoices/2026-10')).status).toBe(200)
    const told = world.globex.nextEvent()
    await world.acme.issuer.revoke(
      { credential: await idOf(session, 'AgentCapabilityCredential') },
      { reason: 'compromised' },
    )
    await told
    expect(await world.globex.gateway.sessions.get(session.id)).toHaveProperty('state', 'ended')
    expect((await session.fetch('/invoices/2026-10')).status).toBe(401)
  })
})
