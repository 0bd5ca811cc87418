import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startedRun } from '../support/handshakes.ts'
import { createWorld, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let invoices: AcmeAgent

beforeAll(async () => {
  world = await createWorld()
  invoices = await world.acme.createAgent('invoices')
})
afterAll(async () => world.close())

const sessions = async (): Promise<number> =>
  (await world.globex.gateway.sessions.find({ agent: invoices.did })).length

describe('message 3 again', () => {
  it('gets the identical stored answer and no second session', async () => {
    const run = await startedRun(world, invoices)
    const body = await run.present()
    const before = await sessions()
    const first = await world.post(body)
    const second = await world.post(body)
    expect(await run.readAnswer(first.body)).toMatchObject({ msg: 'accept' })
    expect(second.text).toBe(first.text)
    expect(await sessions()).toBe(before + 1)
  })

  it('sent ten times at once still makes one session and one answer', async () => {
    const run = await startedRun(world, invoices)
    const body = await run.present()
    const before = await sessions()
    const answers = await Promise.all(Array.from({ length: 10 }, () => world.post(body)))
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1)
    expect(answers[0]?.status).toBe(200)
    expect(await sessions()).toBe(before + 1)
  })

  it('with other bytes on a spent `sid` is refused', async () => {
    const run = await startedRun(world, invoices)
    const first = await run.present()
    const other = await run.present()
    expect(other).not.toBe(first)
    const before = await sessions()
    expect((await world.post(first)).status).toBe(200)
    expect(await world.post(other)).toMatchObject({ status: 400, code: 'malformed' })
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_SPENT')
    expect(await sessions()).toBe(before + 1)
  })

  it('raced with other bytes makes one session: one of the two wins', async () => {
    const run = await startedRun(world, invoices)
    const bodies = [await run.present(), await run.present()]
    const before = await sessions()
    const statuses = (await Promise.all(bodies.map((body) => world.post(body)))).map(({ status }) => status)
    expect(statuses.toSorted((left, right) => left - right)).toEqual([200, 400])
    expect(await sessions()).toBe(before + 1)
  })
})

describe('a hello again', () => {
  it('starts another run with other keys: an old present does not fit', async () => {
    const run = await startedRun(world, invoices)
    const again = await world.post(run.hello)
    expect(again.status).toBe(200)
    const { clear } = JSON.parse(again.text) as { clear: string }
    const { sid } = JSON.parse(Buffer.from(clear, 'base64url').toString()) as { sid: string }
    const { box } = JSON.parse(await run.present()) as { box: string }
    const spliced = JSON.stringify({ clear: Buffer.from(JSON.stringify({ sid })).toString('base64url'), box })
    expect(await world.post(spliced)).toMatchObject({ status: 400, code: 'malformed' })
  })
})
