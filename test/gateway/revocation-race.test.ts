import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTrustRegistry } from '../../src/trust/index.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type World } from '../support/world.ts'

let world: World
let judging: (() => void) | undefined
let goOn: Promise<void> = Promise.resolve()

beforeAll(async () => {
  world = await createWorld({
    trust: (did) => {
      const types = ['AgentCapabilityCredential', 'AgentProvenanceCredential', 'AgentPostureCredential']
      const registry = createTrustRegistry({ issuers: [{ did, types }] })
      return {
        judge: async (question) => {
          judging?.()
          await goOn
          return registry.judge(question)
        },
      }
    },
  })
})
afterAll(async () => world.close())

describe('a revocation that arrives while the evidence is being judged', () => {
  it('keeps the session from opening, however long the judgement takes', async () => {
    const [first, slow] = [await world.acme.createAgent('first'), await world.acme.createAgent('slow')]
    // So that Globex hears Acme's events.
    await first.agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })

    const judged = new Promise<void>((resolve) => (judging = resolve))
    let release = (): void => undefined
    goOn = new Promise((resolve) => (release = resolve))
    const attempt = slow.agent.connect(world.globex.did, { request: REQUEST, demand: PARTNER_DEMAND })
    const outcome = attempt.then(
      () => 'opened',
      (error: unknown) => (error as { code: string }).code,
    )
    await judged
    const told = world.globex.nextEvent()
    await world.acme.issuer.revoke({ agent: slow.did }, { reason: 'compromised' })
    await told
    release()
    expect(await outcome).toBe('COMITY_PEER_REJECTED')
    expect(await world.globex.gateway.sessions.find({ agent: slow.did })).toEqual([])
  })
})
