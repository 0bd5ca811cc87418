import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateSigner } from '../../src/keys/index.ts'
import { createDpopProof } from '../../src/session/index.ts'
import { answerTo, startedRun } from '../support/handshakes.ts'
import { createWorld, type AcmeAgent, type World } from '../support/world.ts'

/** OAuth-style failure 4: secret sprawl. Here whoever reads everything that was sent and logged can do nothing with it. */
let world: World
let invoices: AcmeAgent

beforeAll(async () => {
  world = await createWorld()
  invoices = await world.acme.createAgent('invoices')
})
afterAll(async () => world.close())

describe('what lies around after a session', () => {
  it('the token alone, or with a used or a foreign proof, opens nothing', async () => {
    const run = await startedRun(world, invoices)
    const answer = await answerTo(world, run)
    const { access_token: accessToken } = answer.session as { access_token: string }
    const url = `${world.globex.origin}/invoices/2026-10`
    const authorization = `DPoP ${accessToken}`
    const dpop = await createDpopProof({ signer: run.sessionKey, method: 'GET', url, accessToken })
    expect((await world.fetch(url, { headers: { authorization, dpop } })).status).toBe(200)

    const foreign = await createDpopProof({
      signer: await generateSigner({ alg: 'Ed25519' }),
      method: 'GET',
      url,
      accessToken,
    })
    const stolen: Record<string, string>[] = [
      { authorization },
      { authorization: `Bearer ${accessToken}` },
      { authorization, dpop },
      { authorization, dpop: foreign },
    ]
    for (const headers of stolen) expect((await world.fetch(url, { headers })).status).toBe(401)
  })

  it('log and audit hold neither tokens nor claims', async () => {
    const session = await startedRun(world, invoices)
    const answer = await answerTo(world, session)
    const { access_token: token } = answer.session as { access_token: string }
    const records = await world.globex.gateway.audit.read()
    const written = JSON.stringify([world.globex.log, records])
    expect(records.length).toBeGreaterThan(0)
    for (const secret of [token, ...Object.values(invoices.credentials)]) {
      for (const part of secret.split('.')) expect(written).not.toContain(part)
    }
    expect(written).not.toContain('openCriticalVulnerabilities')
  })
})
