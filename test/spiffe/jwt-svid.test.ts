import { CompactEncrypt, exportJWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { encodeBase64url, encodeUtf8 } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { assertVerifiedJwtSvid } from '../../src/spiffe/index.ts'
import { NOW } from './forge.ts'

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'] as const
import { CLAIMS, keysFor, authority, bundle, sign, verify, raw, fails } from './jwt-svid-world.ts'

describe('a JWT-SVID', () => {
  it('verifies, and is what it says', async () => {
    const svid = await verify(await sign({ extra: { a: [1] } }))
    expect({ ...svid }).toMatchObject({
      id: { uri: CLAIMS.sub },
      audience: ['globex'],
      expiresAt: CLAIMS.exp,
      kid: 'k',
      claims: { ...CLAIMS, extra: { a: [1] } },
    })
    expect(Object.isFrozen(svid) && Object.isFrozen(svid.claims) && Object.isFrozen(svid.audience)).toBe(true)
    expect(() => assertVerifiedJwtSvid(svid)).not.toThrow()
    expect(() => assertVerifiedJwtSvid({ ...svid })).toThrow(TypeError)
  })

  it('[A26] comes with the trust domain that its claims hold in', async () => {
    expect((await verify(await sign({ role: 'admin' }))).id.trustDomain.name).toBe('acme.example')
  })

  it('[C1] [C3] is in the compact form, and no JWE', async () => {
    const token = await sign()
    const [protectedHeader, payload, signature] = token.split('.')
    const flattened = JSON.stringify({ payload, protected: protectedHeader, signature })
    const general = JSON.stringify({ payload, signatures: [{ protected: protectedHeader, signature }] })
    const jwe = await new CompactEncrypt(encodeUtf8(token))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .encrypt(new Uint8Array(32))
    for (const text of [
      flattened,
      general,
      jwe,
      '',
      '..',
      `${token}.`,
      `${token}.x`,
      `${protectedHeader}.${payload}`,
      ` ${token}`,
      `${token}\n`,
      `${token}=`,
    ]) {
      await expect(verify(text), text.slice(0, 20)).rejects.toThrow(fails('COMITY_JWS_MALFORMED'))
    }
    await expect(verify(`${protectedHeader}.${payload}.`)).rejects.toThrow(fails('COMITY_JWS_MALFORMED'))
    await expect(verify(7 as unknown as string)).rejects.toThrow(fails('COMITY_JWS_MALFORMED'))
    await expect(verify(`${token}${'A'.repeat(16_384)}`)).rejects.toThrow(fails('COMITY_JWS_TOO_LARGE'))
  })

  it.each(['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64', 'zip'])(
    '[C2] [A24] is refused with the header parameter %s',
    async (name) => {
      const { publicKey } = await keysFor('ES256')
      const value =
        name === 'jwk' ? await exportJWK(publicKey) : name === 'x5c' ? ['MAA='] : 'https://evil.example'
      await expect(verify(raw({ alg: 'ES256', kid: 'k', [name]: value }))).rejects.toThrow(
        fails('COMITY_JWS_MALFORMED'),
      )
    },
  )

  it('[C2] with other parameters is judged without them', async () => {
    await expect(verify(await sign({}, { cty: 'x', private: 1, 'x5t#S256': 'x' }))).resolves.toBeDefined()
  })

  it.each(['none', 'None', 'HS256', 'EdDSA', 'ES256K', 'RSA-OAEP', 'es256', '', 7, null, undefined])(
    '[C4] is refused with the algorithm %s',
    async (alg) => {
      await expect(verify(raw({ alg, kid: 'k' }, 'no claims'))).rejects.toThrow(
        fails('COMITY_ALG_NOT_ALLOWED'),
      )
    },
  )

  it.each(ALGORITHMS)('[C5] verifies with %s, and with no other algorithm and key', async (alg) => {
    const keys = await keysFor(alg)
    const own = await bundle({ jwtAuthorities: [await authority('k', keys)] })
    const token = await sign({}, {}, alg, keys)
    await expect(verify(token, { bundles: own })).resolves.toBeDefined()
    const [head = '', ...rest] = token.split('.')
    expect(head).toMatch(/./)
    for (const other of ALGORITHMS.filter((each) => each !== alg)) {
      const forged = [encodeBase64url(encodeUtf8(JSON.stringify({ alg: other, kid: 'k' }))), ...rest].join(
        '.',
      )
      await expect(verify(forged, { bundles: own }), other).rejects.toThrow(ComityError)
    }
    const foreign = await bundle({
      jwtAuthorities: [await authority('k', await keysFor(alg === 'ES384' ? 'ES256' : 'ES384'))],
    })
    await expect(verify(token, { bundles: foreign })).rejects.toThrow(fails('COMITY_ALG_NOT_ALLOWED'))
  })

  it('[C6] without a `kid`, or with an unknown one, cannot be judged', async () => {
    for (const kid of [undefined, 'K', 'other', '']) {
      await expect(verify(await sign({}, { kid }))).rejects.toThrow(fails('COMITY_JWT_AUTHORITY_UNKNOWN'))
    }
    await expect(verify(raw({ alg: 'ES256', kid: 7 }))).rejects.toThrow(fails('COMITY_JWS_MALFORMED'))
  })

  it('[C7] [A25] [H23] is of the type JWT or JOSE, or of none', async () => {
    for (const typ of [undefined, 'JWT', 'JOSE'])
      await expect(verify(await sign({}, { typ }))).resolves.toBeDefined()
    for (const typ of ['wit+jwt', 'at+jwt', 'jwt', '', 'dpop+jwt', 'vc+jwt', 'application/JWT', 7, null]) {
      await expect(verify(raw({ alg: 'ES256', kid: 'k', typ }))).rejects.toThrow(
        fails('COMITY_JWT_TYP_MISMATCH'),
      )
    }
  })

  it('[C8] has a SPIFFE ID as subject', async () => {
    for (const sub of [undefined, 7, null, ['spiffe://acme.example/a']]) {
      await expect(verify(await sign({ sub }))).rejects.toThrow(fails('COMITY_JWT_CLAIM_INVALID'))
    }
    for (const sub of [
      '',
      'ledger',
      'https://acme.example/a',
      'spiffe://ACME.example/a',
      'spiffe://acme.example/a/',
    ]) {
      await expect(verify(await sign({ sub }))).rejects.toThrow(fails('COMITY_SPIFFE_ID_INVALID'))
    }
  })

  it('[C9] has an audience, as text or list', async () => {
    await expect(verify(await sign({ aud: 'globex' }))).resolves.toMatchObject({ audience: ['globex'] })
    await expect(verify(await sign({ aud: ['a', 'globex'] }))).resolves.toBeDefined()
    for (const aud of [
      undefined,
      [],
      '',
      [''],
      ['globex', ''],
      ['globex', 7],
      7,
      null,
      { globex: 1 },
      Array(65).fill('globex'),
    ]) {
      await expect(verify(await sign({ aud }))).rejects.toThrow(fails('COMITY_JWT_CLAIM_INVALID'))
    }
  })

  it('[C10] is for this service, compared letter by letter', async () => {
    const token = await sign({ aud: ['globex', 'b'] })
    await expect(verify(token, { audience: ['x', 'b'] })).resolves.toBeDefined()
    for (const audience of ['Globex', 'globe', 'globex/', 'globex,b', ' globex']) {
      await expect(verify(token, { audience })).rejects.toThrow(fails('COMITY_AUDIENCE_MISMATCH'))
    }
    for (const audience of ['', [], [''], undefined, Array(257).fill('a')] as string[]) {
      await expect(verify(token, { audience })).rejects.toThrow(TypeError)
    }
  })

  it('[C12] has an expiry, and is refused after it', async () => {
    for (const exp of [undefined, null, -1, 1e15]) {
      await expect(verify(raw({ alg: 'ES256', kid: 'k' }, { ...CLAIMS, exp }))).rejects.toThrow(
        fails('COMITY_JWT_CLAIM_INVALID'),
      )
    }
    for (const exp of ['"1"', '1e999', 'true', '[9]']) {
      const payload = JSON.stringify({ ...CLAIMS, exp: 0 }).replace('"exp":0', `"exp":${exp}`)
      await expect(verify(raw({ alg: 'ES256', kid: 'k' }, payload))).rejects.toThrow(ComityError)
    }
    const token = await sign({ exp: NOW + 0.5 })
    await expect(verify(token, { clockTolerance: 0 })).resolves.toMatchObject({ expiresAt: NOW + 0.5 })
    await expect(verify(token, { now: NOW + 0.5, clockTolerance: 0 })).rejects.toThrow(
      fails('COMITY_TOKEN_EXPIRED'),
    )
    await expect(verify(token, { now: NOW + 30 })).resolves.toBeDefined()
    await expect(verify(token, { now: NOW + 31 })).rejects.toThrow(fails('COMITY_TOKEN_EXPIRED'))
    for (const clockTolerance of [-1, 301, Number.NaN])
      await expect(verify(token, { clockTolerance })).rejects.toThrow(TypeError)
    await expect(verify(token, { now: Number.NaN })).rejects.toThrow(TypeError)
  })

  it('[C13] is refused before it is valid, and its other claims are handed on', async () => {
    await expect(verify(await sign({ nbf: NOW + 31 }))).rejects.toThrow(fails('COMITY_TOKEN_NOT_YET_VALID'))
    await expect(verify(await sign({ nbf: NOW + 29 }))).resolves.toBeDefined()
    await expect(verify(await sign({ iat: NOW + 1000 }))).resolves.toBeDefined()
    for (const name of ['nbf', 'iat']) {
      const text = verify(raw({ alg: 'ES256', kid: 'k' }, { ...CLAIMS, [name]: 'x' }))
      await expect(text).rejects.toThrow(fails('COMITY_JWT_CLAIM_INVALID'))
    }
    const claims = { a: null, b: [{ c: 'd' }], role: 'é' }
    expect((await verify(await sign(claims))).claims).toMatchObject(claims)
  })
})
