import '../../src/testing/reflect.ts'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import * as x509 from '@peculiar/x509'
import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import type { Occasion } from '../../src/handshake/binding.ts'
import {
  assertProofOccasion,
  parseSvidProof,
  proveX509Svid,
  verifySvidProof,
} from '../../src/handshake/svid-proof.ts'
import { createBundleSet, parsePemBundle, parseX509Svid, type X509Svid } from '../../src/spiffe/index.ts'
import { createSpiffeAuthority } from '../../src/testing/index.ts'

const NOW = Date.now() / 1000
const OCCASION: Occasion = {
  version: 'comity/1-draft',
  hash: new Uint8Array(32).fill(7),
  presenter: 'did:web:acme.example:agents:ledger',
  role: 'initiator',
  verifier: 'did:web:globex.example',
}
const authority = await createSpiffeAuthority('acme.example')
const bundles = createBundleSet([authority.bundle()])
const svid = await authority.issueX509Svid('/agents/ledger')
const valid = await proveX509Svid(svid, OCCASION, NOW)

async function judge(token: string): Promise<string> {
  const proof = parseSvidProof(token)
  assertProofOccasion(proof, OCCASION, NOW)
  return (await verifySvidProof(proof, { bundles, now: NOW })).id.uri
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const [head = '', payload = '', signature = ''] = valid.split('.')
const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>

describe('the proof of an X.509-SVID', () => {
  it('positive control: is accepted', async () => {
    expect(await judge(valid)).toBe('spiffe://acme.example/agents/ledger')
  })

  it('is refused with one character changed', async () => {
    const ends = [...valid.matchAll(/[^.](?=\.|$)/g)].map((match) => match.index)
    const at = fc.oneof(fc.constantFrom(...ends), { weight: 2, arbitrary: fc.nat({ max: valid.length - 1 }) })
    const char = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=')
    await fc.assert(
      fc.asyncProperty(at, char, async (index, replacement) => {
        fc.pre(valid[index] !== replacement)
        const forged = valid.slice(0, index) + replacement + valid.slice(index + 1)
        await expect(judge(forged)).rejects.toBeInstanceOf(ComityError)
      }),
      { numRuns: 300 },
    )
  })

  it('answers any text with a ComityError and nothing else', async () => {
    const json = fc
      .json({ maxDepth: 2, depthSize: 'small' })
      .map((text) => Buffer.from(text).toString('base64url'))
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.constantFrom(head, 'e30'), json, json).map((parts) => parts.join('.')),
      fc.dictionary(fc.constantFrom('alg', 'typ', 'x5c', 'kid'), fc.jsonValue()).map((value) => {
        return [encode({ ...header, ...value }), payload, signature].join('.')
      }),
    )
    await fc.assert(
      fc.asyncProperty(noise, async (text) => {
        fc.pre(text !== valid)
        await expect(judge(text)).rejects.toBeInstanceOf(ComityError)
      }),
    )
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['no algorithm', { alg: 'none' }, 'COMITY_ALG_NOT_ALLOWED'],
    ['a MAC', { alg: 'HS256' }, 'COMITY_ALG_NOT_ALLOWED'],
    ['an algorithm that does not fit the key', { alg: 'RS256' }, 'COMITY_SIGNATURE_INVALID'],
    ['the type of a message', { typ: 'comity-hs+jwt' }, 'COMITY_JWT_TYP_MISMATCH'],
    ['a key of its own', { jwk: {} }, 'COMITY_SVID_PROOF_INVALID'],
    ['a critical extension', { crit: ['b64'] }, 'COMITY_SVID_PROOF_INVALID'],
    ['no certificate', { x5c: [] }, 'COMITY_SVID_PROOF_INVALID'],
    ['eleven certificates', { x5c: Array.from({ length: 11 }, () => 'MA==') }, 'COMITY_SVID_PROOF_INVALID'],
    ['no base64', { x5c: ['-_'] }, 'COMITY_SVID_PROOF_INVALID'],
    ['no X.509', { x5c: ['MAA='] }, 'COMITY_CERTIFICATE_MALFORMED'],
  ])('with %s in its header is refused', async (_name, changes, code) => {
    const forged = [encode({ ...header, ...changes }), payload, signature].join('.')
    await expect(judge(forged)).rejects.toMatchObject({ code })
  })

  it('that would be good for longer than a message is refused', async () => {
    const key = await crypto.subtle.importKey(
      'pkcs8',
      svid.privateKey,
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    )
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iat: number }
    const token = await new SignJWT({ ...claims, exp: claims.iat + 3600 })
      .setProtectedHeader(header as { alg: string })
      .sign(key)
    await expect(judge(token)).rejects.toMatchObject({ code: 'COMITY_JWT_CLAIM_INVALID' })
  })
})

describe('the keys of X.509-SVIDs', () => {
  const CA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

  /** An SVID whose key is of this kind, of an authority of its own. */
  async function svidOf(keys: CryptoKeyPair): Promise<{ svid: X509Svid; bundles: typeof bundles }> {
    const ca = await crypto.subtle.generateKey(CA, true, ['sign', 'verify'])
    const times = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) }
    const root = await x509.X509CertificateGenerator.createSelfSigned({
      ...times,
      name: 'O=SPIFFE',
      keys: ca,
      signingAlgorithm: CA,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'spiffe://acme.example' }]),
      ],
    })
    const leaf = await x509.X509CertificateGenerator.create({
      ...times,
      subject: 'O=SPIFFE',
      issuer: root.subject,
      publicKey: keys.publicKey,
      signingKey: ca.privateKey,
      signingAlgorithm: CA,
      extensions: [
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.SubjectAlternativeNameExtension([{ type: 'url', value: svid.id.uri }]),
      ],
    })
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
    const bundle = createBundleSet([parsePemBundle(authority.trustDomain, root.toString('pem'))])
    return { svid: await parseX509Svid(new Uint8Array(leaf.rawData), pkcs8), bundles: bundle }
  }

  const RSA = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  }
  it.each<[string, Algorithm]>([
    ['ES384', { name: 'ECDSA', namedCurve: 'P-384' } as Algorithm],
    ['ES512', { name: 'ECDSA', namedCurve: 'P-521' } as Algorithm],
    ['Ed25519', { name: 'Ed25519' }],
    ['RS256', RSA],
  ])('sign with %s', async (alg, algorithm) => {
    const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair
    const made = await svidOf(keys)
    const proof = parseSvidProof(await proveX509Svid(made.svid, OCCASION, NOW))
    expect(proof.alg).toBe(alg)
    const { id } = await verifySvidProof(proof, { bundles: made.bundles, now: NOW })
    expect(id.uri).toBe(svid.id.uri)
  })
})
