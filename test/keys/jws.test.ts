import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { decodeBase64url, decodeUtf8, type JsonObject } from '../../src/encoding/index.ts'
import {
  assertVerifiedJws,
  generateSigner,
  parseJws,
  signJws,
  SIGNATURE_ALGORITHMS,
  verifyBytes,
  verifyJwsSignature,
  type PublicJwk,
  type Signer,
  type UnverifiedJws,
} from '../../src/keys/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'

const claims = { iss: 'did:web:acme.example', iat: 1_750_000_000, exp: 1_750_000_600, note: 'é😀' }

const signers = new Map<string, Signer>()
beforeAll(async () => {
  for (const alg of SIGNATURE_ALGORITHMS)
    signers.set(alg, await generateSigner({ alg, kid: 'did:web:a.example#1' }))
})
function signerFor(alg: string): Signer {
  const signer = signers.get(alg)
  if (signer === undefined) throw new Error(`no signer for ${alg}`)
  return signer
}

describe.each(SIGNATURE_ALGORITHMS)('a token signed with %s', (alg) => {
  it('verifies, and says what was signed', async () => {
    const signer = signerFor(alg)
    const token = await signJws({ header: { typ: 'at+jwt', extra: 1 }, payload: claims, signer })
    const verified = await verifyJwsSignature(parseJws(token, { typ: 'at+jwt' }), signer.publicJwk)
    expect(verified.header).toEqual({ alg, kid: 'did:web:a.example#1', typ: 'at+jwt', extra: 1 })
    expect(verified.claims).toEqual(claims)
    expect(verified.token).toBe(token)
    expect(verified.jwk).toBe(signer.publicJwk)
    expect(Object.isFrozen(verified)).toBe(true)
    assertVerifiedJws(verified)
  })

  it('may have any kid where nobody goes by it', async () => {
    const signer = signerFor(alg)
    const [header, payload] = [{ alg, typ: 'at+jwt', kid: 42 }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    const input = `${header ?? ''}.${payload ?? ''}`
    const signature = Buffer.from(await signer.sign(Buffer.from(input))).toString('base64url')
    const token = `${input}.${signature}`
    expect(codeOf(() => parseJws(token))).toBe('COMITY_JWS_MALFORMED')
    const jws = parseJws(token, { ignoreKid: true })
    expect(jws.header).toEqual({ alg, typ: 'at+jwt' })
    await expect(verifyJwsSignature(jws, signer.publicJwk)).resolves.toBeDefined()
  })

  it('verifies with a key that was written down, not parsed', async () => {
    const signer = signerFor(alg)
    const token = await signJws({ header: { typ: 'at+jwt' }, payload: claims, signer })
    const verified = await verifyJwsSignature(parseJws(token), { ...signer.publicJwk })
    expect(Object.isFrozen(verified.jwk)).toBe(true)
    const forged = { ...signer.publicJwk, d: signer.publicJwk.x } as PublicJwk
    expect(await codeOfPromise(() => verifyJwsSignature(parseJws(token), forged))).toBe('COMITY_JWK_PRIVATE')
  })

  it('does not verify with another key, nor with one of another kind', async () => {
    const token = await signJws({ header: { typ: 'at+jwt' }, payload: claims, signer: signerFor(alg) })
    for (const other of SIGNATURE_ALGORITHMS) {
      const { publicJwk } = await generateSigner({ alg: other })
      const sameCurve = publicJwk.crv === signerFor(alg).publicJwk.crv
      expect(await codeOfPromise(() => verifyJwsSignature(parseJws(token), publicJwk))).toBe(
        sameCurve ? 'COMITY_SIGNATURE_INVALID' : 'COMITY_ALG_NOT_ALLOWED',
      )
    }
  })

  it('does not verify with a key that is named for something else', async () => {
    const signer = signerFor(alg)
    const token = await signJws({ header: { typ: 'at+jwt' }, payload: claims, signer })
    for (const named of [{ use: 'enc' }, { alg: 'ES512' }, { key_ops: ['sign'] }]) {
      const jwk = { ...signer.publicJwk, ...named }
      expect(await codeOfPromise(() => verifyJwsSignature(parseJws(token), jwk))).toBe(
        'COMITY_ALG_NOT_ALLOWED',
      )
    }
  })
})

describe('signJws', () => {
  it('puts the bare public key in the header instead of its name', async () => {
    const signer = signerFor('ES256')
    const token = await signJws({ header: { typ: 'dpop+jwt' }, payload: {}, signer, includeJwk: true })
    const { kty, crv, x, y } = signer.publicJwk
    expect(parseJws(token).header).toEqual({ alg: 'ES256', typ: 'dpop+jwt', jwk: { kty, crv, x, y } })
  })

  it('signs bytes as they are', async () => {
    const payload = Uint8Array.of(0, 255)
    const token = await signJws({ header: { typ: 'x' }, payload, signer: signerFor('Ed25519') })
    expect(decodeBase64url(token.split('.')[1] ?? '')).toEqual(payload)
  })

  it.each(['alg', 'kid', 'jwk', 'crit', 'b64', 'zip', 'jku', 'x5u'])(
    'does not let the caller set %s',
    async (name) => {
      const header = { typ: 'x', [name]: 'none' }
      await expect(signJws({ header, payload: {}, signer: signerFor('ES256') })).rejects.toThrow(TypeError)
    },
  )

  it('wants a typ', async () => {
    await expect(signJws({ header: { typ: '' }, payload: {}, signer: signerFor('ES256') })).rejects.toThrow(
      TypeError,
    )
  })

  it.each([{ a: NaN }, { a: '\ud800' }])('does not sign what has no JSON form: %o', async (payload) => {
    expect(
      await codeOfPromise(() => signJws({ header: { typ: 'x' }, payload, signer: signerFor('ES256') })),
    ).toBe('COMITY_JSON_NOT_CANONICALIZABLE')
  })
})

describe('parseJws', () => {
  it('bounds the size at the character', () => {
    expect(codeOf(() => parseJws('a'.repeat(65_537)))).toBe('COMITY_JWS_TOO_LARGE')
    expect(codeOf(() => parseJws('a'.repeat(65_536)))).toBe('COMITY_JWS_MALFORMED')
    expect(codeOf(() => parseJws('aaaaa', { maxLength: 4 }))).toBe('COMITY_JWS_TOO_LARGE')
  })

  it.each([undefined, null, 1, {}, ['a.b.c']])('refuses %o', (value) => {
    expect(codeOf(() => parseJws(value as string))).toBe('COMITY_JWS_MALFORMED')
  })

  it('writes nothing of the token into its errors', async () => {
    const token = await signJws({ header: { typ: 'x' }, payload: { iss: 'a' }, signer: signerFor('ES256') })
    const broken = token.replace('.', '!.')
    try {
      parseJws(broken)
      expect.unreachable()
    } catch (error) {
      for (const part of token.split('.')) expect(JSON.stringify(error)).not.toContain(part)
    }
  })
})

describe('verifyJwsSignature', () => {
  it('takes only what parseJws returned, and assertVerifiedJws only what it returned itself', async () => {
    const signer = signerFor('Ed25519')
    const jws = parseJws(await signJws({ header: { typ: 'x' }, payload: { admin: false }, signer }))
    const assembled: UnverifiedJws = { ...jws, claims: { admin: true } }
    await expect(verifyJwsSignature(assembled, signer.publicJwk)).rejects.toThrow(TypeError)
    const verified = await verifyJwsSignature(jws, signer.publicJwk)
    for (const value of [{ ...verified }, jws, null, undefined, 'x']) {
      expect(() => assertVerifiedJws(value)).toThrow(TypeError)
    }
  })
})

describe('verifyBytes', () => {
  it.each(SIGNATURE_ALGORITHMS)('checks %s over the bytes given, at full length', async (alg) => {
    const { publicJwk, sign } = signerFor(alg)
    const signature = await sign(Uint8Array.of(1, 2))
    await verifyBytes(publicJwk, alg, Uint8Array.of(1, 2), signature)
    const wrong: [Uint8Array, Uint8Array][] = [
      [Uint8Array.of(1, 3), signature],
      [Uint8Array.of(1, 2), signature.subarray(1)],
      [Uint8Array.of(1, 2), Uint8Array.of(...signature, 0)],
      [Uint8Array.of(1, 2), new Uint8Array(signature.length)],
    ]
    for (const [bytes, bad] of wrong) {
      expect(await codeOfPromise(() => verifyBytes(publicJwk, alg, bytes, bad))).toBe(
        'COMITY_SIGNATURE_INVALID',
      )
    }
  })
})

describe('properties of tokens', () => {
  type Verify = (token: string, jwk: PublicJwk) => Promise<JsonObject>
  const verify: Verify = async (token, jwk) => (await verifyJwsSignature(parseJws(token), jwk)).claims

  async function refuses(check: Verify, token: string, jwk: PublicJwk): Promise<boolean> {
    try {
      await check(token, jwk)
      return false
    } catch (error) {
      return error instanceof ComityError
    }
  }

  /** A valid token with one character changed; a third of the changes are at the ends of its parts. */
  async function forgeries(alg: string): Promise<{ forged: fc.Arbitrary<string>; jwk: PublicJwk }> {
    const signer = signerFor(alg)
    const valid = await signJws({ header: { typ: 'at+jwt' }, payload: claims, signer })
    const ends = [...valid.matchAll(/[^.](?=\.|$)/g)].map((match) => match.index)
    const at = fc.oneof(fc.constantFrom(...ends), { weight: 2, arbitrary: fc.nat({ max: valid.length - 1 }) })
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.='
    const character = fc.constantFrom(...Array.from(alphabet))
    const forged = fc
      .tuple(at, character)
      .filter(([index, replacement]) => valid[index] !== replacement)
      .map(([index, replacement]) => valid.slice(0, index) + replacement + valid.slice(index + 1))
    return { forged, jwk: signer.publicJwk }
  }

  it.each(SIGNATURE_ALGORITHMS)('%s: a valid token with one character changed is refused', async (alg) => {
    const { forged, jwk } = await forgeries(alg)
    await fc.assert(
      fc.asyncProperty(forged, (token) => refuses(verify, token, jwk)),
      { numRuns: 400 },
    )
  })

  it('any text is answered with a ComityError and nothing else', async () => {
    const { jwk } = await forgeries('ES256')
    const encoded = fc.json().map((text) => Buffer.from(text).toString('base64url'))
    const header = fc
      .dictionary(
        fc.constantFrom('alg', 'typ', 'kid', 'crit'),
        fc.oneof(fc.constant('ES256'), fc.jsonValue()),
      )
      .map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'))
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.base64String()).map((parts) => parts.join('.')),
      fc
        .tuple(fc.oneof(header, encoded), encoded, fc.constant('A'.repeat(86)))
        .map((parts) => parts.join('.')),
    )
    await fc.assert(
      fc.asyncProperty(noise, (token) => refuses(verify, token, jwk)),
      { numRuns: 500 },
    )
  })

  it.each<[string, Verify]>([
    [
      'ignores spare bits of the signature',
      async (token, jwk) => {
        const [header = '', payload = '', signature = ''] = token.split('.')
        const canonical = Buffer.from(signature, 'base64url').toString('base64url')
        return verify(`${header}.${payload}.${canonical}`, jwk)
      },
    ],
    [
      'lets a parser error through',
      async (token, jwk) => {
        const header: unknown = JSON.parse(decodeUtf8(decodeBase64url(token.split('.')[0] ?? '')))
        return header === null ? {} : verify(token, jwk)
      },
    ],
    ['does not look at the signature', async (token) => parseJws(token).claims],
  ])('would catch a verifier that %s', async (_, broken) => {
    const { forged, jwk } = await forgeries('Ed25519')
    const { failed } = await fc.check(
      fc.asyncProperty(forged, (token) => refuses(broken, token, jwk)),
      { numRuns: 400 },
    )
    expect(failed).toBe(true)
  })
})
