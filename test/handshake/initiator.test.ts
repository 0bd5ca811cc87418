import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AgentSession } from '../../src/agent/index.ts'
import { createDidDocument, didWebFromUrl } from '../../src/did/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { HANDSHAKE_MEDIA_TYPE, HANDSHAKE_VERSION, x25519, type Suite } from '../../src/handshake/index.ts'
import { generateSigner, withKid, type Signer } from '../../src/keys/index.ts'
import { createManualResponder, type ManualResponderOptions } from '../support/manual-responder.ts'
import { createWorld, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

/**
 * What the initiator refuses, against a responder that lies: a real endpoint over HTTPS, named by the DID that the
 * agent connects to.
 */

let world: World
let invoices: AcmeAgent
let partner: { did: string; signer: Signer }
let respond: (body: Uint8Array) => Promise<string>

const better: Suite = { ...x25519, name: 'X25519-better' }
const BETTER_VERSION = 'comity/2-test'
const registry = { versions: [BETTER_VERSION, HANDSHAKE_VERSION], suites: [better, x25519] }

beforeAll(async () => {
  world = await createWorld({
    intercept: async (request) => {
      if (request.method !== 'POST' || !request.url.endsWith('/partner/handshake')) return undefined
      const body = await respond(new Uint8Array(await request.arrayBuffer()))
      return new Response(body, { headers: { 'content-type': HANDSHAKE_MEDIA_TYPE } })
    },
  })
  invoices = await world.acme.createAgent('invoices', { registry })
  const did = didWebFromUrl(`${world.acme.origin}/partner`)
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  partner = { did, signer }
  const second = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-2` })
  secondKey = second
  world.acme.host.publishDocument(
    createDidDocument({
      did,
      keys: [
        { fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication'] },
        { fragment: '#key-2', jwk: second.publicJwk, relationships: ['authentication'] },
      ],
      services: [
        {
          fragment: '#handshake',
          type: 'ComityHandshake',
          serviceEndpoint: `${world.acme.origin}/partner/handshake`,
        },
      ],
    }),
  )
})
afterAll(async () => world.close())

let secondKey: Signer

async function connect(lies: Partial<ManualResponderOptions> = {}): Promise<AgentSession> {
  respond = createManualResponder({ ...partner, demand: { anyone: true }, ...registry, ...lies })
  return invoices.agent.connect(partner.did, { request: REQUEST, demand: { anyone: true } })
}

async function refusal(lies: Partial<ManualResponderOptions>): Promise<unknown> {
  return connect(lies).then(
    () => 'accepted',
    (error: unknown) => (error as { code?: unknown }).code,
  )
}

const change =
  (members: JsonObject) =>
  (honest: JsonObject): JsonObject => ({ ...honest, ...members })

const without =
  (name: string) =>
  (honest: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(honest).filter(([member]) => member !== name))

const inSession =
  (members: JsonObject) =>
  (honest: JsonObject): JsonObject => ({
    ...honest,
    session: { ...(honest.session as JsonObject), ...members },
  })

describe('the initiator', () => {
  it('positive control: accepts an honest responder', async () => {
    await expect(connect()).resolves.toMatchObject({ peer: partner.did })
  })

  describe('refuses an offer', () => {
    it('by another DID than the one meant', async () => {
      const claims = change({ iss: world.globex.did })
      expect(await refusal({ offer: { claims } })).toBe('COMITY_HANDSHAKE_PEER_MISMATCH')
    })
    it('in its own name (reflection)', async () => {
      const claims = change({ iss: invoices.did })
      expect(await refusal({ offer: { claims } })).toBe('COMITY_HANDSHAKE_REFLECTION')
    })
    it('signed with a key that the DID does not have', async () => {
      const signer = withKid(await generateSigner({ alg: 'Ed25519' }), partner.signer.kid)
      expect(await refusal({ offer: { signer } })).toBe('COMITY_SIGNATURE_INVALID')
    })
    it('of another run', async () => {
      const claims = change({ th: Buffer.alloc(32, 3).toString('base64url') })
      expect(await refusal({ offer: { claims } })).toBe('COMITY_HANDSHAKE_TRANSCRIPT')
    })
    it.each(['present', 'accept', 'reject'])('that says that it is a %s', async (msg) => {
      expect(await refusal({ offer: { claims: change({ msg }) } })).toBe('COMITY_HANDSHAKE_STATE')
    })
    it('of another `typ`', async () => {
      expect(await refusal({ offer: { typ: 'at+jwt' } })).toBe('COMITY_JWT_TYP_MISMATCH')
    })
    it('that has expired', async () => {
      const iat = Math.floor(Date.now() / 1000) - 400
      expect(await refusal({ offer: { claims: change({ iat, exp: iat + 120 }) } })).toBe(
        'COMITY_TOKEN_EXPIRED',
      )
    })
    it('that is not valid yet', async () => {
      const iat = Math.floor(Date.now() / 1000) + 400
      expect(await refusal({ offer: { claims: change({ iat, exp: iat + 120 }) } })).toBe(
        'COMITY_TOKEN_NOT_YET_VALID',
      )
    })
    it('that lives longer than 120 seconds', async () => {
      const exp = Math.floor(Date.now() / 1000) + 1000
      expect(await refusal({ offer: { claims: change({ exp }) } })).toBe('COMITY_JWT_CLAIM_INVALID')
    })
    it('of the lower version although the signed list has the higher', async () => {
      const choice = { version: HANDSHAKE_VERSION, suite: better }
      expect(await refusal({ choice })).toBe('COMITY_HANDSHAKE_DOWNGRADE')
    })
    it('of the lesser suite although the signed list has the better', async () => {
      const choice = { version: BETTER_VERSION, suite: x25519 }
      expect(await refusal({ choice })).toBe('COMITY_HANDSHAKE_DOWNGRADE')
    })
    it('of a version that it did not offer', async () => {
      expect(await refusal({ choice: { version: 'comity/3', suite: better } })).toBe('COMITY_HANDSHAKE_STATE')
    })
    it('with a key share of small order', async () => {
      const share = Buffer.alloc(32).toString('base64url')
      expect(await refusal({ offerClear: change({ share }) })).toBe('COMITY_HANDSHAKE_KEY_SHARE')
    })
    it('with a nonce that is too short', async () => {
      expect(await refusal({ offerClear: change({ nonce: 'AAAA' }) })).toBe('COMITY_HANDSHAKE_MALFORMED')
    })
    it('that was resumed, when no ticket was sent', async () => {
      expect(await refusal({ offerClear: change({ resumed: true }) })).toBe('COMITY_HANDSHAKE_MALFORMED')
    })
    it('that demands what its wallet does not have, and shows nothing', async () => {
      let presented = false
      const demand = {
        credentials: [{ id: 'scope', format: 'vc+jwt', meta: { type_values: [['AgentScopeCredential']] } }],
      }
      const honest = createManualResponder({ ...partner, ...registry, demand })
      respond = (body) => {
        presented = new TextDecoder().decode(body).includes('"box"')
        return honest(body)
      }
      const attempt = invoices.agent.connect(partner.did, { request: REQUEST, demand: { anyone: true } })
      await expect(attempt).rejects.toHaveProperty('code', 'COMITY_DEMAND_UNMET')
      expect(presented).toBe(false)
    })
  })

  describe('refuses an answer', () => {
    it('for somebody else', async () => {
      expect(await refusal({ answer: { claims: change({ aud: world.globex.did }) } })).toBe(
        'COMITY_AUDIENCE_MISMATCH',
      )
    })
    it('without `aud`', async () => {
      expect(await refusal({ answer: { claims: without('aud') } })).toBe('COMITY_AUDIENCE_MISMATCH')
    })
    it('with another key of the same DID: one key per party per run', async () => {
      expect(await refusal({ answer: { signer: secondKey } })).toBe('COMITY_HANDSHAKE_KEY_CHANGED')
    })
    it('whose session is bound to another key', async () => {
      const claims = inSession({ cnf: { jkt: 'A'.repeat(43) } })
      expect(await refusal({ answer: { claims } })).toBe('COMITY_HANDSHAKE_SESSION_KEY')
    })
    it('whose session has another id than both derive', async () => {
      const claims = inSession({ id: 'AAAAAAAAAAAAAAAAAAAAAA' })
      expect(await refusal({ answer: { claims } })).toBe('COMITY_HANDSHAKE_SESSION')
    })
    it('whose session lives longer than 15 minutes', async () => {
      const claims = inSession({ exp: Math.floor(Date.now() / 1000) + 3600 })
      expect(await refusal({ answer: { claims } })).toBe('COMITY_HANDSHAKE_SESSION')
    })
    it('whose session has ended', async () => {
      const claims = inSession({ exp: Math.floor(Date.now() / 1000) - 3600 })
      expect(await refusal({ answer: { claims } })).toBe('COMITY_HANDSHAKE_SESSION')
    })
    it('that would renew the session elsewhere', async () => {
      const claims = inSession({ renew: 'https://elsewhere.example/renew' })
      expect(await refusal({ answer: { claims } })).toBe('COMITY_PEER_PROTOCOL')
    })
    it('at another place of the run', async () => {
      expect(await refusal({ answer: { position: { seq: 2 } } })).toBe('COMITY_HANDSHAKE_BOX')
    })
    it('that is a counter, which this version does not know', async () => {
      expect(await refusal({ answer: { claims: change({ msg: 'counter' }) } })).toBe('COMITY_HANDSHAKE_STATE')
    })
    it('when the demand is not met by what was shown', async () => {
      respond = createManualResponder({ ...partner, ...registry, demand: { anyone: true } })
      const demand = {
        credentials: [
          { id: 'provenance', format: 'vc+jwt', meta: { type_values: [['AgentProvenanceCredential']] } },
        ],
      } as const
      const attempt = invoices.agent.connect(partner.did, { request: REQUEST, demand })
      await expect(attempt).rejects.toHaveProperty('code', 'COMITY_DEMAND_UNMET')
    })
  })

  it('tells a signed rejection from an unsigned refusal, and neither makes it offer less', async () => {
    const reject = change({ msg: 'reject', reason: 'policy' })
    const attempt = connect({ answer: { claims: reject } })
    await expect(attempt).rejects.toMatchObject({
      code: 'COMITY_PEER_REJECTED',
      details: { reason: 'policy' },
    })
    respond = () => Promise.reject(new Error('broken'))
    const refused = invoices.agent.connect(partner.did, { request: REQUEST, demand: { anyone: true } })
    await expect(refused).rejects.toMatchObject({ code: 'COMITY_PEER_REFUSED', details: { status: 500 } })
  })

  it('does not repeat a reason that the protocol does not know', async () => {
    const claims = change({ msg: 'reject', reason: 'x'.repeat(40) })
    await expect(connect({ answer: { claims } })).rejects.toMatchObject({ details: { reason: 'unknown' } })
  })
})
