import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import {
  assertVerifiedX509Svid,
  createBundleSet,
  createTrustBundle,
  parseCertificate,
  parseTrustDomain,
  verifyX509Svid,
  type BundleSource,
  type VerifiedX509Svid,
} from '../../src/spiffe/index.ts'
import {
  bundlesOf,
  Extension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  forge,
  forgeLeaf,
  NOW,
  type Recipe,
} from './forge.ts'
import { ACME, url, critical, root, bundles, verify, fails } from './x509-world.ts'

const { digitalSignature, keyAgreement, keyCertSign, keyEncipherment, cRLSign } = KeyUsageFlags

async function verifyLeaf(recipe: Recipe = {}): Promise<VerifiedX509Svid> {
  return verify([await forgeLeaf(root, undefined, recipe)])
}

describe('the leaf of an X.509-SVID', () => {
  it('verifies, and is what it says', async () => {
    const svid = await verifyLeaf()
    expect(svid.id.uri).toBe(`${ACME}/a`)
    expect(svid.path).toHaveLength(2)
    expect(svid.expiresAt).toBe(NOW + 86_400)
    expect(() => assertVerifiedX509Svid(svid)).not.toThrow()
    expect(() => assertVerifiedX509Svid({ ...svid })).toThrow(TypeError)
  })

  it.each<[string, Recipe, string]>([
    ['[B1] without a URI', { names: [{ type: 'dns', value: 'a.example' }] }, 'COMITY_X509_SVID_URI'],
    ['[B2] with two', { names: [url(`${ACME}/a`), url(`${ACME}/b`)] }, 'COMITY_X509_SVID_URI'],
    ['[B2] with two that are equal', { names: [url(`${ACME}/a`), url(`${ACME}/a`)] }, 'COMITY_X509_SVID_URI'],
    [
      '[B2] with another beside',
      { names: [url(`${ACME}/a`), url('https://x.example')] },
      'COMITY_X509_SVID_URI',
    ],
    ['[B4] whose ID has no path', { names: [url(ACME)] }, 'COMITY_SPIFFE_ID_INVALID'],
    ['[B25] of another scheme', { names: [url('https://acme.example/a')] }, 'COMITY_SPIFFE_ID_INVALID'],
    ['[B25] whose ID is none', { names: [url(`${ACME}/a/../b`)] }, 'COMITY_SPIFFE_ID_INVALID'],
    ['[A7] [B25] in upper case', { names: [url('spiffe://ACME.example/a')] }, 'COMITY_SPIFFE_ID_INVALID'],
    ['[B10] [B11] that is an authority', { isCa: true }, 'COMITY_X509_SVID_CA'],
    ['[B14] without key usage', { keyUsage: undefined }, 'COMITY_X509_SVID_KEY_USAGE'],
    ['[B14] whose key usage is not critical', { isUsageCritical: false }, 'COMITY_X509_SVID_KEY_USAGE'],
    ['[B15] that may not sign', { keyUsage: keyAgreement }, 'COMITY_X509_SVID_KEY_USAGE'],
    [
      '[B16] that may sign certificates',
      { keyUsage: digitalSignature | keyCertSign },
      'COMITY_X509_SVID_KEY_USAGE',
    ],
    ['[B17] that may sign lists', { keyUsage: digitalSignature | cRLSign }, 'COMITY_X509_SVID_KEY_USAGE'],
    ['[B23] with a critical extension', { extensions: [critical] }, 'COMITY_CERTIFICATE_EXTENSION'],
    ['[B24] that has expired', { notAfter: NOW - 1 }, 'COMITY_CERTIFICATE_EXPIRED'],
    ['[B24] that is not valid yet', { notBefore: NOW + 1 }, 'COMITY_CERTIFICATE_NOT_YET_VALID'],
    ['[B23] that names another issuer', { issuerName: 'CN=other' }, 'COMITY_CERTIFICATE_PATH'],
    ['of another trust domain', { names: [url('spiffe://other.example/a')] }, 'COMITY_TRUST_DOMAIN_UNKNOWN'],
  ])('%s is refused', async (_, recipe, code) => {
    await expect(verifyLeaf(recipe)).rejects.toThrow(fails(code))
  })

  it.each<[string, Recipe]>([
    [
      '[B3] with other names beside',
      {
        names: [
          url(`${ACME}/a`),
          { type: 'dns', value: 'a.example' },
          { type: 'ip', value: '127.0.0.1' },
          { type: 'email', value: 'a@a.example' },
          ...Array.from({ length: 600 }, (_, index) => ({ type: 'dns' as const, value: `${index}.example` })),
        ],
      },
    ],
    ['[B5] with an empty subject and critical names', { name: '', areNamesCritical: true }],
    ['[B11] without basic constraints', { isCa: undefined }],
    [
      '[B18] that may agree on and encipher keys',
      { keyUsage: digitalSignature | keyEncipherment | keyAgreement },
    ],
    ['[B22] without extended key usage', {}],
    ['with extended key usage', { extensions: [new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1'])] }],
    [
      'with an extension that is not critical',
      { extensions: [new Extension('1.2.3', false, new Uint8Array(2))] },
    ],
    [
      'of RSA',
      {
        algorithm: {
          name: 'RSASSA-PKCS1-v1_5',
          modulusLength: 2048,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: 'SHA-256',
        },
      },
    ],
  ])('%s is accepted', async (_, recipe) => {
    expect((await verifyLeaf(recipe)).id.uri).toBe(`${ACME}/a`)
  })

  it('[B24] is valid from the first to the last second', async () => {
    const leaf = await forgeLeaf(root, undefined, { notBefore: NOW - 10, notAfter: NOW + 10 })
    for (const now of [NOW - 10, NOW + 10]) await expect(verify([leaf], now)).resolves.toBeDefined()
    for (const now of [NOW - 11, NOW + 11]) await expect(verify([leaf], now)).rejects.toThrow(ComityError)
    await expect(verify([leaf], Number.NaN)).rejects.toThrow(TypeError)
  })

  it('[A24] [B23] is refused with any byte changed', async () => {
    const { der } = await forgeLeaf(root)
    for (let at = 0; at < der.length; at += 1) {
      const mutant = der.slice()
      mutant[at] = (mutant[at] ?? 0) ^ (1 << (at % 8))
      const result = verifyX509Svid([mutant], { bundles, now: NOW })
      await expect(result, `byte ${at}`).rejects.toThrow(ComityError)
    }
  })

  it('[B23] is refused cut short, or with something behind it', async () => {
    const { der } = await forgeLeaf(root)
    for (const bytes of [der.slice(0, -1), new Uint8Array([...der, 0]), new Uint8Array()]) {
      await expect(verifyX509Svid([bytes], { bundles, now: NOW })).rejects.toThrow(ComityError)
    }
    await expect(verifyX509Svid([], { bundles, now: NOW })).rejects.toThrow(
      fails('COMITY_CERTIFICATE_MALFORMED'),
    )
  })
})

describe('the bundle of an X.509-SVID', () => {
  it('[B26] [A26] [D21] is that of its own trust domain, whatever else is there', async () => {
    const other = await forge({ name: 'CN=other' })
    const both = createBundleSet([
      createTrustBundle({
        trustDomain: parseTrustDomain('acme.example'),
        x509Authorities: [parseCertificate(root.der)],
      }),
      createTrustBundle({
        trustDomain: parseTrustDomain('other.example'),
        x509Authorities: [parseCertificate(other.der)],
      }),
    ])
    const foreign = await forgeLeaf(other, `${ACME}/a`)
    await expect(verify([foreign], NOW, both)).rejects.toThrow(fails('COMITY_CERTIFICATE_PATH'))
    await expect(verify([foreign, other], NOW, both)).rejects.toThrow(fails('COMITY_CERTIFICATE_PATH'))
    const native = await forgeLeaf(other, 'spiffe://other.example/a')
    expect((await verify([native], NOW, both)).id.trustDomain.name).toBe('other.example')
  })

  it('[B26] is not taken from a source that gives that of another', async () => {
    const source: BundleSource = { getBundle: () => bundles.getBundle(parseTrustDomain('acme.example')) }
    const leaf = await forgeLeaf(root, 'spiffe://other.example/a')
    await expect(verify([leaf], NOW, source)).rejects.toThrow(fails('COMITY_TRUST_DOMAIN_UNKNOWN'))
  })

  it('[B33] [D9] without an authority, or without any key, refuses all', async () => {
    const leaf = await forgeLeaf(root)
    await expect(verify([leaf], NOW, bundlesOf('acme.example'))).rejects.toThrow(
      fails('COMITY_CERTIFICATE_PATH'),
    )
  })

  it('with an authority of the same name whose key is of no use does not hide the right one', async () => {
    const odd = await forge({ name: 'CN=acme', algorithm: { name: 'Ed25519' } })
    const leaf = await forgeLeaf(root)
    await expect(verify([leaf], NOW, bundlesOf('acme.example', odd, root))).resolves.toBeDefined()
  })

  it.each([
    ['P-384', { name: 'ECDSA', namedCurve: 'P-384' }, 'SHA-384'],
    ['P-521', { name: 'ECDSA', namedCurve: 'P-521' }, 'SHA-512'],
    ['P-256 with SHA-512', { name: 'ECDSA', namedCurve: 'P-256' }, 'SHA-512'],
    ['Ed25519', { name: 'Ed25519' }, ''],
    [
      'RSA',
      {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: 2048,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-384',
      },
      'SHA-384',
    ],
  ])('may have an authority of %s', async (_, algorithm, hash) => {
    const authority = await forge({ name: 'CN=acme', algorithm, hash })
    const leaf = await forgeLeaf(authority, undefined, { hash })
    await expect(verify([leaf], NOW, bundlesOf('acme.example', authority))).resolves.toBeDefined()
    await expect(verify([leaf])).rejects.toThrow(ComityError)
  })

  it.each([
    ['SHA-1', { name: 'ECDSA', namedCurve: 'P-256' }, 'SHA-1', 'COMITY_ALG_NOT_ALLOWED'],
    [
      'RSA of 1024 bits',
      {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: 1024,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-256',
      },
      'SHA-256',
      'COMITY_CERTIFICATE_PATH',
    ],
  ])('refuses what is signed with %s', async (_, algorithm, hash, code) => {
    const authority = await forge({ name: 'CN=acme', algorithm })
    const leaf = await forgeLeaf(authority, undefined, { hash }).catch(() => undefined)
    if (leaf === undefined) return
    await expect(verify([leaf], NOW, bundlesOf('acme.example', authority))).rejects.toThrow(fails(code))
  })
})
