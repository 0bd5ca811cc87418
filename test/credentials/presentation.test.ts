import { describe, expect, it } from 'vitest'
import {
  assertVerifiedPresentation,
  createPresentation,
  issueCredential,
  parsePresentation,
  verifyPresentation,
  type CreatePresentationOptions,
  type VerifyPresentationOptions,
} from '../../src/credentials/index.ts'
import { createDidDocument, createDidResolver, didWebUrl } from '../../src/did/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { generateSigner, signJws, withKid, type Signer } from '../../src/keys/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { HOLDER, NOW, POSTURE, SCOPE, createWorld, issuePosture } from './world.ts'

const VERIFIER = 'https://verifier.example'
const NONCE = 'n-0S6_WzA2Mj'

const { web, issuer, options: judging } = await createWorld()
const { holder: _holder, audience: _audience, ...common } = judging
const options: VerifyPresentationOptions = { ...common, nonce: NONCE, audience: VERIFIER }

const login = await holderKey(HOLDER)
const posture = await issuePosture(issuer)
const scope = await issueCredential({
  signer: issuer.p256,
  issuer: issuer.did,
  type: 'AgentScopeCredential',
  subject: HOLDER,
  claims: SCOPE,
  validFrom: NOW - 60,
  validUntil: NOW + 60,
})

/** Puts a document with one key for logins and one for assertions on the test's web. */
async function holderKey(
  did: string,
): Promise<{ readonly authentication: Signer; readonly assertion: Signer }> {
  const [first, second] = [await generateSigner({ alg: 'ES256' }), await generateSigner({ alg: 'EdDSA' })]
  const document = createDidDocument({
    did,
    keys: [
      { fragment: '#login', jwk: first.publicJwk, relationships: ['authentication'] },
      { fragment: '#sign', jwk: second.publicJwk, relationships: ['assertionMethod'] },
    ],
  })
  web.pages.set(didWebUrl(did), JSON.stringify(document))
  return { authentication: withKid(first, `${did}#login`), assertion: withKid(second, `${did}#sign`) }
}

async function present(more: Partial<CreatePresentationOptions> = {}): Promise<string> {
  return createPresentation({
    signer: login.authentication,
    holder: HOLDER,
    credentials: [posture],
    nonce: NONCE,
    audience: VERIFIER,
    now: NOW,
    ...more,
  })
}

/** Signs any payload as a presentation, starting from a good one. */
async function signPresentation(
  more: JsonObject,
  header: JsonObject = {},
  signer = login.authentication,
): Promise<string> {
  const { document } = parsePresentation(await present())
  const payload = Object.fromEntries(
    Object.entries({ ...document, ...more }).filter(([, value]) => value !== null),
  )
  return signJws({ header: { typ: 'vp+jwt', cty: 'vp', ...header }, payload, signer })
}

function enveloped(id: string): JsonObject {
  return { '@context': 'https://www.w3.org/ns/credentials/v2', type: 'EnvelopedVerifiableCredential', id }
}

async function verdict(
  token: string,
  more: Partial<VerifyPresentationOptions> = {},
): Promise<string | undefined> {
  return codeOfPromise(async () => verifyPresentation(token, { ...options, ...more }))
}

describe('verifyPresentation', () => {
  it('gives the holder and the credentials that it showed, verified', async () => {
    const verified = await verifyPresentation(await present({ credentials: [posture, scope] }), options)
    expect(verified).toMatchObject({ holder: HOLDER, types: ['VerifiablePresentation'], others: [] })
    expect(verified.kid).toBe(`${HOLDER}#login`)
    expect(verified.credentials.map(({ subject, types }) => [subject, types.at(-1)])).toEqual([
      [HOLDER, 'AgentPostureCredential'],
      [HOLDER, 'AgentScopeCredential'],
    ])
    expect(verified.credentials[0]?.document['credentialSubject']).toEqual({ ...POSTURE, id: HOLDER })
    expect(Object.isFrozen(verified) && Object.isFrozen(verified.credentials)).toBe(true)
    expect(() => assertVerifiedPresentation(verified)).not.toThrow()
    expect(() => assertVerifiedPresentation({ ...verified })).toThrow(TypeError)
  })

  it.each<[string, JsonObject]>([
    ['holder in an object', { holder: { id: HOLDER, name: 'Invoices' } }],
    ['holder as iss alone', { holder: null, iss: HOLDER }],
    ['iss beside it', { iss: HOLDER }],
    ['aud as a list', { aud: ['https://other.example', VERIFIER] }],
    ['no times', { iat: null, exp: null }],
    ['an id', { id: 'urn:uuid:1', jti: 'urn:uuid:1' }],
    ['one credential, no list', { verifiableCredential: enveloped(`data:application/vc+jwt,${posture}`) }],
  ])('accepts %s', async (_name, more) => {
    expect(await verdict(await signPresentation(more))).toBeUndefined()
  })

  it.each<[string, string, JsonObject]>([
    ['no holder', 'COMITY_PRESENTATION_MALFORMED', { holder: null }],
    ['another iss', 'COMITY_PRESENTATION_HOLDER', { iss: 'did:web:evil.example' }],
    ['another holder', 'COMITY_PRESENTATION_HOLDER', { holder: 'did:web:evil.example' }],
    ['another jti', 'COMITY_PRESENTATION_MALFORMED', { jti: 'urn:uuid:2' }],
    ['no nonce', 'COMITY_PRESENTATION_NONCE', { nonce: null }],
    ['another nonce', 'COMITY_PRESENTATION_NONCE', { nonce: `${NONCE}x` }],
    ['a nonce in a list', 'COMITY_PRESENTATION_NONCE', { nonce: [NONCE] }],
    ['no aud', 'COMITY_JWT_CLAIM_INVALID', { aud: null }],
    ['another aud', 'COMITY_AUDIENCE_MISMATCH', { aud: 'https://verifier.example/' }],
    ['an end that is past', 'COMITY_TOKEN_EXPIRED', { iat: NOW - 900, exp: NOW - 600 }],
    ['a beginning to come', 'COMITY_TOKEN_NOT_YET_VALID', { nbf: NOW + 90 }],
    ['iat in the future', 'COMITY_TOKEN_NOT_YET_VALID', { iat: NOW + 90 }],
    ['iat that is no number', 'COMITY_JWT_CLAIM_INVALID', { iat: '2026-11-24T00:00:00Z' }],
    ['no type', 'COMITY_PRESENTATION_MALFORMED', { type: ['ExamplePresentation'] }],
    ['an embedded proof', 'COMITY_PRESENTATION_MALFORMED', { proof: { type: 'DataIntegrityProof' } }],
    ['a vp claim', 'COMITY_PRESENTATION_MALFORMED', { vp: {} }],
    ['a vc claim', 'COMITY_PRESENTATION_MALFORMED', { vc: {} }],
    ['no credential', 'COMITY_PRESENTATION_MALFORMED', { verifiableCredential: null }],
    ['a credential as text', 'COMITY_PRESENTATION_MALFORMED', { verifiableCredential: [posture] }],
    [
      'another media type',
      'COMITY_PRESENTATION_MALFORMED',
      { verifiableCredential: [enveloped(`data:text/plain,${posture}`)] },
    ],
    [
      'base64 on top',
      'COMITY_PRESENTATION_MALFORMED',
      { verifiableCredential: [enveloped(`data:application/vc+jwt;base64,${posture}`)] },
    ],
    [
      'no token inside',
      'COMITY_JWS_MALFORMED',
      { verifiableCredential: [enveloped('data:application/vc+jwt,eyJ')] },
    ],
  ])('refuses %s: %s', async (_name, code, more) => {
    expect(await verdict(await signPresentation(more))).toBe(code)
  })

  it.each(['data:application/vc+sd-jwt,eyJ.e30.AA~', 'data:application/vc+cose;base64,0oRY\n'])(
    'reads around an envelope that it cannot open, and verifies nothing then: %j',
    async (id) => {
      const verifiableCredential = [enveloped(`data:application/vc+jwt,${posture}`), enveloped(id)]
      const token = await signPresentation({ verifiableCredential })
      expect(parsePresentation(token)).toMatchObject({ closed: 1, credentials: [{ subject: HOLDER }] })
      expect(await verdict(token)).toBe('COMITY_PRESENTATION_FORMAT')
    },
  )

  it('refuses a credential that is not secured', async () => {
    const plain = parsePresentation(await present()).credentials[0]?.document
    expect(await verdict(await signPresentation({ verifiableCredential: [plain ?? {}] }))).toBe(
      'COMITY_PRESENTATION_MALFORMED',
    )
  })

  it.each<[string, JsonObject]>([
    ['COMITY_JWT_TYP_MISMATCH', { typ: 'vc+jwt' }],
    ['COMITY_JWT_TYP_MISMATCH', { typ: 'JWT' }],
    ['COMITY_PRESENTATION_MALFORMED', { cty: 'vc' }],
    ['COMITY_PRESENTATION_HOLDER', { iss: 'did:web:evil.example' }],
  ])('refuses another header: %s', async (code, header) => {
    expect(await verdict(await signPresentation({}, header))).toBe(code)
  })

  it('takes the key from the holder, and only one that is for logins', async () => {
    expect(await verdict(await present({ signer: login.assertion }))).toBe('COMITY_DID_KEY_RELATIONSHIP')
    const stranger = await holderKey('did:web:evil.example')
    expect(await verdict(await signPresentation({}, {}, stranger.authentication))).toBe(
      'COMITY_PRESENTATION_HOLDER',
    )
    const posing = withKid(stranger.authentication, `${HOLDER}#login`)
    expect(await verdict(await present({ signer: posing }))).toBe('COMITY_SIGNATURE_INVALID')
  })

  it('refuses whoever is not expected', async () => {
    const token = await present()
    expect(await verdict(token, { holder: HOLDER })).toBeUndefined()
    expect(await verdict(token, { holder: 'did:web:agents.acme.example:orders' })).toBe(
      'COMITY_PRESENTATION_HOLDER',
    )
  })

  it('can ask for a young one', async () => {
    expect(await verdict(await present({ now: NOW - 100 }), { maxAge: 30 })).toBe('COMITY_TOKEN_EXPIRED')
    expect(await verdict(await present({ now: NOW - 80 }), { maxAge: 30 })).toBeUndefined()
    expect(await verdict(await signPresentation({ iat: null }), { maxAge: 30 })).toBe(
      'COMITY_JWT_CLAIM_INVALID',
    )
  })

  it('judges each credential as any other', async () => {
    const expired = await issuePosture(issuer, { validUntil: NOW - 600 })
    expect(await verdict(await present({ credentials: [posture, expired] }))).toBe(
      'COMITY_CREDENTIAL_EXPIRED',
    )
    const trust = { judge: async () => ({ accepted: false, reason: 'nobody is' }) }
    expect(await verdict(await present(), { trust })).toBe('COMITY_ISSUER_NOT_TRUSTED')
    expect(await verdict(await present(), { type: 'AgentScopeCredential' })).toBe('COMITY_CREDENTIAL_TYPE')
    expect(await verdict(await present(), { requireStatus: true })).toBe('COMITY_STATUS_REQUIRED')
  })

  it('keeps what is said about others apart, and refuses it unless told otherwise', async () => {
    const foreign = await issuePosture(issuer, { subject: 'did:web:agents.globex.example:orders' })
    const token = await present({ credentials: [foreign, posture] })
    expect(await verdict(token)).toBe('COMITY_CREDENTIAL_HOLDER')
    const verified = await verifyPresentation(token, { ...options, about: 'anyone' })
    expect(verified.credentials.map(({ subject }) => subject)).toEqual([HOLDER])
    expect(verified.others).toHaveLength(1)
    expect(verified.others[0]).not.toHaveProperty('subject')

    const forged = `${foreign.slice(0, -10)}AAAAAAAAAA`
    const broken = await signPresentation({
      verifiableCredential: [enveloped(`data:application/vc+jwt,${forged}`)],
    })
    expect(await verdict(broken, { about: 'anyone' })).toBe('COMITY_SIGNATURE_INVALID')
  })

  it('resolves and looks up nothing for a credential before the holder has proven itself', async () => {
    const stranger = await generateSigner({ alg: 'ES256' })
    const token = await present({ signer: withKid(stranger, `${HOLDER}#login`) })
    web.requests.length = 0
    const resolver = createDidResolver({ fetch: web.fetch, clock: { now: () => NOW } })
    expect(await verdict(token, { resolver })).toBe('COMITY_SIGNATURE_INVALID')
    expect(web.requests.map(({ url }) => url)).toEqual([didWebUrl(HOLDER)])
  })

  it.each<[string, object]>([
    ['no nonce', { nonce: '' }],
    ['no audience', { audience: undefined }],
    ['an empty holder', { holder: '' }],
    ['about whom nobody knows', { about: 'somebody' }],
    ['no age', { maxAge: 0 }],
    ['no resolver', { resolver: {} }],
    ['no time', { now: NaN }],
    ['much tolerance', { clockTolerance: 301 }],
    ['no trust', { trust: undefined }],
  ])('is a bug of the caller: %s', async (_name, more) => {
    await expect(verifyPresentation(await present(), { ...options, ...more })).rejects.toThrow(TypeError)
  })
})

describe('createPresentation', () => {
  it.each<[string, object]>([
    ['no nonce', { nonce: '' }],
    ['no audience', { audience: '' }],
    ['no credential', { credentials: [] }],
    ['17 credentials', { credentials: Array.from({ length: 17 }, () => posture) }],
    ['a key of another', { signer: issuer.signer }],
    ['a lifetime of hours', { lifetimeSeconds: 3601 }],
  ])('is a bug of the caller: %s', async (_name, more) => {
    await expect(present(more)).rejects.toThrow(TypeError)
  })

  it('refuses what is no credential', async () => {
    expect(await codeOfPromise(async () => present({ credentials: ['a.b.c'] }))).toBe('COMITY_JWS_MALFORMED')
  })
})
