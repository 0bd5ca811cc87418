import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { serveHttps, type HttpsServer } from '../../src/adapters/node/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { createSpiffeAuthority } from '../../src/testing/index.ts'
import type { X509Svid } from '../../src/spiffe/index.ts'
import { createCertificateAuthority } from '../support/certificate-authority.ts'
import { evidenceOf } from '../support/handshakes.ts'
import { createManualInitiator, type ManualInitiator } from '../support/manual-initiator.ts'
import { createSvidSetting, SVID_DEMAND, type SvidSetting } from '../support/svids.ts'
import { cbOf, createTlsLine, type TlsLine } from '../support/tls-line.ts'
import { createWorld, REQUEST, type AcmeAgent, type World } from '../support/world.ts'

/** The SVID of a TLS connection as the only one that is shown, to a real gateway over mTLS. */

const ANYONE = { anyone: true } as const
const ID = 'spiffe://acme.example/agents/ledger'

let setting: SvidSetting
let world: World
/** Its document names the SPIFFE ID. */
let agent: AcmeAgent
let svid: X509Svid
const lines: TlsLine[] = []

beforeAll(async () => {
  setting = await createSvidSetting()
  const { bundles, learner } = setting
  world = await createWorld({
    demand: SVID_DEMAND,
    spiffe: { bundles, learner },
    server: { clientSvids: { bundles } },
  })
  setting.use(world)
  svid = await setting.acme.issueX509Svid('/agents/ledger', { lifetime: 300 })
  agent = await world.acme.createAgent('ledger', { alsoKnownAs: [ID], ...inTls(svid) })
})
afterEach(() => {
  for (const line of lines.splice(0)) line.close()
})
afterAll(async () => world.close())

function inTls(shown: X509Svid): { spiffe: { svids: { tls: { getX509Svid(): X509Svid } } } } {
  return { spiffe: { svids: { tls: { getX509Svid: () => shown } } } }
}

function openLine(shown?: X509Svid, ca = world.ca): TlsLine {
  const line = createTlsLine(ca, shown === undefined ? {} : { svid: shown })
  lines.push(line)
  return line
}

async function begin(
  line: Pick<TlsLine, 'post'>,
  as: AcmeAgent = agent,
  url = world.globex.endpoint,
  peer = world.globex.did,
): Promise<{ run: ManualInitiator; offer: JsonObject }> {
  const { did, signer } = as
  const evidence = [...evidenceOf(as).slice(0, 1), { format: 'tls-svid', value: ID }]
  const run = await createManualInitiator({ did, signer, peer, evidence, demand: ANYONE, request: REQUEST })
  const { body } = await line.post(url, run.hello)
  return { run, offer: (await run.readOffer(body)).claims }
}

async function finish(
  line: Pick<TlsLine, 'post'>,
  run: ManualInitiator,
  claims: (honest: JsonObject) => JsonObject,
  url = world.globex.endpoint,
): Promise<JsonObject> {
  const { body } = await line.post(url, await run.present({ claims }))
  return run.readAnswer(body)
}

const boundTo =
  (line: TlsLine, as: AcmeAgent = agent) =>
  (honest: JsonObject): JsonObject => ({ ...honest, cb: cbOf(line, honest.th, as.did, 'initiator') })

/** A run whose present is bound to the connection that has the SVID. */
async function outcome(shown: X509Svid | undefined, as: AcmeAgent = agent): Promise<unknown> {
  const line = openLine(shown)
  const { run } = await begin(line, as)
  const answer = await finish(line, run, boundTo(line, as))
  return answer.msg === 'accept' ? 'accepted' : world.globex.lastCode()
}

const codeOf = async (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => 'accepted',
    (error: unknown) => (error as { code?: unknown }).code ?? error,
  )

describe('an agent that offers its SVID in TLS', () => {
  it('gets a session that names its SPIFFE ID and ends with the SVID', async () => {
    const session = await agent.agent.connect(world.globex.did, { request: REQUEST, demand: ANYONE })
    expect((await session.fetch('/invoices/1')).status).toBe(200)
    const record = await world.globex.gateway.sessions.get(session.id)
    expect(record?.spiffeIds).toEqual([ID])
    expect(record?.expiresAt).toBeLessThanOrEqual(svid.chain[0]!.notAfter)
    const records = await world.globex.gateway.audit.read()
    const [handshake] = records.filter(
      ({ record: { kind, session: id } }) => kind === 'handshake' && id === session.id,
    )
    expect(handshake?.record.details).toEqual({ spiffeId: ID })
  })

  it('does not count on it where the peer does not ask for a binding', async () => {
    const { bundles, learner } = setting
    const off = await createWorld({
      demand: { ...SVID_DEMAND, channel: { binding: 'off' } },
      spiffe: { bundles, learner },
      server: { clientSvids: { bundles } },
    })
    const { agent: other } = await off.acme.createAgent('ledger', { alsoKnownAs: [ID], ...inTls(svid) })
    const run = other.connect(off.globex.did, { request: REQUEST, demand: ANYONE })
    expect(await codeOf(run)).toBe('COMITY_SPIFFE_DEMAND_UNMET')
    await off.close()
  })

  it('does not say so to a peer that would not accept it', async () => {
    const another = await setting.acme.issueX509Svid('/servers/ledger')
    const { agent: other } = await world.acme.createAgent('server', inTls(another))
    const run = other.connect(world.globex.did, { request: REQUEST, demand: ANYONE })
    expect(await codeOf(run)).toBe('COMITY_SPIFFE_DEMAND_UNMET')
  })

  it('of a trust domain that the server does not know is refused in TLS', async () => {
    const stranger = await (await createSpiffeAuthority('acme.example')).issueX509Svid('/agents/ledger')
    const { agent: other } = await world.acme.createAgent('stranger', inTls(stranger))
    const run = other.connect(world.globex.did, { request: REQUEST, demand: ANYONE })
    expect(await codeOf(run)).toMatch(/^COMITY_NET_(?:TLS|UNREACHABLE)$/)
  })

  it.each([
    ['a release rule', { tls: { getX509Svid: () => svid }, release: { anyone: true } as const }],
    ['inOffer alone', { tls: { getX509Svid: () => svid }, inOffer: true }],
  ])('cannot have %s', async (_name, svids) => {
    await expect(world.acme.createAgent('unmade', { spiffe: { svids } })).rejects.toThrow(TypeError)
  })
})

describe('the SVID of the connection', () => {
  it('positive control: by hand it is accepted', async () => {
    expect(await outcome(svid)).toBe('accepted')
  })

  it('is not taken without a binding', async () => {
    const line = openLine(svid)
    const { run } = await begin(line)
    expect(await finish(line, run, (honest) => honest)).toMatchObject({ msg: 'reject', reason: 'evidence' })
    expect(world.globex.lastCode()).toBe('COMITY_CHANNEL_BINDING_REQUIRED')
  })

  it('is not there where the client has shown none, or another', async () => {
    expect(await outcome(undefined)).toBe('COMITY_SVID_NOT_OF_CONNECTION')
    const other = await setting.acme.issueX509Svid('/agents/other')
    expect(await outcome(other)).toBe('COMITY_SVID_NOT_OF_CONNECTION')
  })

  it('does not count for a DID whose document does not name it', async () => {
    const unnamed = await world.acme.createAgent('unnamed', {
      alsoKnownAs: [`${ID}/x`, 'https://acme.example'],
    })
    expect(await outcome(svid, unnamed)).toBe('COMITY_SVID_NOT_NAMED')
  })

  it('does not count for a DID that may not speak for the trust domain', async () => {
    const lab = await world.acme.createAgent('lab', { alsoKnownAs: [ID] })
    expect(await outcome(svid, lab)).toBe('COMITY_SVID_NOT_ENTITLED')
  })

  it('is not taken from a client that does not ask for it', async () => {
    const line = openLine(svid)
    const { run } = await begin(line)
    const claims = (honest: JsonObject): JsonObject => ({
      ...boundTo(line)(honest),
      evidence: evidenceOf(agent).slice(0, 1),
    })
    expect(await finish(line, run, claims)).toMatchObject({ msg: 'reject' })
    expect(world.globex.lastCode()).toBe('COMITY_SPIFFE_DEMAND_UNMET')
  })

  it('with another form of SPIFFE ID is refused', async () => {
    const line = openLine(svid)
    const { run } = await begin(line)
    const claims = (honest: JsonObject): JsonObject => ({
      ...boundTo(line)(honest),
      evidence: [{ format: 'tls-svid', value: ID.toUpperCase() }],
    })
    await finish(line, run, claims)
    expect(world.globex.lastCode()).toBe('COMITY_SPIFFE_ID_INVALID')
  })

  it('is judged again: its authority may be gone, and its time over, while the connection lasts', async () => {
    const authority = await createSpiffeAuthority('acme.example')
    const short = await authority.issueX509Svid('/agents/ledger', { lifetime: 30 })
    let isKnown = true
    let shift = 0
    const bundles = {
      ...setting.bundles,
      getBundle: (trustDomain: Parameters<typeof setting.bundles.getBundle>[0]) =>
        isKnown && trustDomain.name === 'acme.example' ? authority.bundle() : undefined,
    }
    const own = await createWorld({
      demand: SVID_DEMAND,
      spiffe: { bundles, learner: { learn: () => Promise.resolve(setting.acme) } },
      server: { clientSvids: { bundles } },
      clock: { now: () => Date.now() / 1000 + shift },
    })
    const as = await own.acme.createAgent('ledger', { alsoKnownAs: [ID] })
    const attempt = async (line: TlsLine): Promise<unknown> => {
      const { run } = await begin(line, as, own.globex.endpoint, own.globex.did)
      const { msg } = await finish(line, run, boundTo(line, as), own.globex.endpoint)
      if (msg === 'accept') return 'accepted'
      return own.globex.log.findLast(({ event }) => event === 'handshake.refused')?.code
    }
    const line = openLine(short, own.ca)
    expect(await attempt(line)).toBe('accepted')
    isKnown = false
    expect(await attempt(line)).toBe('COMITY_TRUST_DOMAIN_UNKNOWN')
    isKnown = true
    shift = 31
    expect(await attempt(line)).toBe('COMITY_CERTIFICATE_EXPIRED')
    await own.close()
  })
})

describe('a stranger behind a proxy that has an SVID and ends TLS', () => {
  let proxy: HttpsServer
  let proxyCa: string
  let forwarding: TlsLine
  let stranger: AcmeAgent

  beforeAll(async () => {
    const authority = await createCertificateAuthority()
    proxyCa = authority.ca
    proxy = await serveHttps({
      ...(await authority.issue()),
      port: 0,
      handler: async (request) => {
        const { status, body } = await forwarding.post(
          world.globex.endpoint,
          new Uint8Array(await request.arrayBuffer()),
        )
        return new Response(new Uint8Array(body), { status })
      },
    })
    // The stranger says that the proxy's SPIFFE ID is its own, and is an agent of the same organization's.
    stranger = await world.acme.createAgent('intern', { alsoKnownAs: [ID] })
  })
  afterAll(async () => proxy.close())

  async function borrow(
    claims: (honest: JsonObject, own: TlsLine, offer: JsonObject) => JsonObject,
  ): Promise<JsonObject> {
    forwarding = openLine(svid)
    const own = openLine(undefined, proxyCa)
    const { run, offer } = await begin(own, stranger, proxy.origin)
    return finish(own, run, (honest) => claims(honest, own, offer), proxy.origin)
  }

  it('positive control: the SVID would count, if the proxy lent its end of the connection', async () => {
    const answer = await borrow((honest) => boundTo(forwarding, stranger)(honest))
    expect(answer.msg).toBe('accept')
  })

  it('does not borrow it without a binding', async () => {
    expect(await borrow((honest) => honest)).toMatchObject({ msg: 'reject' })
    expect(world.globex.lastCode()).toBe('COMITY_CHANNEL_BINDING_REQUIRED')
  })

  it('does not borrow it with the binding of its own connection to the proxy', async () => {
    expect(await borrow((honest, own) => boundTo(own, stranger)(honest))).toMatchObject({ msg: 'reject' })
    expect(world.globex.lastCode()).toBe('COMITY_CHANNEL_BINDING_MISMATCH')
  })

  it("does not borrow it with the gateway's own binding, which it has seen in the offer", async () => {
    const answer = await borrow((honest, _own, offer) => ({ ...honest, cb: String(offer.cb) }))
    expect(answer).toMatchObject({ msg: 'reject' })
    expect(world.globex.lastCode()).toBe('COMITY_CHANNEL_BINDING_MISMATCH')
  })

  it("does not borrow it with the binding of a run of the proxy's own", async () => {
    forwarding = openLine(svid)
    const before = await begin(forwarding)
    let used = ''
    await finish(forwarding, before.run, (honest) => {
      used = cbOf(forwarding, honest.th, agent.did, 'initiator')
      return { ...honest, cb: used }
    })
    const own = openLine(undefined, proxyCa)
    const { run } = await begin(own, stranger, proxy.origin)
    expect(await finish(own, run, (honest) => ({ ...honest, cb: used }), proxy.origin)).toMatchObject({
      msg: 'reject',
    })
    expect(world.globex.lastCode()).toBe('COMITY_CHANNEL_BINDING_MISMATCH')
  })
})
