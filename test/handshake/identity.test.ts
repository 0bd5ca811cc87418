import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDidDocument, didWebFromUrl } from '../../src/did/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { createInitiator } from '../../src/handshake/index.ts'
import { generateSigner, withKid } from '../../src/keys/index.ts'
import { answerTo, honestIdentity, startedRun } from '../support/handshakes.ts'
import { createManualInitiator } from '../support/manual-initiator.ts'
import { createWorld, PARTNER_DEMAND, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

let world: World
let invoices: AcmeAgent
let mallory: AcmeAgent

beforeAll(async () => {
  world = await createWorld()
  invoices = await world.acme.createAgent('invoices')
  mallory = await world.acme.createAgent('mallory')
})
afterAll(async () => world.close())

const without = (object: JsonObject, name: string): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([member]) => member !== name))

const REJECTED = { msg: 'reject', reason: 'authentication' }

describe('reflection', () => {
  it('the gateway is never its own peer: a present in its own name is refused', async () => {
    const run = await startedRun(world, invoices)
    const answer = await answerTo(world, run, {
      claims: (honest) => ({ ...honest, iss: world.globex.did }),
      signer: world.globex.signer,
    })
    expect(answer).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_REFLECTION')
  })

  it('an initiator does not connect to itself', () => {
    const { did, wallet, agent } = invoices
    const make = () =>
      createInitiator({
        did,
        peer: did,
        wallet,
        evidence: agent.evidence,
        demand: PARTNER_DEMAND,
        request: REQUEST,
      })
    expect(make).toThrow(TypeError)
  })
})

describe('misbinding', () => {
  it('towards the responder: what the initiator signed for Mallory does not open a session at Globex', async () => {
    // Mallory answers for herself, and passes the hello on.
    const run = await createManualInitiator({ ...honestIdentity(world, invoices), peer: mallory.did })
    expect(await world.post(run.hello)).toMatchObject({ status: 400, code: 'authentication' })
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_FOREIGN_TO')
  })

  it('towards the responder: a present whose `aud` is Mallory is refused', async () => {
    const run = await startedRun(world, invoices)
    const answer = await answerTo(world, run, { claims: (honest) => ({ ...honest, aud: mallory.did }) })
    expect(answer).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_AUDIENCE_MISMATCH')
  })

  it('of the initiator: Mallory puts her own name under the evidence of another agent', async () => {
    const run = await startedRun(world, mallory, { evidence: honestIdentity(world, invoices).evidence })
    expect(await answerTo(world, run)).toMatchObject({ msg: 'reject', reason: 'evidence' })
    expect(world.globex.lastCode()).toBe('COMITY_CREDENTIAL_HOLDER')
  })

  it('of the initiator: Mallory signs in the name of another agent', async () => {
    const run = await startedRun(world, invoices)
    const signer = withKid(mallory.signer, invoices.signer.kid)
    expect(await answerTo(world, run, { signer })).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_SIGNATURE_INVALID')
  })

  it('towards the initiator: Globex in the place of Mallory has other keys than the initiator', async () => {
    const initiator = createInitiator({
      did: invoices.did,
      peer: mallory.did,
      wallet: invoices.wallet,
      evidence: invoices.agent.evidence,
      demand: PARTNER_DEMAND,
      request: REQUEST,
    })
    // The hello names Mallory; she takes `to` out, which a hello may lack, so that Globex answers in her place.
    const hello = JSON.parse(await initiator.hello()) as { clear: string }
    const clear = JSON.parse(Buffer.from(hello.clear, 'base64url').toString()) as JsonObject
    const changed = Buffer.from(JSON.stringify(without(clear, 'to'))).toString('base64url')
    const offer = await world.post(JSON.stringify({ clear: changed }))
    expect(offer.status).toBe(200)
    await expect(initiator.present(offer.body)).rejects.toHaveProperty('code', 'COMITY_HANDSHAKE_BOX')
  })
})

describe('who a message is for, and what it is', () => {
  it.each(['aud', 'msg', 'th', 'iss', 'iat', 'exp'])('a present without `%s` is refused', async (name) => {
    const run = await startedRun(world, invoices)
    const answer = await answerTo(world, run, { claims: (honest) => without(honest, name) })
    expect(answer.msg).toBe('reject')
    expect(['authentication', 'malformed', 'expired']).toContain(answer.reason)
  })

  it('a present of another `msg` is refused', async () => {
    const run = await startedRun(world, invoices)
    const answer = await answerTo(world, run, { claims: (honest) => ({ ...honest, msg: 'offer' }) })
    expect(answer).toMatchObject({ msg: 'reject', reason: 'malformed' })
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_STATE')
  })

  it('a present of another `typ` is refused', async () => {
    const run = await startedRun(world, invoices)
    expect(await answerTo(world, run, { typ: 'JWT' })).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_JWT_TYP_MISMATCH')
  })

  it('a present without a `typ` is refused', async () => {
    const run = await startedRun(world, invoices)
    let payload: JsonObject = {}
    await run.present({ claims: (honest) => (payload = honest) })
    const encode = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${encode({ alg: 'Ed25519', kid: invoices.signer.kid })}.${encode(payload)}`
    const signature = await invoices.signer.sign(new TextEncoder().encode(signed))
    const jws = `${signed}.${Buffer.from(signature).toString('base64url')}`
    expect(await answerTo(world, run, { jws })).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_JWT_TYP_MISMATCH')
  })

  it('a hello for another `to` is refused at once', async () => {
    const run = await createManualInitiator({
      ...honestIdentity(world, invoices),
      peer: 'did:web:elsewhere.example',
    })
    expect(await world.post(run.hello)).toMatchObject({ status: 400, code: 'authentication' })
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_FOREIGN_TO')
  })

  it('a hello without `to` may only be followed by a pairwise DID', async () => {
    const run = await createManualInitiator(honestIdentity(world, invoices), (clear) => without(clear, 'to'))
    const offer = await world.post(run.hello)
    await run.readOffer(offer.body)
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_HANDSHAKE_PEER_MISMATCH')
  })
})

describe('the key that signs', () => {
  it('must be in `authentication`', async () => {
    const agent = await world.acme.createAgent('assertions-only', { relationships: ['assertionMethod'] })
    const run = await startedRun(world, agent)
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_DID_KEY_RELATIONSHIP')
  })

  it('must be in the document now: a key that was removed is refused', async () => {
    const agent = await world.acme.createAgent('rotated')
    const before = await startedRun(world, agent)
    expect(await answerTo(world, before)).toMatchObject({ msg: 'accept' })
    const next = await generateSigner({ alg: 'Ed25519' })
    world.acme.host.publishDocument(
      createDidDocument({
        did: agent.did,
        controller: world.acme.did,
        keys: [{ fragment: '#key-2', jwk: next.publicJwk, relationships: ['authentication'] }],
      }),
    )
    const run = await startedRun(world, agent)
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_DID_KEY_UNKNOWN')
  })

  it('must be of the DID that speaks', async () => {
    const run = await startedRun(world, invoices)
    expect(await answerTo(world, run, { signer: mallory.signer })).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_DID_INVALID')
  })

  it('must fit its algorithm', async () => {
    const run = await startedRun(world, invoices)
    const signer = await generateSigner({ alg: 'ES256', kid: invoices.signer.kid })
    expect(await answerTo(world, run, { signer })).toMatchObject(REJECTED)
    expect(world.globex.lastCode()).toBe('COMITY_ALG_NOT_ALLOWED')
  })

  it.each(['EdDSA', 'ES256', 'ES384'] as const)('may be an %s key', async (alg) => {
    const agent = await world.acme.createAgent(`agent-${alg.toLowerCase()}`, { alg })
    const run = await startedRun(world, agent)
    expect(await answerTo(world, run)).toMatchObject({ msg: 'accept' })
  })
})

describe('where a DID may lead', () => {
  it.each([
    ['loopback that is not open', 'https://localhost:1/agent'],
    ['a private network', 'https://10.0.0.7/agent'],
    ['cloud metadata', 'https://169.254.169.254/agent'],
  ])('a did:web on %s is not fetched', async (_name, url) => {
    const did = url.includes('localhost') ? didWebFromUrl(url) : `did:web:${url.split('/')[2] ?? ''}:agent`
    const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
    const run = await startedRun(world, invoices, { did, signer })
    expect(await answerTo(world, run)).toMatchObject(REJECTED)
    expect(['COMITY_NET_ADDRESS_NOT_ALLOWED', 'COMITY_DID_INVALID', 'COMITY_DID_UNRESOLVABLE']).toContain(
      world.globex.lastCode(),
    )
  })
})
