/**
 * What the issuer and the holder of an SD-JWT VC sign, claim by claim.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { parseSdJwtCredential, verifyCredential } from '../../src/credentials/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import {
  NONCE,
  VERIFIER,
  answerTo,
  bindKey,
  createSdJwtWorld,
  digestOf,
  disclosureOf,
  issueSdPosture,
  refusal,
  sdClaims,
  show,
  signSdJwt,
  type SdJwtWorld,
} from './sd-jwt-world.ts'
import { HOLDER, NOW } from './world.ts'

let world: SdJwtWorld

beforeAll(async () => {
  world = await createSdJwtWorld()
})

async function verify(token: string, more: object = {}): ReturnType<typeof verifyCredential> {
  return verifyCredential(token, { ...world.sdJwtOptions, ...more })
}

describe('what the issuer signed', () => {
  it.each<[string, JsonObject, string]>([
    ['no vct', { vct: '' }, 'COMITY_CREDENTIAL_MALFORMED'],
    ['an iss that is no URL', { iss: 'Acme' }, 'COMITY_CREDENTIAL_MALFORMED'],
    ['an exp that is no number', { exp: '1' }, 'COMITY_CREDENTIAL_MALFORMED'],
    ['an exp in milliseconds', { exp: NOW * 1000 }, 'COMITY_CREDENTIAL_MALFORMED'],
    ['an exp before nbf', { exp: NOW - 7200 }, 'COMITY_CREDENTIAL_MALFORMED'],
    ['a negative nbf', { nbf: -1 }, 'COMITY_CREDENTIAL_MALFORMED'],
    ['an iat that is no number', { iat: 'now' }, 'COMITY_CREDENTIAL_MALFORMED'],
    ['a sub that is no text', { sub: 1 }, 'COMITY_CREDENTIAL_MALFORMED'],
    ['an aud that is no text', { aud: 1 }, 'COMITY_CREDENTIAL_MALFORMED'],
    ['a jti that is no text', { jti: 1 }, 'COMITY_CREDENTIAL_MALFORMED'],
    ['cnf without a key', { cnf: {} }, 'COMITY_CREDENTIAL_MALFORMED'],
    ['cnf with a text for a key', { cnf: { jwk: 'x' } }, 'COMITY_CREDENTIAL_MALFORMED'],
    [
      'cnf with digests in it',
      { cnf: { kid: `${HOLDER}#key-1`, _sd: ['x'] } },
      'COMITY_CREDENTIAL_MALFORMED',
    ],
    ['a status that is no object', { status: 'good' }, 'COMITY_CREDENTIAL_MALFORMED'],
    [
      'a malformed status',
      { status: { status_list: { idx: '1', uri: 'x' } } },
      'COMITY_CREDENTIAL_MALFORMED',
    ],
    ['a status of another kind', { status: { other: {} } }, 'COMITY_STATUS_UNAVAILABLE'],
    ['a hidden status', { status: { _sd: ['x'] } }, 'COMITY_CREDENTIAL_MALFORMED'],
    ['a key that is none', { cnf: { jwk: { kty: 'RSA' } } }, 'COMITY_JWK_INVALID'],
    ['an exp that is past', { exp: NOW - 61, nbf: 0 }, 'COMITY_CREDENTIAL_EXPIRED'],
    ['an nbf that is to come', { nbf: NOW + 61 }, 'COMITY_CREDENTIAL_NOT_YET_VALID'],
    ['an iat that is to come', { iat: NOW + 61 }, 'COMITY_CREDENTIAL_NOT_YET_VALID'],
    ['another audience', { aud: 'did:web:other.example' }, 'COMITY_AUDIENCE_MISMATCH'],
    ['an unknown hash function', { _sd_alg: 'md5' }, 'COMITY_SD_JWT_HASH'],
    ['a hash function that is no text', { _sd_alg: null }, 'COMITY_SD_JWT_HASH'],
    ['a short hash function', { _sd_alg: 'sha-256-32' }, 'COMITY_SD_JWT_HASH'],
    ['a type that is not known here', { vct: 'https://example.com/person' }, 'COMITY_CREDENTIAL_TYPE'],
    ['a claim against the schema', { patchAgeDays: -1 }, 'COMITY_CREDENTIAL_SCHEMA'],
    ['a subject that is another', { sub: 'did:web:other.example' }, 'COMITY_CREDENTIAL_HOLDER'],
  ])('is refused with %s', async (_, more, code) => {
    expect(await answerTo(world, sdClaims(world, more))).toBe(code)
  })

  it('is accepted without any of the faults above', async () => {
    expect(await answerTo(world, sdClaims(world, { iat: NOW, jti: 'urn:x:1', region: 'eu' }))).toBe(
      'no error',
    )
  })

  it('names another media type, or no key', async () => {
    expect(await answerTo(world, sdClaims(world), [], { typ: 'vc+sd-jwt' })).toBe('COMITY_JWT_TYP_MISMATCH')
    expect(await answerTo(world, sdClaims(world), [], { typ: 'example+sd-jwt' })).toBe(
      'COMITY_JWT_TYP_MISMATCH',
    )
  })

  it('comes from a key that is not for assertions', async () => {
    const token = await signSdJwt(world.issuer.login, sdClaims(world))
    expect(await refusal(verify(await bindKey(token, world.holder)))).toBe('COMITY_DID_KEY_RELATIONSHIP')
  })

  it.each(['iss', 'nbf', 'exp', 'cnf', 'vct', 'vct#integrity', 'aka_vcts', 'status'])(
    'may not have %s disclosed',
    async (name) => {
      const whole = sdClaims(world, { 'vct#integrity': 'sha256-x', aka_vcts: ['urn:x'], status: { x: {} } })
      const { [name]: value = null, ...rest } = whole
      const disclosure = disclosureOf('salt', name, value)
      const code = await answerTo(world, { ...rest, _sd: [digestOf(disclosure)] }, [disclosure])
      expect(code).toBe('COMITY_CREDENTIAL_MALFORMED')
    },
  )

  it('may have sub, iat and jti disclosed, which then count', async () => {
    const { sub: _sub, ...rest } = sdClaims(world)
    const disclosures = [disclosureOf('a', 'sub', 'did:web:other.example'), disclosureOf('b', 'iat', NOW)]
    expect(await answerTo(world, { ...rest, _sd: disclosures.map(digestOf) }, disclosures)).toBe(
      'COMITY_CREDENTIAL_HOLDER',
    )
    const later = [disclosureOf('a', 'iat', NOW + 3600)]
    expect(await answerTo(world, { ...rest, _sd: later.map(digestOf) }, later)).toBe(
      'COMITY_CREDENTIAL_NOT_YET_VALID',
    )
  })
})

describe('key binding', () => {
  async function bound(more: JsonObject, header: JsonObject = {}): Promise<string> {
    const token = await signSdJwt(world.issuer.signer, sdClaims(world))
    return refusal(verify(await bindKey(token, world.holder, more, header)))
  }

  it.each<[string, JsonObject, string]>([
    ['another nonce', { nonce: 'other' }, 'COMITY_KEY_BINDING_NONCE'],
    ['a nonce in a list', { nonce: [NONCE] }, 'COMITY_KEY_BINDING_INVALID'],
    ['another verifier', { aud: 'did:web:other.example' }, 'COMITY_AUDIENCE_MISMATCH'],
    ['several verifiers', { aud: [VERIFIER] }, 'COMITY_KEY_BINDING_INVALID'],
    ['a hash of something else', { sd_hash: digestOf('x') }, 'COMITY_KEY_BINDING_INVALID'],
    ['no hash', { sd_hash: null }, 'COMITY_KEY_BINDING_INVALID'],
    ['a time that is no number', { iat: 'now' }, 'COMITY_JWT_CLAIM_INVALID'],
    ['a time long ago', { iat: NOW - 361 }, 'COMITY_TOKEN_EXPIRED'],
    ['a time to come', { iat: NOW + 61 }, 'COMITY_TOKEN_NOT_YET_VALID'],
    ['an end that is past', { iat: NOW - 100, exp: NOW - 61 }, 'COMITY_TOKEN_EXPIRED'],
  ])('with %s is refused', async (_, more, code) => {
    expect(await bound(more)).toBe(code)
  })

  it('is accepted up to its greatest age', async () => {
    expect(await bound({ iat: NOW - 360 })).toBe('no error')
  })

  it('of another media type is refused', async () => {
    expect(await bound({}, { typ: 'JWT' })).toBe('COMITY_KEY_BINDING_INVALID')
  })

  it('that is missing is refused', async () => {
    expect(await refusal(verify(await issueSdPosture(world)))).toBe('COMITY_KEY_BINDING_MISSING')
  })

  it('by another key is refused', async () => {
    const token = await issueSdPosture(world)
    const other = await generateSigner({ alg: 'Ed25519' })
    expect(await refusal(verify(await bindKey(token, other)))).toBe('COMITY_SIGNATURE_INVALID')
    await expect(show(token, other)).rejects.toBeInstanceOf(TypeError)
  })

  it('covers the disclosures: none can be dropped, added, or put in another place', async () => {
    const token = await issueSdPosture(world)
    const [jwt = '', first = '', second = '', ...rest] = (await show(token, world.holder)).split('~')
    const more = parseSdJwtCredential(token).disclosures.find(({ name }) => name === 'sandbox')?.text ?? ''
    for (const parts of [
      [jwt, first, ...rest],
      [jwt, second, first, ...rest],
      [jwt, first, second, more, ...rest],
    ]) {
      expect(await refusal(verify(parts.join('~')))).toBe('COMITY_KEY_BINDING_INVALID')
    }
    expect(await refusal(verify([jwt, first, second, first, ...rest].join('~')))).toBe('COMITY_SD_JWT_DIGEST')
  })
})
