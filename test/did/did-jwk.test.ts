import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  didJwkFromJwk,
  findVerificationKey,
  parseDidDocument,
  type DidDocument,
} from '../../src/did/index.ts'
import { expandDidJwk } from '../../src/did/method-jwk.ts'
import { encodeBase64url, encodeUtf8 } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { generateSigner, parsePublicJwk, type PublicJwk } from '../../src/keys/index.ts'
import { codeOf } from '../support/codes.ts'

const resolve = (did: string): DidDocument => parseDidDocument(expandDidJwk(did), did)
const didOf = (text: string): string => `did:jwk:${encodeBase64url(encodeUtf8(text))}`

/** RFC 8037, appendix A. */
const ED25519 = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' } as const
const SIGNING = ['authentication', 'assertionMethod', 'capabilityInvocation', 'capabilityDelegation']

describe('a did:jwk', () => {
  it.each([
    [undefined, [...SIGNING, 'keyAgreement']],
    ['sig', SIGNING],
    ['enc', ['keyAgreement']],
    ['other', []],
  ])('with the use %o stands in %j', (use, names) => {
    const did = didOf(JSON.stringify({ ...ED25519, ...(use !== undefined && { use }) }))
    const document = resolve(did)
    for (const name of [...SIGNING, 'keyAgreement'] as const) {
      expect(document[name as 'authentication']).toEqual(names.includes(name) ? [`${did}#0`] : [])
    }
  })

  it('names its key by #0, whatever the key says', () => {
    const did = didOf(JSON.stringify({ ...ED25519, kid: 'other', use: 'sig' }))
    expect(findVerificationKey(resolve(did), `${did}#0`, 'authentication')).toMatchObject(ED25519)
  })

  it.each(['Ed25519', 'ES256', 'ES384'] as const)('is made of a key for %s, in one spelling', async (alg) => {
    const { publicJwk } = await generateSigner({ alg })
    const did = didJwkFromJwk(publicJwk)
    const { kid: _, ...members } = publicJwk
    expect(resolve(did).verificationMethod[0]?.publicKey).toEqual(members)
    const turned = Object.fromEntries(Object.entries({ ...publicJwk, kid: 'a' }).reverse())
    expect(didJwkFromJwk(turned as unknown as PublicJwk)).toBe(did)
  })

  it.each([
    ['nothing', 'did:jwk:'],
    ['padding', `${didOf(JSON.stringify({ ...ED25519, use: 'sig' }))}=`],
    [
      'spare bits',
      `did:jwk:${encodeBase64url(encodeUtf8(`${JSON.stringify(ED25519)} `)).replace(/.$/, 'B')}`,
    ],
    ['no JSON', didOf('hello')],
    ['an array', didOf('[]')],
    ['a text', didOf('"x"')],
    ['no UTF-8', `did:jwk:${encodeBase64url(Uint8Array.of(0x7b, 0xff, 0x7d))}`],
    ['a name twice', didOf(`{"kty":"OKP","crv":"Ed25519","x":"${ED25519.x}","x":"${ED25519.x}"}`)],
    ['no curve', didOf(JSON.stringify({ kty: 'OKP', x: ED25519.x }))],
    ['no type', didOf(JSON.stringify({ crv: 'secp256k1', x: ED25519.x }))],
    ['the type of another curve', didOf(JSON.stringify({ ...ED25519, kty: 'EC' }))],
    ['a coordinate too short', didOf(JSON.stringify({ ...ED25519, x: ED25519.x.slice(2) }))],
    ['a point of small order', didOf(JSON.stringify({ ...ED25519, x: encodeBase64url(new Uint8Array(32)) }))],
    ['another method', 'did:web:acme.example'],
    ['a path', `${didOf(JSON.stringify(ED25519))}/a`],
    ['a second part', `${didOf(JSON.stringify(ED25519))}:a`],
    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'].flatMap((name): [string, string][] => [
      [`the private member ${name}`, didOf(JSON.stringify({ ...ED25519, [name]: 'AQ' }))],
      [`${name} of an RSA key`, didOf(JSON.stringify({ kty: 'RSA', n: 'AQ', e: 'AQAB', [name]: 'AQ' }))],
    ]),
  ])('is refused with %s', (_name, did) => {
    expect(codeOf(() => resolve(did))).toBe('COMITY_DID_INVALID')
  })

  it.each([
    ['RSA', { kty: 'RSA', n: 'AQ', e: 'AQAB' }],
    ['secp256k1', { kty: 'EC', crv: 'secp256k1', x: ED25519.x, y: ED25519.x }],
    ['P-521', { kty: 'EC', crv: 'P-521', x: ED25519.x, y: ED25519.x }],
    ['Ed448', { kty: 'OKP', crv: 'Ed448', x: ED25519.x }],
    ['a hash-based key', { kty: 'AKP', alg: 'ML-DSA-44', pub: ED25519.x }],
  ])('of %s is of a kind that is not supported', (_name, jwk) => {
    expect(codeOf(() => resolve(didOf(JSON.stringify(jwk))))).toBe('COMITY_DID_KEY_UNKNOWN')
  })

  it('cannot be made of a private key, or of one with members as long as novels', () => {
    const secret = { ...ED25519, d: ED25519.x }
    expect(codeOf(() => didJwkFromJwk(secret as PublicJwk))).toBe('COMITY_JWK_PRIVATE')
    const operations = Array.from({ length: 16 }, (_, index) => `${'a'.repeat(200)}${String(index)}`)
    expect(() => didJwkFromJwk({ ...ED25519, key_ops: operations })).toThrow(TypeError)
  })

  /** Any text is refused with a ComityError, or stands for the key that it holds, and for no private one. */
  function standsForItsKey(expand: (did: string) => DidDocument): void {
    const valid = JSON.stringify({ ...ED25519, use: 'sig' })
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.json({ maxDepth: 2 }),
      fc
        .dictionary(
          fc.constantFrom('kty', 'crv', 'x', 'y', 'use', 'd', 'kid', 'k', '__proto__'),
          fc.jsonValue({ maxDepth: 0 }),
        )
        .map((patch) => JSON.stringify({ ...ED25519, ...patch })),
      fc
        .tuple(fc.nat({ max: valid.length }), fc.string({ maxLength: 2 }), fc.nat({ max: 2 }))
        .map(([at, more, less]) => `${valid.slice(0, at)}${more}${valid.slice(at + less)}`),
    )
    const did = fc.oneof(
      text.map(didOf),
      fc.tuple(fc.nat({ max: 200 }), fc.constantFrom('A', '_', '.', '%41', '')).map(([at, more]) => {
        const whole = didOf(valid)
        return `${whole.slice(0, 8 + at)}${more}${whole.slice(8 + at)}`
      }),
    )
    fc.assert(
      fc.property(did, (input) => {
        let document: DidDocument
        try {
          document = expand(input)
        } catch (error) {
          expect(error).toBeInstanceOf(ComityError)
          return
        }
        expect(document.id).toBe(input)
        const held = JSON.parse(Buffer.from(input.slice(8), 'base64url').toString()) as Record<
          string,
          unknown
        >
        expect(encodeBase64url(Buffer.from(input.slice(8), 'base64url'))).toBe(input.slice(8))
        const [method, ...others] = document.verificationMethod
        expect(others).toEqual([])
        expect(method?.publicKey).toEqual(parsePublicJwk(held))
        if (held['use'] !== undefined && held['use'] !== 'sig') expect(document.authentication).toEqual([])
      }),
      { numRuns: 1500 },
    )
  }

  it('stands for the key that it holds', () => {
    standsForItsKey(resolve)
  })

  it('would be caught if it decoded leniently, or overlooked private members', () => {
    expect(() =>
      standsForItsKey((did) => {
        const text = Buffer.from(did.slice(8), 'base64url').toString()
        return { ...resolve(didOf(text)), id: did }
      }),
    ).toThrow()
    expect(() =>
      standsForItsKey((did) => {
        const {
          d: _,
          k: __,
          ...jwk
        } = JSON.parse(Buffer.from(did.slice(8), 'base64url').toString()) as Record<string, unknown>
        return { ...resolve(didOf(JSON.stringify(jwk))), id: did }
      }),
    ).toThrow()
  })
})
