import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { encodeBase64url } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import {
  algorithmsFor,
  checkTimes,
  generatePrivateJwk,
  generateSigner,
  importSigner,
  jwkThumbprint,
  parsePublicJwk,
  requireAudience,
  requireString,
  signerFromCallback,
  SIGNATURE_ALGORITHMS,
  verifyBytes,
  withKid,
  type PrivateJwk,
  type PublicJwk,
  type SignatureAlgorithm,
} from '../../src/keys/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'

const bytes = Uint8Array.of(1, 2, 3)
const FIELD_PRIMES = {
  'P-256': 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
  'P-384': 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
} as const

/** The y coordinate of the other point that has the same x. */
function negated({ crv, y = '' }: PublicJwk): string {
  if (crv !== 'P-256' && crv !== 'P-384') throw new Error('only these curves have a y')
  const hex = Buffer.from(y, 'base64url').toString('hex')
  const other = (FIELD_PRIMES[crv] - BigInt(`0x${hex}`)).toString(16).padStart(hex.length, '0')
  return Buffer.from(other, 'hex').toString('base64url')
}

describe.each(SIGNATURE_ALGORITHMS)('signers for %s', (alg) => {
  it('signs with a generated key that stays inside', async () => {
    const generateKey = vi.spyOn(crypto.subtle, 'generateKey')
    onTestFinished(() => generateKey.mockRestore())
    const signer = await generateSigner({ alg })
    expect(signer.alg).toBe(alg)
    expect(signer.kid).toBe(jwkThumbprint(signer.publicJwk))
    expect(algorithmsFor(signer.publicJwk)).toContain(alg)
    await verifyBytes(signer.publicJwk, alg, bytes, await signer.sign(bytes))
    expect(JSON.stringify(signer)).not.toContain('"d"')
    expect(Object.isFrozen(signer)).toBe(true)
    expect(generateKey.mock.calls.map(([, extractable]) => extractable)).toEqual([false])
  })

  it('signs with a stored key, under the name that is asked for', async () => {
    const jwk = await generatePrivateJwk(alg)
    const stored: unknown = JSON.parse(JSON.stringify(jwk))
    const signer = await importSigner(stored)
    expect(signer.alg).toBe(alg)
    expect(signer.kid).toBe(jwkThumbprint(jwk))
    await verifyBytes(signer.publicJwk, alg, bytes, await signer.sign(bytes))
    expect(JSON.stringify(signer)).not.toContain(jwk.d)
    expect((await importSigner({ ...jwk, kid: 'k1' })).kid).toBe('k1')
    expect((await importSigner({ ...jwk, kid: 'k1' }, { kid: 'k2' })).kid).toBe('k2')
    expect((await importSigner({ ...jwk, key_ops: ['sign'], ext: true })).alg).toBe(alg)
  })

  it('refuses a stored key whose parts do not belong together', async () => {
    const jwk = await generatePrivateJwk(alg)
    const other = await generatePrivateJwk(alg)
    const publicOnly = { ...jwk, d: undefined }
    const length = alg === 'ES384' ? 48 : 32
    const refused: unknown[] = [
      { ...jwk, d: other.d },
      { ...jwk, d: `${jwk.d}A` },
      { ...jwk, d: encodeBase64url(new Uint8Array(length - 1)) },
      { ...jwk, key_ops: ['verify'] },
      publicOnly,
      null,
      JSON.stringify(jwk),
    ]
    if (jwk.kty === 'EC') {
      refused.push({ ...jwk, y: negated(jwk) })
      refused.push({ ...jwk, d: encodeBase64url(new Uint8Array(length)) })
      refused.push({ ...jwk, d: encodeBase64url(new Uint8Array(length).fill(255)) })
    }
    for (const value of refused)
      expect(await codeOfPromise(() => importSigner(value))).toBe('COMITY_JWK_INVALID')
  })

  it('does not sign with an algorithm that the key is not for', async () => {
    const jwk = await generatePrivateJwk(alg)
    for (const other of SIGNATURE_ALGORITHMS) {
      if (algorithmsFor(jwk).includes(other)) continue
      await expect(importSigner(jwk, { alg: other })).rejects.toThrow(TypeError)
    }
  })

  it('signs with a function, and gives on only signatures of the right length', async () => {
    const { publicJwk, sign } = await generateSigner({ alg })
    const signer = signerFromCallback({ kid: 'k', alg, publicJwk, sign })
    await verifyBytes(publicJwk, alg, bytes, await signer.sign(bytes))
    for (const bad of [new Uint8Array(70), undefined, 'x'.repeat(64)]) {
      const broken = signerFromCallback({ kid: 'k', alg, publicJwk, sign: async () => bad as Uint8Array })
      await expect(broken.sign(bytes)).rejects.toThrow(TypeError)
    }
  })

  it('goes by another name', async () => {
    const signer = await generateSigner({ alg })
    const renamed = withKid(signer, 'did:web:a.example#1')
    expect(renamed).toMatchObject({ kid: 'did:web:a.example#1', alg, publicJwk: signer.publicJwk })
    await verifyBytes(signer.publicJwk, alg, bytes, await renamed.sign(bytes))
    expect(() => withKid(signer, '')).toThrow(TypeError)
  })
})

describe('signers', () => {
  it('have Ed25519 under its new name by default, and under the old where the key or the caller says so', async () => {
    const { kty, crv, x, d } = await generatePrivateJwk('Ed25519')
    const jwk = { kty, crv, x, d }
    expect((await importSigner(jwk)).alg).toBe('Ed25519')
    expect((await importSigner({ ...jwk, alg: 'EdDSA' })).alg).toBe('EdDSA')
    expect((await importSigner(jwk, { alg: 'EdDSA' })).alg).toBe('EdDSA')
  })

  it('are not made of keys that are not for signing', async () => {
    const jwk = await generatePrivateJwk('ES256')
    await expect(importSigner({ ...jwk, use: 'enc' })).rejects.toThrow(TypeError)
    const { publicJwk, sign } = await generateSigner({ alg: 'ES256' })
    expect(() => signerFromCallback({ kid: 'k', alg: 'ES384', publicJwk, sign })).toThrow(TypeError)
    expect(() => signerFromCallback({ kid: '', alg: 'ES256', publicJwk, sign })).toThrow(TypeError)
    expect(codeOf(() => signerFromCallback({ kid: 'k', alg: 'ES256', publicJwk: jwk, sign }))).toBe(
      'COMITY_JWK_PRIVATE',
    )
  })
})

describe('parsePublicJwk', () => {
  it('reads no member from the prototype', async () => {
    const { publicJwk } = await generateSigner({ alg: 'ES256' })
    onTestFinished(() => {
      delete (Object.prototype as { use?: string }).use
    })
    ;(Object.prototype as { use?: string }).use = 'enc'
    expect(Object.hasOwn(parsePublicJwk({ ...publicJwk }), 'use')).toBe(false)
    const polluted = Object.assign(Object.create({ use: 'enc' }) as object, publicJwk)
    expect(codeOf(() => parsePublicJwk(polluted))).toBe('COMITY_JWK_INVALID')
    const { kty, ...rest } = publicJwk
    const bare: unknown = Object.assign(Object.create(null) as object, { ...rest, kty })
    expect(parsePublicJwk(bare)).toEqual(publicJwk)
  })

  it('does not take a point of one curve for one of another that has the same x', () => {
    const x = encodeBase64url(Uint8Array.of(2, ...new Uint8Array(31)))
    expect(parsePublicJwk({ kty: 'OKP', crv: 'X25519', x }).crv).toBe('X25519')
    expect(codeOf(() => parsePublicJwk({ kty: 'OKP', crv: 'Ed25519', x }))).toBe('COMITY_JWK_INVALID')
  })

  it('takes any key that is generated, and answers anything else with a ComityError', async () => {
    const keys: PublicJwk[] = []
    for (const alg of SIGNATURE_ALGORITHMS) keys.push((await generateSigner({ alg })).publicJwk)
    const member = fc.constantFrom('kty', 'crv', 'x', 'y', 'kid', 'alg', 'use', 'key_ops', 'd')
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('OKP', 'EC', 'Ed25519', 'P-256', 'P-384', 'sig'))
    type Parse = (value: unknown) => unknown

    /** What is accepted is the key that was put in, with nothing in it that was not checked. */
    const holds = (parse: Parse, input: unknown): boolean => {
      try {
        return algorithmsFor(parse(input) as PublicJwk).every((alg) => SIGNATURE_ALGORITHMS.includes(alg))
      } catch (error) {
        return error instanceof ComityError
      }
    }
    const mutated = fc
      .tuple(fc.constantFrom(...keys), fc.dictionary(member, value, { maxKeys: 2 }))
      .map(([key, changes]) => ({ ...key, ...changes }))
    const property = (parse: Parse): fc.IProperty<[unknown]> =>
      fc.property(fc.oneof(mutated, fc.anything()), (input) => holds(parse, input))
    fc.assert(property(parsePublicJwk), { numRuns: 2000 })
    expect(
      fc.check(
        property((input) =>
          parsePublicJwk({ ...(input as PrivateJwk), crv: (input as PrivateJwk).crv.trim() }),
        ),
        { numRuns: 2000 },
      ).failed,
    ).toBe(true)
  })

  it('refuses a coordinate with one character changed', async () => {
    for (const alg of ['ES256', 'ES384'] as SignatureAlgorithm[]) {
      const { publicJwk } = await generateSigner({ alg })
      const { x } = publicJwk
      const at = fc.oneof(fc.constant(x.length - 1), fc.nat({ max: x.length - 1 }))
      fc.assert(
        fc.property(at, fc.constantFrom(...Array.from('ABCDwxyz0189-_=')), (index, character) => {
          fc.pre(x[index] !== character)
          const changed = { ...publicJwk, x: x.slice(0, index) + character + x.slice(index + 1) }
          expect(codeOf(() => parsePublicJwk(changed))).toBe('COMITY_JWK_INVALID')
        }),
        { numRuns: 300 },
      )
    }
  })
})

describe('claims', () => {
  it.each([
    { now: NaN },
    { now: Infinity },
    { now: 0, clockTolerance: -1 },
    { now: 0, clockTolerance: 301 },
    { now: 0, clockTolerance: NaN },
    { now: 0, maxLifetime: 0 },
    { now: 0, maxLifetime: NaN },
  ])('checkTimes refuses the options %o', (options) => {
    expect(() => checkTimes({}, options)).toThrow(TypeError)
  })

  it('requireString takes a text that is there', () => {
    expect(requireString({ iss: 'a' }, 'iss')).toBe('a')
    for (const claims of [{}, { iss: '' }, { iss: 1 }, { iss: null }, { iss: ['a'] }]) {
      expect(codeOf(() => requireString(claims, 'iss'))).toBe('COMITY_JWT_CLAIM_INVALID')
    }
    expect(codeOf(() => requireString({}, 'constructor'))).toBe('COMITY_JWT_CLAIM_INVALID')
  })

  it('requireAudience finds this verifier, exactly', () => {
    requireAudience({ aud: 'a' }, 'a')
    requireAudience({ aud: ['b', 'a'] }, 'a')
    for (const aud of ['b', 'A', 'a/', ['b'], ['ab']]) {
      expect(codeOf(() => requireAudience({ aud }, 'a'))).toBe('COMITY_AUDIENCE_MISMATCH')
    }
    const many = Array.from({ length: 33 }, () => 'a')
    for (const aud of [null, 1, '', [], [1], ['a', 1], ['a', ''], { 0: 'a' }, many]) {
      expect(codeOf(() => requireAudience({ aud }, 'a'))).toBe('COMITY_JWT_CLAIM_INVALID')
    }
    expect(codeOf(() => requireAudience({}, 'a'))).toBe('COMITY_JWT_CLAIM_INVALID')
    expect(() => requireAudience({ aud: '' }, '')).toThrow(TypeError)
  })
})
