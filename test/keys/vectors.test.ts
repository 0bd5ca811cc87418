import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeUtf8, parseJsonObject } from '../../src/encoding/index.ts'
import {
  algorithmsFor,
  checkTimes,
  jwkThumbprint,
  parseJws,
  parsePublicJwk,
  requireAudience,
  requireString,
  verifyBytes,
  verifyJwsSignature,
  type SignatureAlgorithm,
} from '../../src/keys/index.ts'
import { PolicyError } from '../../src/errors/index.ts'
import { fromHex } from '../encoding/hex.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'
import { loadVectors, type VectorCase } from '../support/vectors.ts'

/** The vectors of a file, or none with a test that says so. */
function vectors(topic: string, file: string): readonly VectorCase[] {
  const cases = loadVectors(topic, file)
  if (cases === undefined)
    it.skip(`${topic}/${file}: the public vectors are not beside this checkout`, () => {})
  return cases ?? []
}

describe.each<[string, SignatureAlgorithm]>([
  ['ed25519', 'Ed25519'],
  ['es256', 'ES256'],
  ['es384', 'ES384'],
])('signatures/%s', (file, alg) => {
  interface Case extends VectorCase {
    readonly publicKeyJwk: unknown
    readonly msgHex: string
    readonly sigHex: string
  }
  it.each(vectors('signatures', file) as readonly Case[])(
    '$id',
    async ({ publicKeyJwk, msgHex, sigHex, expected }) => {
      const verify = async (): Promise<void> =>
        verifyBytes(parsePublicJwk(publicKeyJwk), alg, fromHex(msgHex), fromHex(sigHex))
      expect(await codeOfPromise(verify)).toBe(
        expected.result === 'valid' ? undefined : 'COMITY_SIGNATURE_INVALID',
      )
    },
  )
})

/** Whether a token verifies both as a token of ours and, without regard to its payload, as a signature. */
async function verifies(token: string, key: unknown): Promise<{ asToken?: string; asBytes?: string }> {
  const asToken = await codeOfPromise(async () => verifyJwsSignature(parseJws(token), parsePublicJwk(key)))
  const asBytes = await codeOfPromise(async () => {
    const [header = '', payload = '', signature = ''] = token.split('.')
    const { alg } = parseJsonObject(decodeBase64url(header))
    const input = encodeUtf8(`${header}.${payload}`)
    await verifyBytes(parsePublicJwk(key), alg as SignatureAlgorithm, input, decodeBase64url(signature))
  })
  return { ...(asToken !== undefined && { asToken }), ...(asBytes !== undefined && { asBytes }) }
}

describe.each(['jws', 'jws-more', 'jwk'])('jose/%s', (file) => {
  interface Case extends VectorCase {
    readonly key: { readonly keys?: readonly unknown[]; readonly kty?: string; readonly crv?: string }
    readonly jws?: unknown
    readonly input?: { readonly jws?: string }
  }
  const cases = (vectors('jose', file) as readonly Case[]).flatMap((entry) =>
    (entry.key.keys ?? [entry.key]).map((key, index) => ({
      ...entry,
      key,
      name: `${entry.id} key ${String(index)}`,
    })),
  )
  it.each(cases)('$name', async ({ key, jws, input, expected }) => {
    const token = jws ?? input?.jws
    // Compact form only: the JSON serialization has no way in.
    if (typeof token !== 'string') {
      expect(codeOf(() => parseJws(token as string))).toBe('COMITY_JWS_MALFORMED')
      return
    }
    const { asToken, asBytes } = await verifies(token, key)
    const { kty, crv } = key as { kty: string; crv?: string }
    // Symmetric keys, RSA and P-521 are not supported, so that nothing verifies under them.
    const supported = kty === 'EC' && (crv === 'P-256' || crv === 'P-384')
    if (expected.result === 'valid' && supported) {
      // The payloads of these files are no JSON objects, and a token of ours carries one.
      expect([undefined, 'COMITY_JWS_MALFORMED']).toContain(asToken)
      expect(asBytes).toBeUndefined()
    } else {
      expect(asToken).toMatch(/^COMITY_/)
    }
  })
})

describe('jose/jwk-thumbprint', () => {
  interface Case extends VectorCase {
    readonly jwk: Readonly<Record<string, unknown>>
    readonly expected: VectorCase['expected'] & { readonly thumbprint?: string }
  }
  it.each(vectors('jose', 'jwk-thumbprint') as readonly Case[])('$id', ({ jwk, expected }) => {
    // A private key has to become a public one before it gets here.
    const { d, ...members } = jwk
    if (d !== undefined) expect(codeOf(() => parsePublicJwk(jwk))).toBe('COMITY_JWK_PRIVATE')
    // P-521 is not supported.
    if (expected.result === 'valid' && jwk.crv !== 'P-521') {
      expect(jwkThumbprint(parsePublicJwk(members))).toBe(expected.thumbprint)
    } else {
      expect(codeOf(() => parsePublicJwk(members))).toBe('COMITY_JWK_INVALID')
    }
  })
})

describe('jose/jwt-claims', () => {
  interface Case extends VectorCase {
    readonly jwt: string
    readonly jwk: unknown
    readonly policy: {
      readonly algorithms: readonly string[]
      readonly typ: string
      readonly issuer: string
      readonly audience: string
      readonly now: number
      readonly clockTolerance: number
    }
  }
  it.each(vectors('jose', 'jwt-claims') as readonly Case[])('$id', async ({ jwt, jwk, policy, expected }) => {
    const { typ, now, clockTolerance, issuer, audience } = policy
    const code = await codeOfPromise(async () => {
      const key = parsePublicJwk(jwk)
      expect(algorithmsFor(key)).toEqual(expect.arrayContaining([...policy.algorithms]))
      const { claims } = await verifyJwsSignature(parseJws(jwt, { typ }), key)
      checkTimes(claims, { now, clockTolerance, require: ['iat', 'exp'] })
      if (requireString(claims, 'iss') !== issuer)
        throw new PolicyError('COMITY_ISSUER_MISMATCH_FOR_TEST' as never, '')
      requireAudience(claims, audience)
    })
    if (expected.result === 'valid') expect(code).toBeUndefined()
    else expect(code).toMatch(/^COMITY_/)
  })
})
