/**
 * What @sd-jwt/sd-jwt-vc 0.19.0 takes and this library refuses, case by case: why tokens are not verified with it.
 */
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { describe, expect, it } from 'vitest'
import { verifyCredential } from '../../src/credentials/index.ts'
import { decodeBase64url, encodeUtf8, type JsonObject } from '../../src/encoding/index.ts'
import { verifyBytes, type Signer } from '../../src/keys/index.ts'
import { sha256 } from '../../src/runtime/index.ts'
import {
  NONCE,
  bindKey,
  createSdJwtWorld,
  digestOf,
  disclosureOf,
  refusal,
  sdClaims,
  signSdJwt,
} from './sd-jwt-world.ts'
import { NOW } from './world.ts'

const world = await createSdJwtWorld()
const { issuer, holder, sdJwtOptions } = world

function verifierOf({ alg, publicJwk }: Signer): (data: string, signature: string) => Promise<boolean> {
  return async (data, signature) => {
    await verifyBytes(publicJwk, alg, encodeUtf8(data), decodeBase64url(signature))
    return true
  }
}

const other = new SDJwtVcInstance({
  hasher: (data) => sha256(typeof data === 'string' ? encodeUtf8(data) : new Uint8Array(data)),
  verifier: verifierOf(issuer.signer),
  kbVerifier: verifierOf(holder),
})

const CLAIM = disclosureOf('s', 'a', 1)
const SAME = disclosureOf('t', 'a', 2)
const ELEMENT = disclosureOf('s', 1)
const ISSUER = disclosureOf('s', 'iss', issuer.did)
const PADDED = 'WyJzIiwiYSIsMV0='

interface Case {
  readonly about: string
  readonly more?: JsonObject
  readonly disclosures?: readonly string[]
  readonly header?: JsonObject
  readonly bound?: JsonObject
  readonly code: string
}

const cases: readonly Case[] = [
  { about: 'a digest twice', more: { _sd: ['x', 'x'] }, code: 'COMITY_SD_JWT_DIGEST' },
  {
    about: 'a disclosure twice',
    more: { _sd: [digestOf(CLAIM)] },
    disclosures: [CLAIM, CLAIM],
    code: 'COMITY_SD_JWT_DIGEST',
  },
  { about: 'a disclosure that belongs nowhere', disclosures: [CLAIM], code: 'COMITY_SD_JWT_DIGEST' },
  {
    about: 'a claim that replaces a signed one',
    more: { a: 0, _sd: [digestOf(CLAIM)] },
    disclosures: [CLAIM],
    code: 'COMITY_SD_JWT_DIGEST',
  },
  {
    about: 'a claim that is disclosed twice',
    more: { _sd: [digestOf(CLAIM), digestOf(SAME)] },
    disclosures: [CLAIM, SAME],
    code: 'COMITY_SD_JWT_DIGEST',
  },
  {
    about: 'an element of an array as a claim',
    more: { _sd: [digestOf(ELEMENT)] },
    disclosures: [ELEMENT],
    code: 'COMITY_SD_JWT_DIGEST',
  },
  {
    about: 'another spelling of base64url',
    more: { _sd: [digestOf(PADDED)] },
    disclosures: [PADDED],
    code: 'COMITY_SD_JWT_DISCLOSURE',
  },
  { about: 'any hash function', more: { _sd_alg: 'md5' }, code: 'COMITY_SD_JWT_HASH' },
  {
    about: 'an issuer that is disclosed',
    more: { iss: null, _sd: [digestOf(ISSUER)] },
    disclosures: [ISSUER],
    code: 'COMITY_CREDENTIAL_MALFORMED',
  },
  { about: 'no type', more: { vct: null }, code: 'COMITY_CREDENTIAL_MALFORMED' },
  { about: 'another media type', header: { typ: 'JWT' }, code: 'COMITY_JWT_TYP_MISMATCH' },
  { about: 'another audience', bound: { aud: 'did:web:other.example' }, code: 'COMITY_AUDIENCE_MISMATCH' },
  { about: 'a key binding of long ago', bound: { iat: 1 }, code: 'COMITY_TOKEN_EXPIRED' },
]

describe('the other implementation takes, and this one does not', () => {
  it.each(cases)('$about', async ({ more = {}, disclosures = [], header = {}, bound = {}, code }) => {
    const claims = Object.fromEntries(
      Object.entries(sdClaims(world, more)).filter(([, value]) => value !== null),
    )
    const token = await signSdJwt(issuer.signer, claims, disclosures, header)
    const shown = await bindKey(token, holder, bound)
    await expect(other.verify(shown, { currentDate: NOW, keyBindingNonce: NONCE })).resolves.toBeDefined()
    expect(await refusal(verifyCredential(shown, sdJwtOptions))).toBe(code)
  })
})
