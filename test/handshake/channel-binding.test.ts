import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { parseDemand } from '../../src/demand/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { honestIdentity } from '../support/handshakes.ts'
import { createManualInitiator, type ManualInitiator } from '../support/manual-initiator.ts'
import { cbOf, createTlsLine, type TlsLine } from '../support/tls-line.ts'
import { AGENT_DEMAND, createWorld, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

/** The binding of messages to the TLS connection that carries them, through a real gateway over HTTPS. */

const ANYONE = { anyone: true } as const
const REQUIRED = parseDemand({ channel: { binding: 'required' } })
const OFF = parseDemand({ anyone: true, channel: { binding: 'off' } })

let world: World
let agent: AcmeAgent
const lines: TlsLine[] = []

beforeAll(async () => {
  world = await createWorld({ demand: parseDemand({ ...AGENT_DEMAND, channel: { binding: 'required' } }) })
  agent = await world.acme.createAgent('ledger')
})
afterEach(() => {
  for (const line of lines.splice(0)) line.close()
})
afterAll(async () => world.close())

function openLine(to: World = world, options: Parameters<typeof createTlsLine>[1] = {}): TlsLine {
  const line = createTlsLine(to.ca, options)
  lines.push(line)
  return line
}

const codeOf = async (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => 'accepted',
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  )

/** A run whose hello went over the line, and what its offer said. */
async function begin(line: TlsLine, to: World = world): Promise<{ run: ManualInitiator; offer: JsonObject }> {
  const run = await createManualInitiator({ ...honestIdentity(to, agent), demand: ANYONE })
  const { body } = await line.post(to.globex.endpoint, run.hello)
  return { run, offer: (await run.readOffer(body)).claims }
}

type Bind = (honest: JsonObject) => string | undefined

async function finish(
  line: TlsLine,
  run: ManualInitiator,
  bind: Bind,
  to: World = world,
): Promise<JsonObject> {
  const claims = (honest: JsonObject): JsonObject => {
    const cb = bind(honest)
    return cb === undefined ? honest : { ...honest, cb }
  }
  const { body } = await line.post(to.globex.endpoint, await run.present({ claims }))
  return run.readAnswer(body)
}

const over =
  (line: TlsLine): Bind =>
  ({ th }) =>
    cbOf(line, th, agent.did, 'initiator')

async function expectRefusal(answer: Promise<JsonObject>, code: string, to: World = world): Promise<void> {
  expect(await answer).toMatchObject({ msg: 'reject', reason: 'authentication' })
  expect(to.globex.lastCode()).toBe(code)
}

describe('an agent and a gateway', () => {
  it('that both require a binding have a session', async () => {
    const session = await agent.agent.connect(world.globex.did, { request: REQUEST, demand: REQUIRED })
    expect((await session.fetch('/invoices/1')).status).toBe(200)
  })

  it('of which the gateway alone requires it have a session, twice', async () => {
    for (const path of ['/invoices/1', '/invoices/2']) {
      const session = await agent.agent.connect(world.globex.did, { request: REQUEST, demand: ANYONE })
      expect((await session.fetch(path)).status).toBe(200)
    }
  })

  it('have none where the agent does not bind: nothing has left it', async () => {
    const before = world.globex.log.length
    const run = agent.agent.connect(world.globex.did, { request: REQUEST, demand: OFF })
    expect(await codeOf(run)).toBe('COMITY_CHANNEL_BINDING_REQUIRED')
    expect(world.globex.log.length).toBe(before)
  })
})

describe('a present', () => {
  it('positive control: by hand it is accepted, and the messages of the gateway are bound', async () => {
    const line = openLine()
    const { run, offer } = await begin(line)
    expect(offer.demand).toMatchObject({ channel: { binding: 'required' } })
    expect(offer.cb).toBe(cbOf(line, offer.th, world.globex.did, 'responder'))
    const answer = await finish(line, run, over(line))
    expect(answer.msg).toBe('accept')
    expect(answer.cb).toBe(cbOf(line, answer.th, world.globex.did, 'responder'))
  })

  it('without a binding is refused, and the refusal is bound', async () => {
    const line = openLine()
    const { run } = await begin(line)
    const answer = await finish(line, run, () => undefined)
    expect(answer).toMatchObject({ msg: 'reject', reason: 'authentication' })
    expect(answer.cb).toBe(cbOf(line, answer.th, world.globex.did, 'responder'))
    expect(world.globex.lastCode()).toBe('COMITY_CHANNEL_BINDING_REQUIRED')
  })

  it('that is bound to another connection is refused', async () => {
    const [line, other] = [openLine(), openLine()]
    const { run } = await begin(line)
    await begin(other)
    await expectRefusal(finish(line, run, over(other)), 'COMITY_CHANNEL_BINDING_MISMATCH')
  })

  it('that is bound to another run on the same connection is refused', async () => {
    const line = openLine()
    const before = await begin(line)
    let used: string | undefined
    await finish(line, before.run, (honest) => (used = over(line)(honest)))
    const { run } = await begin(line)
    await expectRefusal(
      finish(line, run, () => used),
      'COMITY_CHANNEL_BINDING_MISMATCH',
    )
  })

  it("with the gateway's own binding of the offer is refused", async () => {
    const line = openLine()
    const { run, offer } = await begin(line)
    await expectRefusal(
      finish(line, run, () => String(offer.cb)),
      'COMITY_CHANNEL_BINDING_MISMATCH',
    )
  })

  it.each([
    ['another DID', (line: TlsLine, th: unknown) => cbOf(line, th, world.acme.did, 'initiator')],
    ['the other role', (line: TlsLine, th: unknown) => cbOf(line, th, agent.did, 'responder')],
    [
      'no message at all',
      (line: TlsLine) =>
        Buffer.from(line.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', new Uint8Array())).toString(
          'base64url',
        ),
    ],
  ])('that is bound for %s is refused', async (_name, bind) => {
    const line = openLine()
    const { run } = await begin(line)
    await expectRefusal(
      finish(line, run, ({ th }) => bind(line, th)),
      'COMITY_CHANNEL_BINDING_MISMATCH',
    )
  })

  it('that is bound to its own connection, but whose hello came over another, is refused', async () => {
    const [line, other] = [openLine(), openLine()]
    const { run } = await begin(line)
    await begin(other)
    await expectRefusal(finish(other, run, over(other)), 'COMITY_CHANNEL_BINDING_MISMATCH')
  })

  it.each(['', 'AAAA', 'A'.repeat(42) + 'B', 'A'.repeat(43) + '=', 'A'.repeat(86)])(
    'with %j for a binding is malformed',
    async (cb) => {
      const line = openLine()
      const { run } = await begin(line)
      const answer = await finish(line, run, () => cb)
      expect(answer).toMatchObject({ msg: 'reject', reason: 'malformed' })
      expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_MALFORMED')
    },
  )
})

describe('over TLS 1.2', () => {
  it('a gateway that requires a binding refuses the hello', async () => {
    const line = openLine(world, { maxVersion: 'TLSv1.2' })
    const run = await createManualInitiator(honestIdentity(world, agent))
    expect((await line.post(world.globex.endpoint, run.hello)).status).toBe(400)
    expect(world.globex.lastCode()).toBe('COMITY_CHANNEL_BINDING_UNSUPPORTED')
  })

  it('one that does not neither asks for a binding nor takes one', async () => {
    const mild = await createWorld({})
    const [old, fresh] = [openLine(mild, { maxVersion: 'TLSv1.2' }), openLine(mild)]
    agent = await mild.acme.createAgent('ledger')
    const { run, offer } = await begin(old, mild)
    expect(offer).not.toHaveProperty('cb')
    expect(offer.demand).not.toHaveProperty('channel')
    const refused = finish(old, run, over(old), mild)
    await expectRefusal(refused, 'COMITY_CHANNEL_BINDING_UNSUPPORTED', mild)
    // Nor is the connection of such a hello one that a later message could be bound with.
    const second = await begin(old, mild)
    await begin(fresh, mild)
    await expectRefusal(finish(fresh, second.run, over(fresh), mild), 'COMITY_CHANNEL_BINDING_MISMATCH', mild)
    const third = await begin(fresh, mild)
    expect((await finish(fresh, third.run, over(fresh), mild)).msg).toBe('accept')
    agent = await world.acme.createAgent('ledger-2')
    await mild.close()
  })
})

it('a gateway that does not bind sends no binding, asks for none and takes none', async () => {
  const off = await createWorld({ demand: parseDemand({ ...AGENT_DEMAND, channel: { binding: 'off' } }) })
  agent = await off.acme.createAgent('ledger')
  const line = openLine(off)
  const { run, offer } = await begin(line, off)
  expect(offer).not.toHaveProperty('cb')
  expect(offer.demand).not.toHaveProperty('channel')
  await expectRefusal(finish(line, run, over(line), off), 'COMITY_CHANNEL_BINDING_UNSUPPORTED', off)
  // Nor does it open a session for an agent that requires one.
  const second = await begin(line, off)
  const claims = (honest: JsonObject): JsonObject => ({ ...honest, demand: REQUIRED as never })
  const { body } = await line.post(off.globex.endpoint, await second.run.present({ claims }))
  expect(await second.run.readAnswer(body)).toMatchObject({ msg: 'reject', reason: 'no-agreement' })
  expect(off.globex.lastCode()).toBe('COMITY_CHANNEL_BINDING_REQUIRED')
  await off.close()
})
