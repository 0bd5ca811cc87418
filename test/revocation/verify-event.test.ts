import { beforeAll, describe, expect, it } from 'vitest'
import { createDidResolver, didKeyFromJwk, type DidResolver } from '../../src/did/index.ts'
import { generateSigner, parseJws, withKid, type Signer } from '../../src/keys/index.ts'
import { createGuardedFetch } from '../../src/net/index.ts'
import {
  assertVerifiedEvent,
  createEventPublisher,
  verifyEvent,
  type VerifiedEvent,
} from '../../src/revocation/index.ts'
import { systemClock } from '../../src/runtime/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { AGENT, eventClaims, failureOf, signedEvent } from './support.ts'

const GLOBEX = 'did:web:globex.example'
const resolver: DidResolver = createDidResolver({ fetch: createGuardedFetch() })

async function makeParty(): Promise<{ did: string; signer: Signer }> {
  const signer = await generateSigner({ alg: 'Ed25519' })
  const did = didKeyFromJwk(signer.publicJwk)
  return { did, signer: withKid(signer, `${did}#${did.slice('did:key:'.length)}`) }
}

let acme: Awaited<ReturnType<typeof makeParty>>
beforeAll(async () => {
  acme = await makeParty()
})

const verify = (set: string, change = {}): Promise<unknown> =>
  verifyEvent(set, { audience: GLOBEX, issuer: acme.did, resolver, ...change })

async function codeFor(claims: Record<string, unknown>, change = {}, typ?: string): Promise<unknown> {
  const set = await signedEvent(acme.signer, eventClaims(acme.did, GLOBEX, claims), typ)
  return ((await failureOf(() => verify(set, change))) as { code?: string } | undefined)?.code
}

describe('verifyEvent', () => {
  it('gives what the publisher published', async () => {
    const store = createMemoryStore()
    const publisher = createEventPublisher({ store, signer: acme.signer, issuer: acme.did })
    const credentialDigest = 'a'.repeat(43)
    const occurredAt = Math.floor(systemClock.now()) - 30
    await publisher.publish({ subject: AGENT, kind: 'session-revoked', reason: 'compromised' })
    await publisher.publish({
      subject: AGENT,
      kind: 'credential-change',
      reason: 'expired',
      credentialDigest,
      occurredAt,
    })
    const verified: VerifiedEvent[] = []
    for await (const delivery of publisher.subscribe({ audience: GLOBEX })) {
      if (delivery.type === 'event')
        verified.push(await verifyEvent(delivery.set, { audience: GLOBEX, resolver }))
      if (delivery.type === 'idle') break
    }
    expect(verified).toMatchObject([
      { issuer: acme.did, subject: AGENT, kind: 'session-revoked', reason: 'compromised' },
      {
        issuer: acme.did,
        subject: AGENT,
        kind: 'credential-change',
        reason: 'expired',
        credentialDigest,
        occurredAt,
      },
    ])
    expect(verified[0]).not.toHaveProperty('credentialDigest')
    expect(Object.isFrozen(verified[0])).toBe(true)
    expect(() => {
      assertVerifiedEvent(verified[0])
    }).not.toThrow()
    expect(() => {
      assertVerifiedEvent({ ...verified[0] })
    }).toThrow(TypeError)
  })

  it('has the claims that RFC 8417, RFC 9493 and CAEP ask for', async () => {
    const store = createMemoryStore()
    const publisher = createEventPublisher({ store, signer: acme.signer, issuer: acme.did })
    await publisher.publish({ subject: AGENT, kind: 'credential-change', reason: 'compromised' })
    for await (const delivery of publisher.subscribe({ audience: GLOBEX })) {
      if (delivery.type === 'open') continue
      const { header, claims } = parseJws(delivery.type === 'event' ? delivery.set : '')
      expect(header).toMatchObject({ typ: 'secevent+jwt', alg: 'Ed25519', kid: acme.signer.kid })
      expect(Object.keys(claims).sort()).toEqual(['aud', 'events', 'iat', 'iss', 'jti', 'sub_id', 'toe'])
      expect(claims).toMatchObject({ iss: acme.did, aud: GLOBEX, sub_id: { format: 'did', url: AGENT } })
      expect(claims.events).toEqual({
        'https://schemas.openid.net/secevent/caep/event-type/credential-change': {
          event_timestamp: claims.toe,
          reason_admin: { en: 'compromised' },
          credential_type: 'verifiable-credential',
          change_type: 'revoke',
        },
      })
      break
    }
  })

  it.each<[string, Record<string, unknown>]>([
    ['no iss', { iss: undefined }],
    ['iss that is no DID', { iss: 'https://acme.example' }],
    ['iss that is not the sender', { iss: 'did:web:other.example' }],
    ['no iat', { iat: undefined }],
    ['no jti', { jti: undefined }],
    ['a long jti', { jti: 'j'.repeat(129) }],
    ['toe that is no number', { toe: 'now' }],
    ['an exp', { exp: 9_999_999_999 }],
    ['no sub_id', { sub_id: undefined }],
    ['sub_id of another format', { sub_id: { format: 'email', email: 'a@b.example' } }],
    ['sub_id that is no DID', { sub_id: { format: 'did', url: 'invoices' } }],
    ['sub_id with a fragment', { sub_id: { format: 'did', url: `${AGENT}#key-1` } }],
    ['no events', { events: undefined }],
    ['events as a list', { events: [] }],
    [
      'an event that is no object',
      { events: { 'https://schemas.openid.net/secevent/caep/event-type/session-revoked': true } },
    ],
    [
      'two events',
      {
        events: {
          'https://schemas.openid.net/secevent/caep/event-type/session-revoked': {},
          'https://schemas.openid.net/secevent/caep/event-type/credential-change': {},
        },
      },
    ],
    [
      'a digest that is none',
      {
        events: {
          'https://schemas.openid.net/secevent/caep/event-type/session-revoked': { credential_digest: 'a' },
        },
      },
    ],
  ])('refuses %s', async (_name, claims) => {
    expect(await codeFor(claims)).toBe('COMITY_EVENT_INVALID')
  })

  it.each([
    ['another audience', { aud: 'did:web:other.example' }, {}, 'COMITY_AUDIENCE_MISMATCH'],
    ['an audience in a list', { aud: [GLOBEX] }, {}, 'COMITY_AUDIENCE_MISMATCH'],
    ['old', { iat: 1_700_000_000 }, {}, 'COMITY_TOKEN_EXPIRED'],
    ['from the future', { iat: 9_000_000_000 }, {}, 'COMITY_TOKEN_NOT_YET_VALID'],
    ['iat that is no time', { iat: -1 }, {}, 'COMITY_JWT_CLAIM_INVALID'],
  ])('refuses what is for, or from, elsewhere: %s', async (_name, claims, change, code) => {
    expect(await codeFor(claims, change)).toBe(code)
  })

  it('refuses every other kind of token by the same key', async () => {
    for (const typ of ['JWT', 'at+jwt', 'comity-hs+jwt', 'vc+jwt']) {
      expect(await codeFor({}, {}, typ)).toBe('COMITY_JWT_TYP_MISMATCH')
    }
  })

  it('refuses an event by somebody else, in either way', async () => {
    const mallory = await makeParty()
    const claims = eventClaims(acme.did, GLOBEX)
    const foreignKey = await signedEvent(mallory.signer, claims)
    expect(await failureOf(() => verify(foreignKey))).toHaveProperty('code', 'COMITY_DID_INVALID')
    const borrowedName = await signedEvent(withKid(mallory.signer, acme.signer.kid), claims)
    expect(await failureOf(() => verify(borrowedName))).toHaveProperty('code', 'COMITY_SIGNATURE_INVALID')
    const own = await signedEvent(mallory.signer, eventClaims(mallory.did, GLOBEX))
    expect(await failureOf(() => verify(own))).toHaveProperty('code', 'COMITY_EVENT_INVALID')
  })

  it('refuses what is too large', async () => {
    const code = await codeFor({ padding: 'a'.repeat(16_384) })
    expect(code).toBe('COMITY_JWS_TOO_LARGE')
  })

  it('takes events that it does not know as such, and has no effect of them', async () => {
    const change = 'https://schemas.openid.net/secevent/caep/event-type/credential-change'
    for (const events of [{}, { 'https://example.com/other': {} }, { [change]: { change_type: 'create' } }]) {
      const set = await signedEvent(acme.signer, eventClaims(acme.did, GLOBEX, { events }))
      expect(await verify(set)).toMatchObject({ kind: 'other' })
    }
  })

  it('lets no prose through as a reason', async () => {
    const type = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'
    for (const reason of [{ en: 'Bob did it' }, { de: 'entzogen' }, 'compromised', undefined]) {
      const events = { [type]: reason === undefined ? {} : { reason_admin: reason } }
      const set = await signedEvent(acme.signer, eventClaims(acme.did, GLOBEX, { events }))
      expect(await verify(set)).toMatchObject({ kind: 'session-revoked', reason: 'unspecified' })
    }
  })

  it('refuses options out of range', async () => {
    const set = await signedEvent(acme.signer, eventClaims(acme.did, GLOBEX))
    for (const change of [
      { maxAge: 0 },
      { maxAge: 3601 },
      { clockTolerance: 301 },
      { clockTolerance: Number.NaN },
    ]) {
      await expect(verify(set, change)).rejects.toBeInstanceOf(TypeError)
    }
  })
})
