import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import { createInitiator } from '../../src/handshake/index.ts'
import { flipCharacter, honestIdentity, startedRun } from '../support/handshakes.ts'
import { createManualInitiator } from '../support/manual-initiator.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let invoices: AcmeAgent

beforeAll(async () => {
  world = await createWorld()
  invoices = await world.acme.createAgent('invoices')
})
afterAll(async () => world.close())

/** The honest initiator of the library, for messages that come back. */
const initiator = () =>
  createInitiator({
    did: invoices.did,
    peer: world.globex.did,
    wallet: invoices.wallet,
    evidence: invoices.agent.evidence,
    demand: PARTNER_DEMAND,
    request: REQUEST,
  })

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const parse = (body: Uint8Array): { clear: string; box: string } =>
  JSON.parse(new TextDecoder().decode(body)) as { clear: string; box: string }

/** Changes one character in the middle of a part of a message. */
function alter(body: Uint8Array, part: 'clear' | number): Uint8Array {
  const message = parse(body)
  if (part === 'clear') return bytes(JSON.stringify({ ...message, clear: flipCharacter(message.clear) }))
  const parts = message.box.split('.')
  parts[part] = part === 1 ? 'AAAA' : flipCharacter(parts[part] ?? '')
  return bytes(JSON.stringify({ ...message, box: parts.join('.') }))
}

const BOX_PARTS = [
  ['protected header', 0],
  ['encrypted key', 1],
  ['initialization vector', 2],
  ['ciphertext', 3],
  ['tag', 4],
] as const

describe('bytes changed on the way', () => {
  it('hello: another clear part gives keys that the initiator does not have', async () => {
    const run = initiator()
    const hello = parse(bytes(await run.hello()))
    const clear = JSON.parse(Buffer.from(hello.clear, 'base64url').toString()) as Record<string, unknown>
    const altered = { ...clear, nonce: flipCharacter(String(clear.nonce), 3) }
    const body = JSON.stringify({ clear: Buffer.from(JSON.stringify(altered)).toString('base64url') })
    const offer = await world.post(body)
    expect(offer.status).toBe(200)
    await expect(run.present(offer.body)).rejects.toHaveProperty('code', 'COMITY_HANDSHAKE_BOX')
  })

  it('hello: white space added to the clear part is another hello', async () => {
    const run = initiator()
    const hello = parse(bytes(await run.hello()))
    const clear = Buffer.from(`${Buffer.from(hello.clear, 'base64url').toString()} `).toString('base64url')
    const offer = await world.post(JSON.stringify({ clear }))
    await expect(run.present(offer.body)).rejects.toHaveProperty('code', 'COMITY_HANDSHAKE_BOX')
  })

  it('offer: clear part', async () => {
    const run = initiator()
    const { body } = await world.post(await run.hello())
    const { clear, box } = parse(body)
    const offer = JSON.parse(Buffer.from(clear, 'base64url').toString()) as Record<string, unknown>
    const altered = JSON.stringify({ ...offer, nonce: flipCharacter(String(offer.nonce), 3) })
    const forged = bytes(JSON.stringify({ clear: Buffer.from(altered).toString('base64url'), box }))
    await expect(run.present(forged)).rejects.toHaveProperty('code', 'COMITY_HANDSHAKE_BOX')
  })

  it.each(BOX_PARTS)('offer: %s of the box', async (_name, part) => {
    const run = initiator()
    const { body } = await world.post(await run.hello())
    await expect(run.present(alter(body, part))).rejects.toHaveProperty('code', 'COMITY_HANDSHAKE_BOX')
  })

  it('present: clear part', async () => {
    const { present } = await startedRun(world, invoices)
    const answer = await world.post(alter(bytes(await present()), 'clear'))
    expect(answer).toMatchObject({ status: 400, code: 'malformed' })
  })

  it.each(BOX_PARTS)('present: %s of the box; and the run is not spent by it', async (_name, part) => {
    const run = await startedRun(world, invoices)
    const body = bytes(await run.present())
    expect(await world.post(alter(body, part))).toMatchObject({ status: 400, code: 'malformed' })
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_BOX')
    const answer = await world.post(body)
    expect(await run.readAnswer(answer.body)).toMatchObject({ msg: 'accept' })
  })

  it('accept: clear part', async () => {
    const run = initiator()
    const offer = await world.post(await run.hello())
    const { body } = await world.post(await run.present(offer.body))
    const other = Buffer.from(JSON.stringify({ sid: Buffer.alloc(16, 7).toString('base64url') }))
    const forged = bytes(JSON.stringify({ ...parse(body), clear: other.toString('base64url') }))
    await expect(run.finish(forged)).rejects.toHaveProperty('code', 'COMITY_HANDSHAKE_STATE')
  })

  it.each(BOX_PARTS)('accept: %s of the box', async (_name, part) => {
    const run = initiator()
    const offer = await world.post(await run.hello())
    const { body } = await world.post(await run.present(offer.body))
    await expect(run.finish(alter(body, part))).rejects.toHaveProperty('code', 'COMITY_HANDSHAKE_BOX')
  })

  it('positive control: unchanged, the same messages make a session', async () => {
    const run = initiator()
    const offer = await world.post(await run.hello())
    const answer = await world.post(await run.present(offer.body))
    await expect(run.finish(answer.body)).resolves.toMatchObject({ peer: world.globex.did })
  })
})

describe('messages out of their place', () => {
  it('an offer is no answer, and an answer no offer', async () => {
    const run = initiator()
    const offer = await world.post(await run.hello())
    const present = await run.present(offer.body)
    await expect(run.finish(offer.body)).rejects.toBeInstanceOf(ComityError)
    const answer = await world.post(present)
    const second = initiator()
    await second.hello()
    await expect(second.present(answer.body)).rejects.toBeInstanceOf(ComityError)
  })

  it('a box at another place of its own run does not open (`seq`)', async () => {
    const run = await startedRun(world, invoices)
    expect(await world.post(await run.present({ position: { seq: 1 } }))).toMatchObject({ code: 'malformed' })
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_BOX')
  })

  it("a box in the other direction does not open, under either direction's key", async () => {
    const run = await startedRun(world, invoices)
    expect(await world.post(await run.present({ position: { dir: 'r2i' } }))).toMatchObject({
      code: 'malformed',
    })
    const { keys } = run.run()
    expect(await world.post(await run.present({ key: keys.r2i }))).toMatchObject({ code: 'malformed' })
  })

  it("the offer's own box, sent back as a present, does not open", async () => {
    const run = await createManualInitiator(honestIdentity(world, invoices))
    const { body } = await world.post(run.hello)
    const { clear } = await run.readOffer(body)
    const sid = Buffer.from(JSON.stringify({ sid: clear.sid })).toString('base64url')
    const answer = await world.post(JSON.stringify({ clear: sid, box: parse(body).box }))
    expect(answer).toMatchObject({ status: 400, code: 'malformed' })
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_BOX')
  })

  it('a present for a run that never was is refused', async () => {
    const run = await startedRun(world, invoices)
    const body = JSON.parse(await run.present()) as { clear: string; box: string }
    const sid = Buffer.from(JSON.stringify({ sid: Buffer.alloc(16, 1).toString('base64url') })).toString(
      'base64url',
    )
    expect(await world.post(JSON.stringify({ ...body, clear: sid }))).toMatchObject({ code: 'malformed' })
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_STATE')
  })
})

describe('messages spliced between runs', () => {
  it("one run's box in another run does not open", async () => {
    const [first, second] = [await startedRun(world, invoices), await startedRun(world, invoices)]
    const box = (JSON.parse(await first.present()) as { box: string }).box
    const { clear } = JSON.parse(await second.present()) as { clear: string }
    expect(await world.post(JSON.stringify({ clear, box }))).toMatchObject({ status: 400, code: 'malformed' })
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_BOX')
  })

  it("one run's JWS sealed anew into another run is refused by its `th`", async () => {
    const [first, second] = [await startedRun(world, invoices), await startedRun(world, invoices)]
    let stolen = ''
    await first.present({
      claims: (honest) => honest,
      signer: {
        ...invoices.signer,
        sign: async (input) => {
          const signature = await invoices.signer.sign(input)
          stolen = `${new TextDecoder().decode(input)}.${Buffer.from(signature).toString('base64url')}`
          return signature
        },
      },
    })
    const answer = await world.post(await second.present({ jws: stolen }))
    expect(await second.readAnswer(answer.body)).toMatchObject({ msg: 'reject', reason: 'authentication' })
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_TRANSCRIPT')
  })

  it('an answer of another run does not open', async () => {
    const [first, second] = [initiator(), initiator()]
    const offers = [await world.post(await first.hello()), await world.post(await second.hello())]
    const presents = [
      await first.present(offers[0]?.body ?? new Uint8Array()),
      await second.present(offers[1]?.body ?? new Uint8Array()),
    ]
    const other = await world.post(presents[1] ?? '')
    await world.post(presents[0] ?? '')
    await expect(first.finish(other.body)).rejects.toHaveProperty('code', 'COMITY_HANDSHAKE_STATE')
  })
})
