import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import {
  createBundleSet,
  formatTrustBundle,
  parseJwtBundle,
  parsePemBundle,
  parseTrustBundle,
  parseTrustBundleMap,
  parseWitBundle,
  parseX509Bundle,
  verifyJwtSvid,
  verifyX509Svid,
  type TrustBundle,
} from '../../src/spiffe/index.ts'
import { NOW } from './forge.ts'
import { acme, authority, count, jwtKey, refused, without, x509Key } from './bundle-world.ts'

const parse = (document: object): TrustBundle => parseTrustBundle(acme, JSON.stringify(document))

const withKeys = (...keys: readonly unknown[]): TrustBundle => parse({ keys })

describe('a bundle that is read', () => {
  it('has its authorities', () => {
    expect(count(withKeys(x509Key, jwtKey, { ...jwtKey, kid: 'w', use: 'wit-svid' }))).toEqual([1, 1, 1])
    expect(withKeys(jwtKey).trustDomain).toBe(acme)
  })

  it('[D1] needs nothing but keys, and ignores further members', () => {
    expect(count(parse({ keys: [x509Key], extra: { keys: 1 }, spiffe_x: 'y' }))).toEqual([1, 0, 0])
  })

  it('[D7] is refused without a list of keys', () => {
    for (const keys of [undefined, null, {}, 'x', 7]) refused(() => parse({ keys }))
    for (const text of ['', '[]', 'null', '{"keys":[]', '{"keys":[],"keys":[]}'])
      refused(() => parseTrustBundle(acme, text))
    refused(() => withKeys('x'))
  })

  it('[D8] [D12] [D13] passes over keys of another kind, and keeps their neighbours', () => {
    const odd = [
      { ...jwtKey, use: 'sig' },
      { ...jwtKey, kty: 'XYZ' },
      { ...jwtKey, kty: 'oct', k: 'AAAA' },
      { ...x509Key, kty: 'XYZ' },
      { ...x509Key, use: 'X509-SVID' },
      { ...jwtKey, use: 'JWT-SVID' },
      without(jwtKey, 'kty'),
      without(x509Key, 'kty'),
      without(jwtKey, 'use'),
      without(x509Key, 'use'),
      { ...jwtKey, crv: 'P-257', kid: 'other' },
    ]
    expect(count(withKeys(...odd))).toEqual([0, 0, 0])
    expect(count(withKeys(...odd, x509Key, jwtKey))).toEqual([1, 1, 0])
  })

  it('[D9] [D10] [C19] [B33] without keys refuses every SVID', async () => {
    const token = await authority.issueJwtSvid('/a', 'globex')
    const { chain } = await authority.issueX509Svid('/a')
    for (const keys of [[], [{ ...jwtKey, use: 'sig' }, without(x509Key, 'x5c')]]) {
      const bundles = createBundleSet([authority.bundle()])
      bundles.set(withKeys(...keys))
      await expect(verifyJwtSvid(token, { bundles, audience: 'globex', now: NOW })).rejects.toMatchObject({
        code: 'COMITY_JWT_AUTHORITY_UNKNOWN',
      })
      const svid = verifyX509Svid([chain[0]!.der], { bundles, now: NOW })
      await expect(svid).rejects.toMatchObject({ code: 'COMITY_CERTIFICATE_PATH' })
    }
  })

  it('[B31] passes over an X.509 key without a certificate', () => {
    expect(count(withKeys(without(x509Key, 'x5c'), { ...x509Key, x5c: [] }, jwtKey))).toEqual([0, 1, 0])
  })

  it('[B32] takes the first of several certificates, and does not look at the others', () => {
    const [first] = x509Key['x5c'] as string[]
    const { x509Authorities } = withKeys({ ...x509Key, x5c: [first, 'rubbish', 7] })
    expect(x509Authorities.map(({ fingerprint }) => fingerprint)).toEqual([
      authority.bundle().x509Authorities[0]!.fingerprint,
    ])
  })

  it('is refused with a certificate that is none', () => {
    for (const x5c of [
      ['rubbish'],
      [''],
      [7],
      ['MAA='],
      [(x509Key['x5c'] as string[])[0]!.replaceAll('+', '-')],
    ]) {
      if (x5c[0] === (x509Key['x5c'] as string[])[0]) continue
      expect(() => withKeys({ ...x509Key, x5c })).toThrow(ComityError)
    }
  })

  it('[C17] [H26] is refused with a key for tokens that has no `kid`, or one that another has', () => {
    for (const use of ['jwt-svid', 'wit-svid']) {
      refused(() => withKeys({ ...without(jwtKey, 'kid'), use }))
      refused(() => withKeys({ ...jwtKey, kid: '', use }))
      refused(() => withKeys({ ...jwtKey, kid: 7, use }))
      refused(() => withKeys(jwtKey, { ...jwtKey, use }))
      const { jwtAuthorities, witAuthorities } = withKeys(
        jwtKey,
        { ...jwtKey, kid: 'K', use },
        { ...jwtKey, kid: 'k', use },
      )
      expect([...jwtAuthorities.keys(), ...witAuthorities.keys()]).toEqual([jwtKey['kid'], 'K', 'k'])
    }
  })

  it('keeps no private members', async () => {
    const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
    const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey)
    const bundle = withKeys({ ...jwk, kid: 'k', use: 'jwt-svid', secret: 'x' })
    expect(Object.keys(bundle.jwtAuthorities.get('k')!.jwk).sort()).toEqual(['crv', 'kty', 'x', 'y'])
    expect(formatTrustBundle(bundle)).not.toContain(jwk.d)
  })

  it('passes over keys that are too weak, unsound or too large', () => {
    const rsa = { kty: 'RSA', e: 'AQAB', kid: 'r', use: 'jwt-svid' }
    const modulus = (bytes: number): string => Buffer.alloc(bytes, 0xff).toString('base64url')
    expect(withKeys({ ...rsa, n: modulus(256) }).jwtAuthorities.size).toBe(1)
    for (const key of [
      { ...rsa, n: modulus(128) },
      { ...rsa, n: modulus(2048) },
      { ...rsa, n: Buffer.concat([Buffer.alloc(1), Buffer.alloc(255, 1)]).toString('base64url') },
      { ...rsa, n: modulus(256), e: 'AQ' },
      { ...rsa, n: modulus(256), e: 'Ag' },
      { ...jwtKey, y: 'AA' },
      { ...jwtKey, crv: 'P-384' },
    ]) {
      expect(withKeys(key).jwtAuthorities.size).toBe(0)
    }
  })

  it('[D4] keeps all digits of its sequence', () => {
    for (const number of ['0', '1', '9007199254740993', '9223372036854775807', '18446744073709551615']) {
      const text = `{ "a" : [ {"spiffe_sequence": 1}, "}\\"" ], "\\u0062": {"spiffe_sequence":2}, "keys" :[], "spiffe_sequence" : ${number}\n}`
      const bundle = parseTrustBundle(acme, text)
      expect(bundle.sequence).toBe(BigInt(number))
      expect(formatTrustBundle(bundle)).toBe(`{"keys":[],"spiffe_sequence":${number}}`)
      expect(parseTrustBundle(acme, text.replace('spiffe_s', '\\u0073piffe_s')).sequence).toBe(BigInt(number))
    }
    for (const number of [
      '-1',
      '18446744073709551616',
      '1.5',
      '1e3',
      '"1"',
      'null',
      'true',
      '[1]',
      '9'.repeat(300),
    ]) {
      refused(() => parseTrustBundle(acme, `{"keys":[],"spiffe_sequence":${number}}`))
    }
  })

  it('[D6] has a refresh hint in whole seconds', () => {
    expect(parse({ keys: [], spiffe_refresh_hint: 600 }).refreshHint).toBe(600)
    for (const hint of ['600', 1.5, -1, null, [600], 2 ** 31])
      refused(() => parse({ keys: [], spiffe_refresh_hint: hint }))
  })

  it('is refused where it is too large, too deep, or has too many keys', () => {
    refused(() => parseTrustBundle(acme, `{"keys":[],"a":"${'x'.repeat(4 * 1024 * 1024)}"}`))
    refused(() => parseTrustBundle(acme, `{"keys":[],"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`))
    refused(() => withKeys(...Array.from({ length: 1025 }, () => ({}))))
    refused(() => withKeys(...Array.from({ length: 257 }, (_, kid) => ({ ...jwtKey, kid: String(kid) }))))
    refused(() => parseTrustBundle(acme, new Uint8Array([0xff])))
  })

  it('answers any text, and any change of a good document, with a bundle or a ComityError', () => {
    const good = formatTrustBundle(authority.bundle())
    const mutant = fc
      .tuple(fc.nat({ max: good.length - 1 }), fc.constantFrom(...'{}[]",:\\0A-. \u0000\u{1F916}'))
      .map(([at, character]) => good.slice(0, at) + character + good.slice(at + 1))
    fc.assert(
      fc.property(fc.oneof(mutant, fc.string({ unit: 'binary' }), fc.json()), (text) => {
        for (const read of [parseTrustBundle, parseJwtBundle, parseWitBundle, parsePemBundle]) {
          onlyCoded(() => read(acme, text))
        }
        onlyCoded(() => parseTrustBundleMap(text))
      }),
    )
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => onlyCoded(() => parseX509Bundle(acme, bytes))),
    )
  })
})

/** Lets a ComityError pass and nothing else. */
function onlyCoded(call: () => unknown): void {
  try {
    call()
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
  }
}
