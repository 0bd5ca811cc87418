import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  assertSignedCredential,
  assertVerifiedCredential,
  createSignatureCache,
  verifyCredential,
  type VerifyCredentialOptions,
  verifySignedCredential,
} from '../../src/credentials/index.ts'
import { createDidDocument, createDidResolver, didKeyFromJwk, didWebUrl } from '../../src/did/index.ts'
import { encodeBase64url, encodeUtf8, type JsonObject } from '../../src/encoding/index.ts'
import type { ComityErrorCode } from '../../src/errors/index.ts'
import { generateSigner, withKid } from '../../src/keys/index.ts'
import { createFetchBudget } from '../../src/net/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import {
  createIssuer,
  createWorld,
  HOLDER,
  issuePosture,
  NOW,
  POSTURE,
  postureDocument,
  signDocument,
} from './world.ts'

const { web, issuer, resolver, options } = await createWorld()
const token = await issuePosture(issuer)

async function codeFor(
  text: string,
  more: Partial<VerifyCredentialOptions> = {},
): Promise<ComityErrorCode | undefined> {
  return codeOfPromise(async () => verifyCredential(text, { ...options, ...more }))
}

describe('verifyCredential', () => {
  it('returns what the credential says, and how it was judged', async () => {
    const verified = await verifyCredential(token, options)
    expect(verified).toMatchObject({
      issuer: issuer.did,
      subject: HOLDER,
      types: ['VerifiableCredential', 'AgentPostureCredential'],
      id: 'https://acme.example/credentials/1',
      validFrom: NOW - 3600,
      validUntil: NOW + 3600,
      status: [],
      kid: `${issuer.did}#key-1`,
      trustReason: 'the test says so',
    })
    expect(verified.document['credentialSubject']).toEqual({ ...POSTURE, id: HOLDER })
    expect(verified.digest).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })

  it('knows the credential by the digest of what is signed, whenever and however it is read', async () => {
    const [header = '', payload = ''] = token.split('.')
    const digest = createHash('sha256').update(`${header}.${payload}`).digest('base64url')
    const cache = createSignatureCache()
    const verified = [
      await verifyCredential(token, options),
      await verifyCredential(token, { ...options, cache }),
      await verifyCredential(token, { ...options, cache }),
      await verifySignedCredential(token, { resolver, now: NOW }),
    ]
    for (const each of verified) {
      expect(Object.keys(each)).toContain('digest')
      expect(Object.isFrozen(each)).toBe(true)
      expect(Reflect.set(each, 'digest', 'another')).toBe(false)
      expect([each.digest, each.digest, { ...each }.digest]).toEqual([digest, digest, digest])
      expect(structuredClone(each).digest).toBe(digest)
      expect(JSON.parse(JSON.stringify(each))).toHaveProperty('digest', digest)
    }
  })

  it('accepts each algorithm and key of the issuer', async () => {
    expect(await codeFor(await issuePosture(issuer, { signer: issuer.p256 }))).toBeUndefined()
    const signer = await generateSigner({ alg: 'ES384' })
    const did = didKeyFromJwk(signer.publicJwk)
    const own = withKid(signer, `${did}#${did.slice('did:key:'.length)}`)
    const text = await issuePosture({ ...issuer, did, signer: own })
    const trust = { judge: async () => ({ accepted: true, reason: 'any' }) }
    expect(await codeFor(text, { trust })).toBeUndefined()
  })

  it('freezes all of it', async () => {
    const verified = await verifyCredential(token, options)
    expect(Object.isFrozen(verified)).toBe(true)
    expect(Object.isFrozen(verified.types)).toBe(true)
    const subject = verified.document['credentialSubject'] as JsonObject
    expect(Object.isFrozen(subject['evaluations'])).toBe(true)
    expect(() => Object.assign(subject, { region: 'us' })).toThrow(TypeError)
  })

  it('is the only maker of verified credentials', async () => {
    const verified = await verifyCredential(token, options)
    expect(() => assertVerifiedCredential(verified)).not.toThrow()
    const signed = await verifySignedCredential(token, options)
    for (const forged of [{ ...verified }, Object.create(verified), signed, undefined, null, 'x']) {
      expect(() => assertVerifiedCredential(forged)).toThrow(TypeError)
    }
    expect(() => assertSignedCredential(signed)).not.toThrow()
    expect(() => assertSignedCredential(verified)).toThrow(TypeError)
  })

  describe('key', () => {
    it('refuses a key that is not in assertionMethod', async () => {
      const text = await signDocument(issuer.login, postureDocument())
      expect(await codeFor(text)).toBe('COMITY_DID_KEY_RELATIONSHIP')
    })

    it('refuses a key that the document does not have', async () => {
      const text = await signDocument(withKid(issuer.signer, `${issuer.did}#key-9`), postureDocument())
      expect(await codeFor(text)).toBe('COMITY_DID_KEY_UNKNOWN')
    })

    it('refuses the key of another DID, also of one that only starts alike', async () => {
      const other = await createIssuer(web, 'did:web:acme.example.evil.example')
      expect(await codeFor(await signDocument(other.signer, postureDocument()))).toBe(
        'COMITY_CREDENTIAL_ISSUER_MISMATCH',
      )
      const below = postureDocument({ issuer: `${issuer.did}:sub` })
      expect(await codeFor(await signDocument(issuer.signer, below))).toBe(
        'COMITY_CREDENTIAL_ISSUER_MISMATCH',
      )
      const path = withKid(issuer.signer, `${issuer.did}:sub#key-1`)
      expect(await codeFor(await signDocument(path, postureDocument()))).toBe(
        'COMITY_CREDENTIAL_ISSUER_MISMATCH',
      )
    })

    it('refuses a key that was removed from the document', async () => {
      const world = await createWorld()
      const text = await issuePosture(world.issuer)
      await verifyCredential(text, world.options)
      const { did, p256 } = world.issuer
      const keys = [{ fragment: '#key-2', jwk: p256.publicJwk, relationships: ['assertionMethod'] as const }]
      world.web.pages.set(didWebUrl(did), JSON.stringify(createDidDocument({ did, keys })))
      world.resolver.invalidate(did)
      expect(await codeOfPromise(async () => verifyCredential(text, world.options))).toBe(
        'COMITY_DID_KEY_UNKNOWN',
      )
    })

    it('does not take a relative key name', async () => {
      const text = await signDocument(withKid(issuer.signer, '#key-1'), postureDocument())
      expect(await codeFor(text)).toBe('COMITY_DID_INVALID')
    })

    it('refuses an issuer that is no DID', async () => {
      const text = await signDocument(
        withKid(issuer.signer, 'https://acme.example#key-1'),
        postureDocument({ issuer: 'https://acme.example' }),
      )
      expect(await codeFor(text)).toBe('COMITY_DID_INVALID')
    })

    it('refuses an issuer whose document cannot be had', async () => {
      const did = 'did:web:gone.example'
      const text = await signDocument(
        withKid(issuer.signer, `${did}#key-1`),
        postureDocument({ issuer: did }),
      )
      expect(await codeFor(text)).toMatch(/^COMITY_DID_(UNRESOLVABLE|NOT_FOUND)$/)
    })

    it('spends the budget that it is given', async () => {
      const world = await createWorld()
      await verifyCredential(await issuePosture(world.issuer), {
        ...world.options,
        budget: createFetchBudget({ requests: 1, bytes: 10_000, timeoutMs: 1000 }),
      })
      expect(world.web.requests[0]?.request.budget).toBeDefined()
    })
  })

  describe('signature', () => {
    it('refuses other content under the same signature', async () => {
      const [head, , signature] = token.split('.')
      const payload = encodeBase64url(encodeUtf8(JSON.stringify(postureDocument({ id: 'urn:x:2' }))))
      expect(await codeFor([head, payload, signature].join('.'))).toBe('COMITY_SIGNATURE_INVALID')
    })

    it('refuses an algorithm that does not fit the key', async () => {
      const text = await signDocument(withKid(issuer.p256, issuer.signer.kid), postureDocument())
      expect(await codeFor(text)).toBe('COMITY_ALG_NOT_ALLOWED')
    })
  })

  describe('times', () => {
    it.each([
      [NOW - 3660.5, 'COMITY_CREDENTIAL_NOT_YET_VALID'],
      [NOW - 3660, undefined],
      [NOW + 3659.5, undefined],
      [NOW + 3660, 'COMITY_CREDENTIAL_EXPIRED'],
    ])('allows a minute of clock difference: %d', async (now, code) => {
      expect(await codeFor(token, { now })).toBe(code)
    })

    it('allows what the caller says', async () => {
      expect(await codeFor(token, { now: NOW + 3600, clockTolerance: 0 })).toBe('COMITY_CREDENTIAL_EXPIRED')
      expect(await codeFor(token, { now: NOW + 3899, clockTolerance: 300 })).toBeUndefined()
    })

    it('is bounded by exp and nbf too', async () => {
      const bounded = await signDocument(issuer.signer, postureDocument({ exp: NOW + 60, nbf: NOW - 60 }))
      const verified = await verifyCredential(bounded, options)
      expect(verified).toMatchObject({ validFrom: NOW - 60, validUntil: NOW + 60 })
      const longer = await signDocument(issuer.signer, postureDocument({ exp: NOW + 9999, nbf: 0 }))
      expect(await verifyCredential(longer, options)).toMatchObject({
        validFrom: NOW - 3600,
        validUntil: NOW + 3600,
      })
      expect(await codeFor(bounded, { now: NOW + 120 })).toBe('COMITY_CREDENTIAL_EXPIRED')
      expect(await codeFor(bounded, { now: NOW - 121 })).toBe('COMITY_CREDENTIAL_NOT_YET_VALID')
    })

    it('needs no dates where the type demands none', async () => {
      const dated = Object.entries(postureDocument({ type: ['VerifiableCredential', 'ExampleCredential'] }))
      const undated = Object.fromEntries(dated.filter(([name]) => !name.startsWith('valid')))
      const verified = await verifyCredential(await signDocument(issuer.signer, undated), {
        ...options,
        type: 'ExampleCredential',
      })
      expect(verified).toMatchObject({ validFrom: -Infinity, validUntil: Infinity })
    })
  })

  describe('audience', () => {
    it('refuses a token that is for others', async () => {
      const text = await signDocument(
        issuer.signer,
        postureDocument({ aud: ['did:web:globex.example', 'did:web:b.example'] }),
      )
      expect(await codeFor(text)).toBe('COMITY_AUDIENCE_MISMATCH')
      expect(await codeFor(text, { audience: 'did:web:initech.example' })).toBe('COMITY_AUDIENCE_MISMATCH')
      expect(await codeFor(text, { audience: 'did:web:globex.example' })).toBeUndefined()
    })
  })
})

describe('verifySignedCredential', () => {
  it('looks at the signature and the times, and at nothing else', async () => {
    const text = await signDocument(issuer.signer, postureDocument({ type: 'VerifiableCredential' }))
    const signed = await verifySignedCredential(text, { resolver, now: NOW })
    expect(signed).toMatchObject({ issuer: issuer.did, validUntil: NOW + 3600 })
    expect(signed).not.toHaveProperty('subject')
    expect(signed).not.toHaveProperty('trustReason')
    const late = codeOfPromise(async () => verifySignedCredential(text, { resolver, now: NOW + 99_999 }))
    expect(await late).toBe('COMITY_CREDENTIAL_EXPIRED')
  })

  it('resolves nobody but the issuer that is expected', async () => {
    const quiet = createDidResolver({ fetch: web.fetch, clock: { now: () => NOW } })
    const before = web.requests.length
    const asked = { resolver: quiet, now: NOW, issuer: 'did:web:globex.example' }
    const code = await codeOfPromise(async () => verifySignedCredential(token, asked))
    expect(code).toBe('COMITY_CREDENTIAL_ISSUER_MISMATCH')
    expect(web.requests.length).toBe(before)
    expect(await verifySignedCredential(token, { ...asked, issuer: issuer.did })).toBeDefined()
  })

  it('reads as much as the caller says', async () => {
    const padded = await signDocument(issuer.signer, postureDocument({ name: 'x'.repeat(40_000) }))
    const code = async (maxLength?: number): Promise<ComityErrorCode | undefined> =>
      codeOfPromise(async () =>
        verifySignedCredential(padded, {
          resolver,
          now: NOW,
          ...(maxLength === undefined ? {} : { maxLength }),
        }),
      )
    expect(await code()).toBe('COMITY_CREDENTIAL_TOO_LARGE')
    expect(await code(100_000)).toBeUndefined()
    await expect(code(2 ** 25)).rejects.toThrow(TypeError)
  })
})
