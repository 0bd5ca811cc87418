import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { toNodeListener } from '../../src/adapters/node/index.ts'
import { createAgent } from '../../src/agent/index.ts'
import { parseDemand, type Demand } from '../../src/demand/index.ts'
import { createDidDocument, didWebFromUrl } from '../../src/did/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { createInitiator, HANDSHAKE_MEDIA_TYPE, type Channel } from '../../src/handshake/index.ts'
import { generateSigner, type Signer } from '../../src/keys/index.ts'
import { createGuardedFetch, insecureAllowLoopback, type GuardedFetch } from '../../src/net/index.ts'
import { createCertificateAuthority } from '../support/certificate-authority.ts'
import { createManualResponder, type ManualResponderOptions } from '../support/manual-responder.ts'
import { noTrust } from '../support/pair.ts'
import { cbOf } from '../support/tls-line.ts'
import { createWorld, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

/** What an agent makes of the binding of a responder's messages: a real endpoint over HTTPS that lies in one thing. */

const REQUIRED = parseDemand({ channel: { binding: 'required' } })
const ANYONE = parseDemand({ anyone: true })
const OFF = parseDemand({ anyone: true, channel: { binding: 'off' } })
const NEEDS = { channel: { binding: 'required' } }
const ASKS = { anyone: true, channel: { binding: 'if-present' } } as const

let world: World
let agent: AcmeAgent
let partner: { did: string; signer: Signer }
let respond: (body: Uint8Array) => Promise<string>
/** The responder's end of the connection of the message that it answers. */
let channel: Channel | undefined
/** How many connections have brought it messages. */
const seen = new Set<string>()
let presented: JsonObject | undefined

beforeAll(async () => {
  world = await createWorld({
    intercept: async (request, context) => {
      if (request.method !== 'POST' || !request.url.endsWith('/partner/handshake')) return undefined
      channel = context.channel
      seen.add(
        Buffer.from(channel?.exportKeyingMaterial(16, 'which', new Uint8Array()) ?? []).toString('hex'),
      )
      const body = await respond(new Uint8Array(await request.arrayBuffer()))
      return new Response(body, { headers: { 'content-type': HANDSHAKE_MEDIA_TYPE } })
    },
  })
  agent = await world.acme.createAgent('ledger')
  const did = didWebFromUrl(`${world.acme.origin}/agents/partner`)
  const signer = await generateSigner({ alg: 'Ed25519', kid: `${did}#key-1` })
  partner = { did, signer }
  world.acme.host.publishDocument(
    createDidDocument({
      did,
      keys: [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: ['authentication'] }],
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

type Bind = (honest: JsonObject) => string | undefined

const over =
  (presenter = partner.did, role: 'initiator' | 'responder' = 'responder'): Bind =>
  ({ th }) =>
    channel && cbOf(channel, th, presenter, role)

function bound(bind: Bind): { claims: (honest: JsonObject) => JsonObject } {
  return {
    claims: (honest) => {
      const cb = bind(honest)
      return cb === undefined ? honest : { ...honest, cb }
    },
  }
}

async function outcome(
  demand: Demand,
  lies: Partial<ManualResponderOptions>,
  as: Pick<AcmeAgent['agent'], 'connect'> = agent.agent,
): Promise<unknown> {
  presented = undefined
  seen.clear()
  const onPresent = (claims: JsonObject): void => {
    presented = claims
  }
  respond = createManualResponder({ ...partner, demand: ASKS, onPresent, ...lies })
  return as.connect(partner.did, { request: REQUEST, demand }).then(
    () => 'accepted',
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  )
}

const HONEST = { offer: bound((honest) => over()(honest)), answer: bound((honest) => over()(honest)) }

describe('an agent that requires a binding', () => {
  it('positive control: accepts a responder whose messages have it, over one connection', async () => {
    expect(await outcome(REQUIRED, HONEST)).toBe('accepted')
    expect(seen.size).toBe(1)
    expect(presented?.cb).toBe(channel && cbOf(channel, presented?.th, agent.did, 'initiator'))
  })

  it('does not bind where it is not asked to', async () => {
    for (const demand of [{ anyone: true }, { anyone: true, channel: { binding: 'off' } }]) {
      expect(await outcome(REQUIRED, { ...HONEST, demand })).toBe('accepted')
      expect(presented).not.toHaveProperty('cb')
    }
  })

  it('refuses an offer without one, and shows nothing', async () => {
    expect(await outcome(REQUIRED, { answer: HONEST.answer })).toBe('COMITY_CHANNEL_BINDING_REQUIRED')
    expect(presented).toBeUndefined()
  })

  it('refuses an answer without one, be it a refusal', async () => {
    expect(await outcome(REQUIRED, { offer: HONEST.offer })).toBe('COMITY_CHANNEL_BINDING_REQUIRED')
    const claims = (honest: JsonObject): JsonObject => ({ ...honest, msg: 'reject', reason: 'policy' })
    const refusal = await outcome(REQUIRED, { offer: HONEST.offer, answer: { claims } })
    expect(refusal).toBe('COMITY_CHANNEL_BINDING_REQUIRED')
  })
})

describe.each<[string, () => Bind]>([
  ['of another run', () => (honest) => over()({ ...honest, th: 'A'.repeat(43) })],
  ['of another DID', () => over(world.acme.did)],
  ['of the other role', () => over(partner.did, 'initiator')],
  ['of another connection', () => () => Buffer.alloc(32, 7).toString('base64url')],
])('a binding %s', (_name, bind) => {
  it('in the offer is refused, and nothing is shown', async () => {
    expect(await outcome(REQUIRED, { ...HONEST, offer: bound(bind()) })).toBe(
      'COMITY_CHANNEL_BINDING_MISMATCH',
    )
    expect(presented).toBeUndefined()
  })

  it('in the answer is refused', async () => {
    expect(await outcome(REQUIRED, { ...HONEST, answer: bound(bind()) })).toBe(
      'COMITY_CHANNEL_BINDING_MISMATCH',
    )
  })
})

describe('an agent that binds if it is asked to', () => {
  it('uses shared connections, and passes over bindings that it cannot check', async () => {
    expect(await outcome(ANYONE, HONEST)).toBe('accepted')
    expect(presented).not.toHaveProperty('cb')
    const wrong = bound(() => 'A'.repeat(43))
    expect(await outcome(ANYONE, { offer: wrong, answer: wrong })).toBe('accepted')
  })

  it('refuses one that is malformed all the same', async () => {
    expect(await outcome(ANYONE, { offer: bound(() => 'A') })).toBe('COMITY_HANDSHAKE_MALFORMED')
  })

  it('begins anew over a connection of its own where the responder requires it, and remembers that', async () => {
    const demand = NEEDS
    const { agent: fresh, did } = await world.acme.createAgent('fresh')
    let hellos = 0
    const offer = bound((honest) => {
      hellos += 1
      return over()(honest)
    })
    expect(await outcome(ANYONE, { ...HONEST, offer, demand }, fresh)).toBe('accepted')
    expect(presented?.cb).toBe(channel && cbOf(channel, presented?.th, did, 'initiator'))
    expect(hellos).toBe(2)
    expect(await outcome(ANYONE, { ...HONEST, offer, demand }, fresh)).toBe('accepted')
    expect(hellos).toBe(3)
    expect(seen.size).toBe(1)
    // It compares then, and does not fall back; but the next run begins as the first did.
    const wrong = bound(() => 'A'.repeat(43))
    expect(await outcome(ANYONE, { offer: wrong, demand }, fresh)).toBe('COMITY_CHANNEL_BINDING_MISMATCH')
    expect(seen.size).toBe(1)
    expect(await outcome(ANYONE, { ...HONEST, offer, demand }, fresh)).toBe('accepted')
    expect(hellos).toBe(5)
  })

  it('fails where it must not bind, or cannot, before it shows anything', async () => {
    const demand = NEEDS
    expect(await outcome(OFF, { ...HONEST, demand })).toBe('COMITY_CHANNEL_BINDING_REQUIRED')
    expect(presented).toBeUndefined()
    const { did, wallet } = await world.acme.createAgent('wrapped')
    const { stream, close } = world.fetch
    const wrapped: GuardedFetch = Object.assign(
      (...request: Parameters<GuardedFetch>) => world.fetch(...request),
      { stream, close },
    )
    const trust = { judge: () => Promise.resolve({ accepted: true, reason: 'test' }) }
    const without = await createAgent({ did, wallet, trust, fetch: wrapped })
    expect(await outcome(ANYONE, { ...HONEST, demand }, without)).toBe('COMITY_CHANNEL_BINDING_UNSUPPORTED')
    expect(await outcome(REQUIRED, HONEST, without)).toBe('COMITY_CHANNEL_BINDING_UNSUPPORTED')
    expect(presented).toBeUndefined()
  })
})

it('a responder on TLS 1.2 has no exporter: whoever requires a binding shows nothing', async () => {
  const authority = await createCertificateAuthority()
  const server = createServer({ ...(await authority.issue()), maxVersion: 'TLSv1.2' })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const origin = `https://localhost:${String((server.address() as AddressInfo).port)}`
  const answer = createManualResponder({ ...partner, demand: ASKS })
  server.on(
    'request',
    toNodeListener(
      async (request, context) => {
        expect(context.channel).toBeUndefined()
        return new Response(await answer(new Uint8Array(await request.arrayBuffer())))
      },
      { origin },
    ),
  )
  const fetch = createGuardedFetch({ ca: authority.ca, [insecureAllowLoopback]: [origin] })
  onTestFinished(() => fetch.close())
  const { resolver } = world
  const run = createInitiator({
    did: agent.did,
    peer: partner.did,
    wallet: agent.wallet,
    evidence: { ...noTrust, resolver },
    demand: REQUIRED,
    request: REQUEST,
  })
  const connection = fetch.connect?.(origin)
  onTestFinished(() => connection?.close())
  const offer = await connection?.fetch(origin, { method: 'POST', body: await run.hello() })
  expect(connection?.exportKeyingMaterial).toBeUndefined()
  await expect(run.present(offer?.body ?? new Uint8Array())).rejects.toMatchObject({
    code: 'COMITY_CHANNEL_BINDING_UNSUPPORTED',
  })
})
