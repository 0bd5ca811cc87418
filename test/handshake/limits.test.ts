import { afterEach, describe, expect, it } from 'vitest'
import { createTrustRegistry } from '../../src/trust/index.ts'
import { honestIdentity, startedRun } from '../support/handshakes.ts'
import { createManualInitiator } from '../support/manual-initiator.ts'
import { createWorld, type AcmeAgent, type World } from '../support/world.ts'

let world: World
afterEach(async () => world.close())

const hello = async (agent: AcmeAgent): Promise<{ status: number; code?: string }> => {
  const { status, code } = await world.post((await createManualInitiator(honestIdentity(world, agent))).hello)
  return { status, ...(code === undefined ? {} : { code }) }
}

describe('what strangers cost', () => {
  it('a run counts for its source until it is judged: judgements at once are bounded', async () => {
    let judging = (): void => undefined
    let goOn = (): void => undefined
    const begun = new Promise<void>((resolve) => (judging = resolve))
    const held = new Promise<void>((resolve) => (goOn = resolve))
    world = await createWorld({
      gateway: { limits: { openPerSource: 1 } },
      trust: (did) => {
        const types = ['AgentCapabilityCredential', 'AgentProvenanceCredential', 'AgentPostureCredential']
        const registry = createTrustRegistry({ issuers: [{ did, types }] })
        return {
          judge: async (question) => {
            judging()
            await held
            return registry.judge(question)
          },
        }
      },
    })
    const agent = await world.acme.createAgent('invoices')
    const run = await startedRun(world, agent)
    const answer = world.post(await run.present())
    await begun
    expect(await hello(agent)).toEqual({ status: 429, code: 'limit' })
    goOn()
    expect(await run.readAnswer((await answer).body)).toMatchObject({ msg: 'accept' })
    expect(await hello(agent)).toEqual({ status: 200 })
  })

  it('runs that were refused are remembered, and so they count: strangers cannot fill the store', async () => {
    world = await createWorld({ gateway: { limits: { kept: 2 } } })
    const agent = await world.acme.createAgent('invoices')
    for (let run = 0; run < 2; run++) {
      const started = await startedRun(world, agent)
      const { body } = await world.post(await started.present({ jws: 'garbage' }))
      expect(await started.readAnswer(body)).toMatchObject({ msg: 'reject', reason: 'authentication' })
    }
    expect(await hello(agent)).toEqual({ status: 429, code: 'limit' })
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_LIMIT')
  })
})
