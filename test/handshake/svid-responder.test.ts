import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseDemand } from '../../src/demand/index.ts'
import { createDidDocument, didWebFromUrl } from '../../src/did/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import type { Occasion } from '../../src/handshake/binding.ts'
import { HANDSHAKE_MEDIA_TYPE } from '../../src/handshake/index.ts'
import { runAudience, unknownVerifier } from '../../src/handshake/svid-names.ts'
import { proveX509Svid } from '../../src/handshake/svid-proof.ts'
import { generateSigner, type Signer } from '../../src/keys/index.ts'
import type { X509Svid } from '../../src/spiffe/index.ts'
import { createManualResponder, type ManualResponderOptions } from '../support/manual-responder.ts'
import { createSvidSetting, type SvidSetting } from '../support/svids.ts'
import { createWorld, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

/** What an agent refuses of a responder's SVIDs: a real endpoint over HTTPS that lies in one thing. */

const DEMAND = parseDemand({ spiffe: { trustDomains: ['acme.example'], paths: ['/agents/partner'] } })

let setting: SvidSetting
let world: World
let agent: AcmeAgent
let partner: { did: string; signer: Signer }
let svid: X509Svid
let respond: (body: Uint8Array) => Promise<string>

beforeAll(async () => {
  setting = await createSvidSetting()
  world = await createWorld({
    intercept: async (request) => {
      if (request.method !== 'POST' || !request.url.endsWith('/partner/handshake')) return undefined
      const body = await respond(new Uint8Array(await request.arrayBuffer()))
      return new Response(body, { headers: { 'content-type': HANDSHAKE_MEDIA_TYPE } })
    },
  })
  setting.use(world)
  const { bundles, learner } = setting
  agent = await world.acme.createAgent('ledger', { spiffe: { bundles, learner } })
  const did = didWebFromUrl(`${world.acme.origin}/agents/partner`)
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  partner = { did, signer }
  const serviceEndpoint = `${world.acme.origin}/partner/handshake`
  world.acme.host.publishDocument(
    createDidDocument({
      did,
      keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication'] }],
      services: [{ fragment: '#handshake', type: 'ComityHandshake', serviceEndpoint }],
    }),
  )
  svid = await setting.acme.issueX509Svid('/agents/partner')
})
afterAll(async () => world.close())

async function outcome(lies: Partial<ManualResponderOptions>): Promise<unknown> {
  respond = createManualResponder({ ...partner, demand: { anyone: true }, ...lies })
  return agent.agent.connect(partner.did, { request: REQUEST, demand: DEMAND }).then(
    (session) => session.spiffeIds,
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  )
}

type Prove = (occasion: Occasion) => Promise<JsonObject>

function x509(changes: (honest: Occasion) => Partial<Occasion> = () => ({}), shown = svid): Prove {
  return async (honest) => ({
    format: 'x509-svid',
    value: await proveX509Svid(shown, { ...honest, ...changes(honest) }, Date.now() / 1000),
  })
}

function jwt(changes: Partial<Occasion> = {}): Prove {
  return async (honest) => ({
    format: 'jwt-svid',
    value: await setting.acme.issueJwtSvid('/agents/partner', runAudience({ ...honest, ...changes })),
  })
}

const occasionOf = (hash: Uint8Array, verifier: string): Occasion => ({
  version: 'comity/1-draft',
  hash,
  presenter: partner.did,
  role: 'responder',
  verifier,
})

const inAnswer = (prove: Prove): Partial<ManualResponderOptions> => ({
  answerEvidence: async (hash) => [await prove(occasionOf(hash, agent.did))],
})

const inOffer = (prove: Prove): Partial<ManualResponderOptions> => ({
  offerEvidence: async (hash, hello) => [
    await prove(occasionOf(hash, unknownVerifier('comity/1-draft', hello))),
  ],
})

const ACCEPTED = ['spiffe://acme.example/agents/partner']

describe('an SVID in the answer', () => {
  it('positive control: is accepted', async () => {
    expect(await outcome(inAnswer(x509()))).toEqual(ACCEPTED)
    expect(await outcome(inAnswer(jwt()))).toEqual(ACCEPTED)
  })

  it.each<[string, () => Prove, string]>([
    ['proven for another run', () => x509(() => ({ hash: new Uint8Array(32) })), 'COMITY_SVID_PROOF_RUN'],
    [
      'proven for another DID',
      () => x509(() => ({ presenter: world.acme.did })),
      'COMITY_SVID_PROOF_PRESENTER',
    ],
    ['proven for the other role', () => x509(() => ({ role: 'initiator' })), 'COMITY_SVID_PROOF_ROLE'],
    ['proven to another agent', () => x509(() => ({ verifier: world.acme.did })), 'COMITY_AUDIENCE_MISMATCH'],
    ['fetched for another run', () => jwt({ hash: new Uint8Array(32) }), 'COMITY_SVID_PROOF_RUN'],
    ['fetched for another DID', () => jwt({ presenter: world.acme.did }), 'COMITY_SVID_PROOF_RUN'],
    ['fetched for the other role', () => jwt({ role: 'initiator' }), 'COMITY_SVID_PROOF_RUN'],
  ])('that was %s is refused', async (_name, prove, code) => {
    expect(await outcome(inAnswer(prove()))).toBe(code)
  })

  it('of a trust domain that the DID may not speak for is refused', async () => {
    const foreign = await setting.bank.issueX509Svid('/agents/partner')
    expect(await outcome(inAnswer(x509(undefined, foreign)))).toBe('COMITY_SVID_NOT_ENTITLED')
  })

  it('of another path than was asked for does not meet the demand', async () => {
    const another = await setting.acme.issueX509Svid('/agents/another')
    expect(await outcome(inAnswer(x509(undefined, another)))).toBe('COMITY_SPIFFE_DEMAND_UNMET')
  })
})

describe('an SVID in the offer', () => {
  it('positive control: is accepted, for the name of whoever said this hello', async () => {
    expect(await outcome(inOffer(x509()))).toEqual(ACCEPTED)
  })

  it.each<[string, () => Prove, string]>([
    ['proven to a DID', () => x509(() => ({ verifier: agent.did })), 'COMITY_AUDIENCE_MISMATCH'],
    [
      'proven to whoever said another hello',
      () => x509(() => ({ verifier: unknownVerifier('comity/1-draft', new Uint8Array(1)) })),
      'COMITY_AUDIENCE_MISMATCH',
    ],
    ['proven for another run', () => x509(() => ({ hash: new Uint8Array(32) })), 'COMITY_SVID_PROOF_RUN'],
    [
      'proven for another DID',
      () => x509(() => ({ presenter: world.acme.did })),
      'COMITY_SVID_PROOF_PRESENTER',
    ],
  ])('that was %s is refused', async (_name, prove, code) => {
    expect(await outcome(inOffer(prove()))).toBe(code)
  })

  it('is left out where the DID may not speak for its trust domain: nobody has asked for it', async () => {
    const foreign = await setting.bank.issueX509Svid('/agents/partner')
    const lies = { ...inOffer(x509(undefined, foreign)), ...inAnswer(x509()) }
    expect(await outcome(lies)).toEqual(ACCEPTED)
  })
})
