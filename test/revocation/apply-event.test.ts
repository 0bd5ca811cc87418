import { describe, expect, it, vi } from 'vitest'
import { createDidResolver, didKeyFromJwk } from '../../src/did/index.ts'
import { generateSigner, jwkThumbprint, withKid, type Signer } from '../../src/keys/index.ts'
import { createGuardedFetch } from '../../src/net/index.ts'
import { applyEvent, verifyEvent, type VerifiedEvent } from '../../src/revocation/index.ts'
import { systemClock } from '../../src/runtime/index.ts'
import {
  createDpopProof,
  createSessionRegistry,
  issueAccessToken,
  verifyRequest,
  type NewSession,
  type SessionRegistry,
} from '../../src/session/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { AGENT, createPair, eventClaims, failureOf, signedEvent } from './support.ts'

const GLOBEX = 'did:web:globex.example'
const resolver = createDidResolver({ fetch: createGuardedFetch() })
const DIGEST = 'd'.repeat(43)

interface Sender {
  readonly did: string
  readonly signer: Signer
}

async function makeSender(): Promise<Sender> {
  const signer = await generateSigner({ alg: 'Ed25519' })
  const did = didKeyFromJwk(signer.publicJwk)
  return { did, signer: withKid(signer, `${did}#${did.slice('did:key:'.length)}`) }
}

const acme = await makeSender()
const other = await makeSender()

async function eventBy(
  sender: Sender,
  subject: string,
  payload: object = {},
  kind = 'session-revoked',
): Promise<VerifiedEvent> {
  const events = {
    [`https://schemas.openid.net/secevent/caep/event-type/${kind}`]: {
      reason_admin: { en: 'compromised' },
      ...payload,
    },
  }
  const claims = eventClaims(sender.did, GLOBEX, { events, sub_id: { format: 'did', url: subject } })
  return await verifyEvent(await signedEvent(sender.signer, claims), { audience: GLOBEX, resolver })
}

let count = 0
function newSession(change: Partial<NewSession> = {}): NewSession {
  return {
    id: `session-${String(++count)}`,
    agent: AGENT,
    organizations: [acme.did],
    accountable: [acme.did],
    jkt: 'jkt',
    granted: [{ type: 'invoices', actions: ['read'] }],
    expiresAt: systemClock.now() + 3600,
    credentials: [{ issuer: acme.did, type: 'AgentPostureCredential', digest: 'other', statusRefs: [] }],
    ...change,
  }
}

async function open(registry: SessionRegistry, change: Partial<NewSession> = {}): Promise<string> {
  return (await registry.open(newSession(change))).id
}

describe('applyEvent', () => {
  it('ends the sessions of the subject that the sender may end, and no others', async () => {
    const registry = createSessionRegistry({ store: createMemoryStore() })
    const own = await open(registry)
    const shared = await open(registry, { organizations: [other.did, acme.did] })
    const foreign = await open(registry, { organizations: [other.did] })
    const neighbour = await open(registry, { agent: `${AGENT}2` })
    const ended = await applyEvent(await eventBy(acme, AGENT), registry)
    expect([...ended].sort()).toEqual([own, shared].sort())
    expect(await registry.get(own)).toMatchObject({ state: 'ended', endedReason: 'compromised' })
    for (const id of [foreign, neighbour]) expect(await registry.get(id)).toMatchObject({ state: 'active' })
  })

  it('refuses a sender without standing, and ends nothing', async () => {
    const registry = createSessionRegistry({ store: createMemoryStore() })
    const id = await open(registry)
    const event = await eventBy(other, AGENT)
    await expect(applyEvent(event, registry)).rejects.toHaveProperty('code', 'COMITY_EVENT_NOT_ENTITLED')
    expect(await registry.get(id)).toMatchObject({ state: 'active' })
  })

  it('has nothing to do where there is no session, or none any more', async () => {
    const registry = createSessionRegistry({ store: createMemoryStore() })
    expect(await applyEvent(await eventBy(other, AGENT), registry)).toEqual([])
    await open(registry)
    expect(await applyEvent(await eventBy(acme, AGENT), registry)).toHaveLength(1)
    expect(await applyEvent(await eventBy(acme, AGENT), registry)).toEqual([])
    expect(await applyEvent(await eventBy(other, AGENT), registry)).toEqual([])
  })

  it('ends only what rests on a credential where the event names one', async () => {
    const registry = createSessionRegistry({ store: createMemoryStore() })
    const resting = await open(registry, {
      credentials: [{ issuer: acme.did, type: 'AgentPostureCredential', digest: DIGEST, statusRefs: [] }],
    })
    const id = await open(registry)
    const event = await eventBy(
      acme,
      AGENT,
      { credential_digest: DIGEST, change_type: 'revoke' },
      'credential-change',
    )
    expect(await applyEvent(event, registry)).toEqual([resting])
    expect(await registry.get(id)).toMatchObject({ state: 'active' })
    // Standing is there, only nothing rests on it any more.
    expect(await applyEvent(event, registry)).toEqual([])
  })

  it('ends all that rests on the sender, where the event is about the sender itself', async () => {
    const registry = createSessionRegistry({ store: createMemoryStore() })
    const ids = [await open(registry), await open(registry, { agent: `${AGENT}2` })]
    const itself = await open(registry, { agent: acme.did, organizations: [other.did] })
    const foreign = await open(registry, { organizations: [other.did] })
    const ended = await applyEvent(await eventBy(acme, acme.did), registry)
    expect([...ended].sort()).toEqual([...ids, itself].sort())
    expect(await registry.get(foreign)).toMatchObject({ state: 'active' })
  })

  it('has no effect for events of other kinds', async () => {
    const registry = createSessionRegistry({ store: createMemoryStore() })
    await open(registry)
    expect(await applyEvent(await eventBy(acme, AGENT, {}, 'token-claims-change'), registry)).toEqual([])
  })

  it('reaches a session that is just being opened, and no other', async () => {
    const registry = createSessionRegistry({ store: createMemoryStore() })
    const evidenceCheckedAt = systemClock.now()
    await applyEvent(await eventBy(acme, AGENT), registry)
    await applyEvent(await eventBy(other, `${AGENT}2`), registry)
    const late = newSession({ evidenceCheckedAt })
    await expect(registry.open(late)).rejects.toHaveProperty('code', 'COMITY_SESSION_ENDED')
    await expect(registry.open(newSession({ evidenceCheckedAt, agent: `${AGENT}2` }))).resolves.toBeDefined()
  })

  it('takes nothing but verified events', async () => {
    const registry = createSessionRegistry({ store: createMemoryStore() })
    const copy = { ...(await eventBy(acme, AGENT)) }
    await expect(applyEvent(copy, registry)).rejects.toBeInstanceOf(TypeError)
  })
})

describe('from revocation to refusal', () => {
  it('takes less than a second over HTTPS, at both instances of a gateway', async () => {
    const pair = await createPair({ stream: { heartbeatMs: 60_000 } })
    const { acme: publisher, globex, received: store } = pair
    const registry = createSessionRegistry({ store })
    const elsewhere = createSessionRegistry({ store })
    const holder = await generateSigner({ alg: 'ES256' })
    const session = await registry.open(
      newSession({ organizations: [publisher.did], jkt: jwkThumbprint(holder.publicJwk) }),
    )
    const audience = 'https://api.globex.example'
    const { token } = await issueAccessToken({ signer: globex.signer, issuer: globex.did, audience, session })
    const ask = async (where: SessionRegistry): Promise<unknown> => {
      const [method, url] = ['GET', `${audience}/invoices`]
      const dpop = await createDpopProof({ signer: holder, method, url, accessToken: token })
      const request = { method, url, authorization: `DPoP ${token}`, dpop }
      const options = {
        issuer: globex.did,
        audience,
        key: globex.signer.publicJwk,
        registry: where,
        replay: store,
      }
      return await failureOf(() => verifyRequest(request, options))
    }
    await pair.listener({ onEvent: (event) => applyEvent(event, registry) }).listen(publisher.did)
    expect(await ask(registry)).toBeUndefined()
    expect(await ask(elsewhere)).toBeUndefined()

    await pair.publisher.publish({ subject: AGENT, kind: 'session-revoked', reason: 'compromised' })
    await vi.waitFor(async () => {
      for (const where of [registry, elsewhere]) {
        expect(await ask(where)).toHaveProperty('code', 'COMITY_SESSION_ENDED')
      }
    })
  })
})
