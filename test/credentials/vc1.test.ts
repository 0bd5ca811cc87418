import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import vc1 from '../../fixtures/credentials/vc1.json' with { type: 'json' }
import {
  explainCredential,
  parseVc1Credential,
  verifyCredential,
  type VerifyCredentialOptions,
} from '../../src/credentials/index.ts'
import { createDidDocument, parseDidDocument } from '../../src/did/index.ts'
import { encodeUtf8, type JsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { generateSigner, type PublicJwk, type Signer } from '../../src/keys/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'
import { HOLDER, NOW, POSTURE, createWorld, issuePosture, trustOnly } from './world.ts'

interface Change {
  readonly id: string
  readonly spec: string
  readonly set?: object
  readonly vc?: object
  readonly remove?: readonly string[]
  readonly removeVc?: readonly string[]
  readonly header?: JsonObject
  readonly expect: string
}

const { issuer, options: world } = await createWorld()
const options: VerifyCredentialOptions = { ...world, format: 'jwt_vc_json', type: 'ExampleCredential' }

/** Signs a JWT with any header, as other software may. `null` takes a parameter out. */
async function signOld(
  payload: object,
  header: JsonObject = {},
  signer: Signer = issuer.signer,
): Promise<string> {
  const all = { alg: signer.alg, typ: 'JWT', kid: signer.kid, ...header }
  const taken = Object.entries(header).flatMap(([name, value]) => (value === null ? [name] : []))
  const parts = [without(all, taken), payload]
  const input = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${Buffer.from(await signer.sign(encodeUtf8(input))).toString('base64url')}`
}

function without(object: object, names: readonly string[] = []): object {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}

describe('form of a credential of the data model 1.1', () => {
  it.each(vc1.cases as readonly Change[])(
    '$id ($spec)',
    async ({ set, vc, remove, removeVc, header, expect: code }) => {
      const inner = without({ ...vc1.base.vc, ...vc }, removeVc)
      const token = await signOld(without({ ...vc1.base, vc: inner, ...set }, remove), header)
      expect(codeOf(() => parseVc1Credential(token)) ?? 'ok').toBe(code)

      const verdict = (await codeOfPromise(async () => verifyCredential(token, options))) ?? 'ok'
      if (code !== 'ok') expect(verdict).toBe(code)
      else expect(verdict).not.toMatch(/MALFORMED|(ISSUER|TYP)_MISMATCH/)
      // And it never passes for one of the data model 2.0.
      expect(
        await codeOfPromise(async () => verifyCredential(token, { ...options, format: 'vc+jwt' })),
      ).toMatch(/^COMITY_(JWT_TYP_MISMATCH|CREDENTIAL_MALFORMED)$/)
    },
  )

  it('puts the credential together from both', async () => {
    const { document, subject, types, validFrom, validUntil } = parseVc1Credential(await signOld(vc1.base))
    expect(document).toEqual({
      '@context': ['https://www.w3.org/2018/credentials/v1'],
      type: ['VerifiableCredential', 'ExampleCredential'],
      id: 'https://acme.example/credentials/1',
      issuer: 'did:web:acme.example',
      issuanceDate: '2026-11-23T23:00:00Z',
      expirationDate: '2026-11-24T01:00:00Z',
      credentialSubject: { role: 'agent', id: HOLDER },
    })
    expect(document['constructor']).toBeUndefined()
    expect(Object.isFrozen(document) && Object.isFrozen(document['credentialSubject'])).toBe(true)
    expect({ subject, types, validFrom, validUntil }).toEqual({
      subject: HOLDER,
      types: ['VerifiableCredential', 'ExampleCredential'],
      validFrom: NOW - 3600,
      validUntil: NOW + 3600,
    })
  })
})

const MANY = 'did:web:many.example'

/** The code that a token of {@link MANY} is refused with, where these are its keys. */
async function verdictWith(
  token: string,
  jwks: readonly PublicJwk[],
  relationship: 'assertionMethod' | 'authentication' = 'assertionMethod',
): Promise<string | undefined> {
  const keys = jwks.map((jwk, index) => ({
    fragment: `#${String(index)}`,
    jwk,
    relationships: [relationship],
  }))
  const document = parseDidDocument(JSON.parse(JSON.stringify(createDidDocument({ did: MANY, keys }))), MANY)
  const resolver = { ...options.resolver, resolveDocument: async () => document }
  return codeOfPromise(async () => verifyCredential(token, { ...options, resolver, trust: trustOnly(MANY) }))
}

describe('verifyCredential, jwt_vc_json', () => {
  it('gives the credential that the claims make together', async () => {
    const verified = await verifyCredential(await signOld(vc1.base), options)
    expect(verified).toMatchObject({
      format: 'jwt_vc_json',
      issuer: issuer.did,
      subject: HOLDER,
      kid: issuer.signer.kid,
    })
    expect(verified.document['credentialSubject']).toEqual({ role: 'agent', id: HOLDER })
  })

  it('refuses a credential of the data model 2.0', async () => {
    const token = await issuePosture(issuer)
    const code = await codeOfPromise(async () => verifyCredential(token, { ...world, format: 'jwt_vc_json' }))
    expect(code).toBe('COMITY_JWT_TYP_MISMATCH')
    // Not because of `typ` alone.
    const [, payload = ''] = token.split('.')
    const old = await signOld(JSON.parse(Buffer.from(payload, 'base64url').toString()) as object)
    expect(codeOf(() => parseVc1Credential(old))).toBe('COMITY_CREDENTIAL_MALFORMED')
  })

  it('holds the types that it knows against their schemas', async () => {
    const vc = { ...vc1.base.vc, type: ['VerifiableCredential', 'AgentPostureCredential'] }
    const good = await signOld({ ...vc1.base, vc: { ...vc, credentialSubject: POSTURE } })
    const { type: _type, ...untyped } = options
    await expect(verifyCredential(good, untyped)).resolves.toMatchObject({ types: vc.type })
    const bad = await signOld({ ...vc1.base, vc: { ...vc, credentialSubject: { ...POSTURE, region: 'EU' } } })
    expect(await codeOfPromise(async () => verifyCredential(bad, untyped))).toBe('COMITY_CREDENTIAL_SCHEMA')
    const endless = await signOld(
      without({ ...vc1.base, vc: { ...vc, credentialSubject: POSTURE } }, ['exp']),
    )
    expect(await codeOfPromise(async () => verifyCredential(endless, untyped))).toBe(
      'COMITY_CREDENTIAL_SCHEMA',
    )
  })

  it('lists all faults', async () => {
    const token = await signOld({ ...vc1.base, jti: 'x', nbf: 'now', vc: { ...vc1.base.vc, type: 'X' } })
    const faults = await explainCredential(token, options)
    expect(faults.map(({ check, details }) => `${check} ${String(details['member'])}`)).toEqual([
      'form nbf',
      'form type',
      'form id',
      'form issuanceDate',
    ])
  })

  describe('when the header names no key', () => {
    it('tries those of assertionMethod that fit the algorithm, and no others', async () => {
      const token = await signOld(vc1.base, { kid: null }, issuer.p256)
      await expect(verifyCredential(token, options)).resolves.toMatchObject({ kid: issuer.p256.kid })
      const stranger = await signOld(vc1.base, { kid: null }, await generateSigner({ alg: 'ES256' }))
      expect(await codeOfPromise(async () => verifyCredential(stranger, options))).toBe(
        'COMITY_SIGNATURE_INVALID',
      )
      const unfit = await signOld(vc1.base, { kid: null }, await generateSigner({ alg: 'ES384' }))
      expect(await codeOfPromise(async () => verifyCredential(unfit, options))).toBe('COMITY_DID_KEY_UNKNOWN')
    })

    it('does not try a key that is for logins', async () => {
      const signer = await generateSigner({ alg: 'ES256' })
      const token = await signOld({ ...vc1.base, iss: MANY }, { kid: null }, signer)
      expect(await verdictWith(token, [signer.publicJwk], 'authentication')).toBe('COMITY_DID_KEY_UNKNOWN')
      expect(await verdictWith(token, [signer.publicJwk])).toBeUndefined()
    })

    it('tries eight and not nine', async () => {
      const signers = await Promise.all(
        Array.from({ length: 9 }, async () => generateSigner({ alg: 'ES256' })),
      )
      const token = await signOld({ ...vc1.base, iss: MANY }, { kid: null }, signers[7])
      const verdict = async (count: number): Promise<string | undefined> =>
        verdictWith(
          token,
          signers.slice(0, count).map(({ publicJwk }) => publicJwk),
        )
      expect(await verdict(8)).toBeUndefined()
      expect(await verdict(7)).toBe('COMITY_SIGNATURE_INVALID')
      expect(await verdict(9)).toBe('COMITY_DID_KEY_UNKNOWN')
    })
  })

  it.each<[string, JsonObject, string]>([
    ['a key of another party', { kid: 'did:web:evil.example#key-1' }, 'COMITY_CREDENTIAL_ISSUER_MISMATCH'],
    ['a key that is not there', { kid: `${issuer.did}#key-9` }, 'COMITY_DID_KEY_UNKNOWN'],
    ['a key for logins', { kid: issuer.login.kid }, 'COMITY_DID_KEY_RELATIONSHIP'],
    ['a fragment', { kid: '#key-1' }, 'COMITY_DID_INVALID'],
    ['another key', { kid: issuer.p256.kid }, 'COMITY_ALG_NOT_ALLOWED'],
    ['an algorithm of its own', { alg: 'ES256K' }, 'COMITY_ALG_NOT_ALLOWED'],
    ['no algorithm', { alg: 'none' }, 'COMITY_ALG_NOT_ALLOWED'],
  ])('refuses %s in the header', async (_name, header, code) => {
    const token = await signOld(vc1.base, header)
    expect(await codeOfPromise(async () => verifyCredential(token, options))).toBe(code)
  })

  it('answers any claims with a ComityError or with what is verified', async () => {
    const names = [...Object.keys(vc1.base), 'vc', 'aud', 'vp', '__proto__', 'constructor']
    const inner = [...Object.keys(vc1.base.vc), 'issuer', 'id', 'issuanceDate', 'expirationDate', '__proto__']
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(HOLDER, issuer.did, NOW, 1e21, '', [], {}),
    )
    const changes = (of: readonly string[]) =>
      fc.array(fc.tuple(fc.constantFrom(...of), value), { maxLength: 2 })
    await fc.assert(
      fc.asyncProperty(changes(names), changes(inner), async (outer, more) => {
        const vc = { ...vc1.base.vc, ...Object.fromEntries(more) }
        const token = await signOld({ ...vc1.base, vc, ...Object.fromEntries(outer) })
        const error: unknown = await verifyCredential(token, options).then(
          () => undefined,
          (reason: unknown) => reason,
        )
        if (error !== undefined) expect(error).toBeInstanceOf(ComityError)
      }),
      { numRuns: 300 },
    )
  })
})
