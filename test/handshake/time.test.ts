import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RUN_SECONDS } from '../../src/handshake/runs.ts'
import { answerTo, startedRun } from '../support/handshakes.ts'
import { createWorld, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let invoices: AcmeAgent
let offset = 0

beforeAll(async () => {
  world = await createWorld({ clock: { now: () => Date.now() / 1000 + offset } })
  invoices = await world.acme.createAgent('invoices')
})
afterAll(async () => world.close())

const at = async (iat: number, exp: number) => {
  const run = await startedRun(world, invoices)
  return answerTo(world, run, { claims: (honest) => ({ ...honest, iat, exp }) })
}
const now = (): number => Math.floor(Date.now() / 1000)

describe('times of a message', () => {
  it('expired is refused', async () => {
    expect(await at(now() - 300, now() - 180)).toMatchObject({ msg: 'reject', reason: 'expired' })
    expect(world.globex.lastCode()).toBe('COMITY_TOKEN_EXPIRED')
  })

  it('not yet valid is refused', async () => {
    expect(await at(now() + 180, now() + 300)).toMatchObject({ msg: 'reject', reason: 'expired' })
    expect(world.globex.lastCode()).toBe('COMITY_TOKEN_NOT_YET_VALID')
  })

  it('a life of more than 120 seconds is refused', async () => {
    expect(await at(now(), now() + 600)).toMatchObject({ msg: 'reject', reason: 'authentication' })
    expect(world.globex.lastCode()).toBe('COMITY_JWT_CLAIM_INVALID')
  })

  it('within 60 seconds of skew either way is accepted', async () => {
    expect(await at(now() - 150, now() - 30)).toMatchObject({ msg: 'accept' })
    expect(await at(now() + 45, now() + 120)).toMatchObject({ msg: 'accept' })
  })

  it('a run that lay longer than 120 seconds is gone', async () => {
    const run = await startedRun(world, invoices)
    const body = await run.present()
    offset = RUN_SECONDS + 1
    try {
      expect(await world.post(body)).toMatchObject({ status: 400, code: 'malformed' })
      expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_STATE')
    } finally {
      offset = 0
    }
  })
})
