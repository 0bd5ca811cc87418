import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/encoding/index.ts'
import {
  createInitiator,
  HANDSHAKE_VERSION,
  x25519,
  type HandshakeRegistry,
  type Suite,
} from '../../src/handshake/index.ts'
import { answerTo, honestIdentity } from '../support/handshakes.ts'
import { createManualInitiator } from '../support/manual-initiator.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

/** A second, better suite: the same agreement under another name. */
const better: Suite = { ...x25519, name: 'X25519-better' }
const BETTER_VERSION = 'comity/2-test'
const registry: HandshakeRegistry = {
  versions: [BETTER_VERSION, HANDSHAKE_VERSION],
  suites: [better, x25519],
}

let world: World
let invoices: AcmeAgent

beforeAll(async () => {
  world = await createWorld({ registry })
  invoices = await world.acme.createAgent('invoices', { registry })
})
afterAll(async () => world.close())

const REJECTED = { msg: 'reject', reason: 'authentication' }
const bothOffered = () => ({ ...honestIdentity(world, invoices), ...registry })

/** The hello of the honest initiator, as somebody on the way changed it. */
function changed(hello: string, change: (clear: JsonObject) => JsonObject): string {
  const { clear } = JSON.parse(hello) as { clear: string }
  const object = JSON.parse(Buffer.from(clear, 'base64url').toString()) as JsonObject
  return JSON.stringify({ clear: Buffer.from(JSON.stringify(change(object))).toString('base64url') })
}

const initiator = (supported: HandshakeRegistry = registry) =>
  createInitiator({
    did: invoices.did,
    peer: world.globex.did,
    wallet: invoices.wallet,
    evidence: invoices.agent.evidence,
    demand: PARTNER_DEMAND,
    request: REQUEST,
    registry: supported,
  })

describe('negotiation', () => {
  it('takes the highest version and the first suite of both', async () => {
    const run = await createManualInitiator(bothOffered())
    const { body } = await world.post(run.hello)
    expect((await run.readOffer(body)).clear).toMatchObject({ version: BETTER_VERSION, suite: better.name })
    expect(await answerTo(world, run)).toMatchObject({ msg: 'accept' })
  })

  it('takes the lesser where one side has no better', async () => {
    const lesser = { versions: [HANDSHAKE_VERSION], suites: [x25519] }
    const run = initiator(lesser)
    const offer = await world.post(await run.hello())
    const answer = await world.post(await run.present(offer.body))
    await expect(run.finish(answer.body)).resolves.toMatchObject({ peer: world.globex.did })
  })

  it('refuses a hello without a version or suite that it speaks', async () => {
    const noVersion = await createManualInitiator({ ...bothOffered(), versions: ['comity/0'] })
    expect(await world.post(noVersion.hello)).toMatchObject({ status: 400, code: 'version' })
    const noSuite = await createManualInitiator({ ...bothOffered(), suites: [{ ...x25519, name: 'NONE' }] })
    expect(await world.post(noSuite.hello)).toMatchObject({ status: 400, code: 'suite' })
  })
})

describe('downgrade of the version', () => {
  it('a hello shortened on the way does not give keys to anyone', async () => {
    const run = initiator()
    const hello = changed(await run.hello(), (clear) => ({ ...clear, versions: [HANDSHAKE_VERSION] }))
    const offer = await world.post(hello)
    await expect(run.present(offer.body)).rejects.toHaveProperty('code', 'COMITY_HANDSHAKE_BOX')
  })

  it('an initiator that shortened its hello after a forged error is refused by what it signs', async () => {
    const run = await createManualInitiator({ ...bothOffered(), versions: [HANDSHAKE_VERSION] })
    const { body } = await world.post(run.hello)
    expect((await run.readOffer(body)).clear.version).toBe(HANDSHAKE_VERSION)
    const answer = await answerTo(world, run, {
      claims: (honest) => ({
        ...honest,
        supported: { versions: registry.versions, suites: [better.name, x25519.name] },
      }),
    })
    expect(answer).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_DOWNGRADE')
  })
})

describe('downgrade of the suite', () => {
  it('a hello shortened on the way does not give keys to anyone', async () => {
    const run = initiator()
    const hello = changed(await run.hello(), (clear) => ({
      ...clear,
      suites: [x25519.name],
      shares: { [x25519.name]: (clear.shares as JsonObject)[x25519.name] ?? '' },
    }))
    const offer = await world.post(hello)
    await expect(run.present(offer.body)).rejects.toHaveProperty('code', 'COMITY_HANDSHAKE_BOX')
  })

  it('an initiator that shortened its hello after a forged error is refused by what it signs', async () => {
    // Somebody answered its first hello with an error, and it offered less the second time, but signs its whole list.
    const run = await createManualInitiator({ ...bothOffered(), suites: [x25519] })
    const { body } = await world.post(run.hello)
    await run.readOffer(body)
    const answer = await answerTo(world, run, {
      claims: (honest) => ({
        ...honest,
        supported: { versions: registry.versions, suites: [better.name, x25519.name] },
      }),
    })
    expect(answer).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_DOWNGRADE')
  })

  it('the library itself never shortens: its next hello after an error offers the same', async () => {
    const offered = async () => {
      const { clear } = JSON.parse(await initiator().hello()) as { clear: string }
      return JSON.parse(Buffer.from(clear, 'base64url').toString()) as JsonObject
    }
    const first = await offered()
    await expect(world.post('{"clear":"AA"}')).resolves.toMatchObject({ status: 400 })
    expect((await offered()).suites).toEqual(first.suites)
    expect(first.suites).toEqual([better.name, x25519.name])
  })
})

describe('`supported` altered', () => {
  it.each([
    ['without the better suite', { versions: registry.versions, suites: [x25519.name] }],
    ['without the better version', { versions: [HANDSHAKE_VERSION], suites: [better.name, x25519.name] }],
    ['with nothing in common', { versions: ['comity/0'], suites: ['NONE'] }],
  ])('%s, it does not fit what was negotiated', async (_name, supported) => {
    const run = await createManualInitiator(bothOffered())
    const { body } = await world.post(run.hello)
    await run.readOffer(body)
    const answer = await answerTo(world, run, { claims: (honest) => ({ ...honest, supported }) })
    expect(answer).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_DOWNGRADE')
  })

  it.each([
    ['missing', undefined],
    ['empty', { versions: [], suites: [] }],
    ['with a name twice', { versions: [BETTER_VERSION, BETTER_VERSION], suites: [x25519.name] }],
  ])('%s, it is malformed', async (_name, supported) => {
    const run = await createManualInitiator(bothOffered())
    const { body } = await world.post(run.hello)
    await run.readOffer(body)
    const answer = await answerTo(world, run, {
      claims: (honest) => ({ ...honest, supported }) as JsonObject,
    })
    expect(answer).toMatchObject({ msg: 'reject', reason: 'malformed' })
  })
})
