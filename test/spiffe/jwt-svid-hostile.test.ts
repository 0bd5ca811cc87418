import fc from 'fast-check'
import { exportJWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { parseJsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import {
  createBundleSet,
  createTrustBundle,
  parseJwtSvid,
  parseTrustDomain,
  readAuthorityKey,
} from '../../src/spiffe/index.ts'
import { createSpiffeAuthority, createTestClock } from '../../src/testing/index.ts'
import { NOW } from './forge.ts'
import { acme, keysFor, authority, bundle, sign, verify, raw, fails } from './jwt-svid-world.ts'

describe('a hostile JWT-SVID', () => {
  it('[C18] is not verified with keys for other SVIDs', async () => {
    const keys = await keysFor('ES256')
    const wit = await bundle({ jwtAuthorities: [], witAuthorities: [await authority('k', keys)] })
    await expect(verify(await sign(), { bundles: wit })).rejects.toThrow(
      fails('COMITY_JWT_AUTHORITY_UNKNOWN'),
    )
  })

  it('[C19] [D9] is refused where its trust domain has no key for such', async () => {
    const none = await bundle({ jwtAuthorities: [] })
    await expect(verify(await sign(), { bundles: none })).rejects.toThrow(
      fails('COMITY_JWT_AUTHORITY_UNKNOWN'),
    )
    await expect(verify(await sign(), { bundles: createBundleSet() })).rejects.toThrow(
      fails('COMITY_TRUST_DOMAIN_UNKNOWN'),
    )
  })

  it('[C20] needs no `jti`, and verifies as often as it is shown', async () => {
    const token = await sign({ jti: 'one' })
    await verify(token)
    await expect(verify(token)).resolves.toBeDefined()
    await expect(verify(await sign())).resolves.toBeDefined()
  })

  it('[C21] [D21] is judged by the bundle of its own trust domain', async () => {
    const other = await keysFor('ES384')
    const both = createBundleSet([
      createTrustBundle({
        trustDomain: acme,
        jwtAuthorities: [await authority('k', await keysFor('ES256'))],
      }),
      createTrustBundle({
        trustDomain: parseTrustDomain('other.example'),
        jwtAuthorities: [await authority('o', other)],
      }),
    ])
    await expect(verify(await sign({}, { kid: 'o' }, 'ES384', other), { bundles: both })).rejects.toThrow(
      fails('COMITY_JWT_AUTHORITY_UNKNOWN'),
    )
    await expect(verify(await sign({ sub: 'spiffe://other.example/a' }), { bundles: both })).rejects.toThrow(
      fails('COMITY_JWT_AUTHORITY_UNKNOWN'),
    )
    await expect(
      verify(await sign({ sub: 'spiffe://other.example/a' }, { kid: 'o' }, 'ES384', other), {
        bundles: both,
      }),
    ).resolves.toBeDefined()
  })

  it('[A24] is refused with any character changed', async () => {
    const token = await sign()
    const ends = [...token.matchAll(/[^.](?=\.|$)/g)].map(({ index }) => index)
    const at = fc.oneof(fc.constantFrom(...ends), { weight: 2, arbitrary: fc.nat({ max: token.length - 1 }) })
    const character = fc.constantFrom(
      ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+',
    )
    await fc.assert(
      fc.asyncProperty(at, character, async (index, replacement) => {
        fc.pre(token[index] !== replacement)
        const forged = token.slice(0, index) + replacement + token.slice(index + 1)
        await expect(verify(forged)).rejects.toBeInstanceOf(ComityError)
      }),
      { numRuns: 300 },
    )
  })

  it('answers any text with a ComityError', async () => {
    const part = fc.oneof(
      fc.base64String(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
    )
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(part).map((parts) => parts.join('.')),
    )
    await fc.assert(
      fc.asyncProperty(noise, async (text) => {
        await expect(verify(text)).rejects.toBeInstanceOf(ComityError)
      }),
    )
    const deep = `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`
    await expect(verify(raw({ alg: 'ES256', kid: 'k' }, deep))).rejects.toBeInstanceOf(ComityError)
  })

  it('a key that is not on its curve verifies nothing', async () => {
    const jwk = await exportJWK((await keysFor('ES256')).publicKey)
    const key = readAuthorityKey(parseJsonObject(JSON.stringify({ ...jwk, y: jwk.x })))!
    const odd = await bundle({ jwtAuthorities: [{ kid: 'k', ...key }] })
    await expect(verify(await sign(), { bundles: odd })).rejects.toThrow(fails('COMITY_SIGNATURE_INVALID'))
  })
})

describe('the authority of the test kit', () => {
  it('[C2] [C11] emits the parameters that are allowed, and one audience where one is asked for', async () => {
    const issuer = await createSpiffeAuthority('acme.example', createTestClock(NOW))
    const token = await issuer.issueJwtSvid('/a', 'globex')
    const [head = ''] = token.split('.')
    expect(Object.keys(JSON.parse(Buffer.from(head, 'base64url').toString()) as object).sort()).toEqual([
      'alg',
      'kid',
      'typ',
    ])
    expect(parseJwtSvid(token).audience).toEqual(['globex'])
  })
})
