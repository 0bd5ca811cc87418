import fc from 'fast-check'
import { AsnConvert } from '@peculiar/asn1-schema'
import {
  BasicConstraints,
  Certificate as AsnCertificate,
  ExtendedKeyUsage,
  type Extension as AsnExtension,
  KeyUsage,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509'
import { beforeAll, describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import {
  formatPem,
  parseCertificate,
  parsePem,
  parsePemX509Svid,
  parseX509Svid,
} from '../../src/spiffe/index.ts'
import { cursorOver, splitSequences, take } from '../../src/spiffe/der.ts'
import { readFlags, readObjectId, readTime } from '../../src/spiffe/der-values.ts'
import {
  Extension,
  ExtendedKeyUsageExtension,
  forge,
  forgeLeaf,
  KeyUsageFlags,
  NOW,
  type Party,
} from './forge.ts'

const refused = (make: () => unknown): void => {
  expect(make).toThrow(expect.objectContaining({ code: 'COMITY_CERTIFICATE_MALFORMED' }))
}
const element = (tag: number, ...content: readonly number[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array([tag, content.length, ...content])
const only = (bytes: Uint8Array<ArrayBuffer>) => take(cursorOver(bytes))
const text = (tag: number, value: string) => only(element(tag, ...Buffer.from(value)))

let root: Party
let leaf: Party
beforeAll(async () => {
  root = await forge({ pathLength: 3 })
  leaf = await forgeLeaf(root, undefined, {
    extensions: [new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1', '1.3.6.1.4.1.4294967295.1'])],
    keyUsage: KeyUsageFlags.digitalSignature | KeyUsageFlags.decipherOnly,
  })
})

/** What another reader finds in a certificate; it throws where that reader does. */
function readByOther(der: Uint8Array): object {
  const { tbsCertificate: tbs, tbsCertificateRaw, signatureValue } = AsnConvert.parse(der, AsnCertificate)
  const find = (id: string): ArrayBuffer | undefined =>
    Array.from<AsnExtension>(tbs.extensions ?? []).find(({ extnID }) => extnID === id)?.extnValue.buffer
  const [basic, usage, extended, names] = ['2.5.29.19', '2.5.29.15', '2.5.29.37', '2.5.29.17'].map(find)
  const constraints = basic && AsnConvert.parse(basic, BasicConstraints)
  const alternatives = names ? [...AsnConvert.parse(names, SubjectAlternativeName)] : []
  return {
    signed: Buffer.from(tbsCertificateRaw ?? new ArrayBuffer()).toString('hex'),
    signature: Buffer.from(signatureValue).toString('hex'),
    spki: Buffer.from(AsnConvert.serialize(tbs.subjectPublicKeyInfo)).toString('hex'),
    subject: Buffer.from(AsnConvert.serialize(tbs.subject)).toString('base64url'),
    issuer: Buffer.from(AsnConvert.serialize(tbs.issuer)).toString('base64url'),
    notBefore: tbs.validity.notBefore.getTime().getTime() / 1000,
    notAfter: tbs.validity.notAfter.getTime().getTime() / 1000,
    isCa: constraints?.cA ?? false,
    pathLength: constraints?.cA === true ? constraints.pathLenConstraint : undefined,
    keyUsage: usage && AsnConvert.parse(usage, KeyUsage).toNumber(),
    extendedKeyUsage: extended && [...AsnConvert.parse(extended, ExtendedKeyUsage)],
    uris: alternatives.flatMap(({ uniformResourceIdentifier: uri }) => uri ?? []),
    dnsNames: alternatives.flatMap(({ dNSName: name }) => name ?? []),
  }
}

function theirReading(der: Uint8Array): object | undefined {
  try {
    return readByOther(der)
  } catch {
    return undefined
  }
}

function readByUs(der: Uint8Array): object {
  const { signed, signature, key, subject, issuer, notBefore, notAfter, ...rest } = parseCertificate(der)
  const { isCa, pathLength, keyUsage, extendedKeyUsage, uris, dnsNames } = rest
  return {
    signed: Buffer.from(signed).toString('hex'),
    signature: Buffer.from(signature.value).toString('hex'),
    spki: Buffer.from(key.spki).toString('hex'),
    ...{ subject, issuer, notBefore, notAfter, isCa, pathLength, keyUsage, extendedKeyUsage, uris, dnsNames },
  }
}

describe('a certificate', () => {
  it('is read as another reader reads it', async () => {
    const algorithms = [
      { name: 'ECDSA', namedCurve: 'P-384' },
      { name: 'Ed25519' },
      {
        name: 'RSASSA-PKCS1-v1_5',
        modulusLength: 2048,
        publicExponent: new Uint8Array([1, 0, 1]),
        hash: 'SHA-256',
      },
    ]
    const others = await Promise.all(algorithms.map((algorithm) => forgeLeaf(root, undefined, { algorithm })))
    const late = await forge({ name: '', isCa: undefined, notAfter: 4_102_444_800 })
    for (const { der } of [root, leaf, late, ...others]) expect(readByUs(der)).toEqual(readByOther(der))
  })

  it('with any byte changed is read as another reader reads it, or refused by one of them', () => {
    for (const { der } of [root, leaf]) {
      for (let at = 0; at < der.length; at += 1) {
        for (const change of [0x01, 0x80, 0xff, 0x20]) {
          const mutant = der.slice()
          mutant[at] = (mutant[at] ?? 0) ^ change
          const [ours, theirs] = [valueOf(() => readByUs(mutant)), theirReading(mutant)]
          if (ours !== undefined && theirs !== undefined) expect(ours, `byte ${at}`).toEqual(theirs)
        }
      }
    }
  })

  it('answers any bytes, and any rearrangement of a good one, with a ComityError', () => {
    const splice = fc
      .tuple(fc.nat({ max: leaf.der.length }), fc.nat({ max: 20 }), fc.uint8Array({ maxLength: 20 }))
      .map(
        ([at, cut, bytes]) =>
          new Uint8Array([...leaf.der.slice(0, at), ...bytes, ...leaf.der.slice(at + cut)]),
      )
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), splice), (bytes) => {
        valueOf(() => parseCertificate(bytes))
        valueOf(() => splitSequences(bytes, 3))
        valueOf(() => parsePem(Buffer.from(bytes).toString('latin1')))
      }),
      { numRuns: 2000 },
    )
  })

  it('is refused where it is too large, or nested very deeply', () => {
    let nested = new Uint8Array()
    for (let depth = 0; depth < 8000; depth += 1) {
      const { length } = nested
      const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
      nested = new Uint8Array([0x30, ...head, ...nested])
    }
    expect(nested.length).toBeLessThan(32_768)
    refused(() => parseCertificate(nested))
    refused(() => parseCertificate(new Uint8Array([0x30, 0x83, 1, 0, 0, ...new Uint8Array(65_536)])))
    refused(() => parseCertificate(new Uint8Array(1 << 24)))
    refused(() => parseCertificate(new Uint8Array([0x30, 0x80, ...leaf.der, 0, 0])))
  })

  it('is refused with an extension that is there twice', async () => {
    for (const id of ['1.2.3', '2.5.29.17']) {
      const extension = new Extension(id, false, new Uint8Array([0x30, 3, 0x86, 1, 0x61]))
      const { der } = await forge({ extensions: [extension, extension] })
      refused(() => parseCertificate(der))
    }
  })

  it.each([
    ['basic constraints', '2.5.29.19', [0x30, 3, 1, 1, 7]],
    ['a path length below zero', '2.5.29.19', [0x30, 6, 1, 1, 0xff, 2, 1, 0x80]],
    ['something behind the path length', '2.5.29.19', [0x30, 8, 1, 1, 0xff, 2, 1, 0, 5, 0]],
    ['key usage', '2.5.29.15', [3, 2, 8, 0]],
    ['key usage with bits that are not there', '2.5.29.15', [3, 2, 7, 0x01]],
    ['no names', '2.5.29.17', [0x30, 0]],
    ['a name of no kind', '2.5.29.17', [0x30, 3, 0x89, 1, 0x61]],
    ['a URI that is not ASCII', '2.5.29.17', [0x30, 4, 0x86, 2, 0xc3, 0xa9]],
    ['a URI in pieces', '2.5.29.17', [0x30, 5, 0xa6, 3, 0x86, 1, 0x61]],
    ['no purposes', '2.5.29.37', [0x30, 0]],
    ['name constraints', '2.5.29.30', [0x30, 2, 0xa2, 0]],
  ])('is refused with %s that cannot be read', async (_, id, value) => {
    const { der } = await forge({
      isCa: undefined,
      keyUsage: undefined,
      extensions: [new Extension(id, false, new Uint8Array(value))],
    })
    refused(() => parseCertificate(der))
  })
})

describe('DER', () => {
  it.each([
    ['a length in more bytes than needed', [0x30, 0x81, 1, 0]],
    ['a length with a leading zero', [0x30, 0x82, 0, 0x80, ...new Uint8Array(128)]],
    ['an indefinite length', [0x30, 0x80, 0, 0]],
    ['a length in four bytes', [0x30, 0x84, 0, 0, 0, 1, 0]],
    ['a length beyond the end', [0x30, 2, 0]],
    ['a tag of several bytes', [0x3f, 0x81, 1, 0]],
    ['a head that is cut off', [0x30]],
    ['a length that is cut off', [0x30, 0x82, 1]],
  ])('has not %s', (_, bytes) => {
    refused(() => only(new Uint8Array(bytes)))
  })

  it('is cut into sequences', () => {
    const one = element(0x30, 5, 0)
    expect(splitSequences(new Uint8Array([...one, ...one]), 2)).toEqual([one, one])
    expect(splitSequences(new Uint8Array(), 2)).toEqual([])
    refused(() => splitSequences(new Uint8Array([...one, ...one]), 1))
    refused(() => splitSequences(new Uint8Array([...one, 5, 0]), 2))
  })

  it('has times of two forms', () => {
    expect(readTime(text(0x17, '500101000000Z'))).toBe(Date.UTC(1950, 0) / 1000)
    expect(readTime(text(0x17, '491231235959Z'))).toBe(Date.UTC(2050, 0) / 1000 - 1)
    expect(readTime(text(0x18, '99991231235959Z'))).toBe(253_402_300_799)
    for (const value of [
      '4912312359Z',
      '491231235959',
      '491231235959+0000',
      '491331235959Z',
      '490230000000Z',
      '491231240000Z',
      '4912312359.5Z',
    ]) {
      refused(() => readTime(text(0x17, value)))
    }
    for (const value of ['20491231235959.5Z', '491231235959Z', '00010101000000Z', '20490229000000Z'])
      refused(() => readTime(text(0x18, value)))
    refused(() => readTime(text(0x13, '491231235959Z')))
  })

  it('has object identifiers and flags', () => {
    expect(readObjectId(only(element(6, 0x55, 0x1d, 0x11)))).toBe('2.5.29.17')
    expect(readObjectId(only(element(6, 0x88, 0x37)))).toBe('2.999')
    const uuid = [0x69, 0x83, 0xf0, ...Array<number>(15).fill(0xff), 0x7f]
    expect(readObjectId(only(element(6, ...uuid)))).toMatch(/^2\.25\.\d{36,}$/)
    for (const bytes of [[], [0x80, 1], [0x55, 0x80, 1], [0x55, 0x81], Array<number>(65).fill(1)])
      refused(() => readObjectId(only(element(6, ...bytes))))
    expect(readFlags(only(element(3, 7, 0x80)))).toBe(1)
    expect(readFlags(only(element(3, 7, 0x06, 0x80)))).toBe(32 + 64 + 256)
    expect(readFlags(only(element(3, 0)))).toBe(0)
    for (const bytes of [[], [1], [8, 0], [1, 1]]) refused(() => readFlags(only(element(3, ...bytes))))
  })
})

describe('an X.509-SVID of one’s own', () => {
  const keyOf = async ({ keys }: Party): Promise<Uint8Array> =>
    new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey))

  it('[G15] [G16] is a chain, the leaf first, and the key of the leaf', async () => {
    const between = await forge({ name: 'CN=between', issuer: root })
    const own = await forgeLeaf(between)
    const svid = await parseX509Svid(Buffer.concat([own.der, between.der]), await keyOf(own), 'main')
    expect(svid).toMatchObject({
      id: { uri: 'spiffe://acme.example/a' },
      expiresAt: NOW + 86_400,
      hint: 'main',
    })
    expect(svid.chain.map(({ der }) => der)).toEqual([own.der, between.der])
    const other = parseX509Svid(own.der, await keyOf(await forgeLeaf(between)))
    await expect(other).rejects.toMatchObject({ code: 'COMITY_X509_SVID_KEY' })
    const ca = parseX509Svid(Buffer.concat([own.der, (await forgeLeaf(root)).der]), await keyOf(own))
    await expect(ca).rejects.toMatchObject({ code: 'COMITY_CERTIFICATE_CONSTRAINT' })
    await expect(parseX509Svid(new Uint8Array(), await keyOf(own))).rejects.toBeInstanceOf(ComityError)
  })

  it('is read from PEM', async () => {
    const [certificate, key] = [
      formatPem('CERTIFICATE', leaf.der),
      formatPem('PRIVATE KEY', await keyOf(leaf)),
    ]
    expect((await parsePemX509Svid(`note\n${key}${certificate}`)).chain).toHaveLength(1)
    expect((await parsePemX509Svid(certificate, key)).id.path).toBe('/a')
    await expect(parsePemX509Svid(key)).rejects.toMatchObject({ code: 'COMITY_CERTIFICATE_MALFORMED' })
    await expect(parsePemX509Svid(certificate)).rejects.toMatchObject({ code: 'COMITY_X509_SVID_KEY' })
    refused(() => parsePem('-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----'))
    refused(() => parsePem('x'.repeat((1 << 20) + 1)))
  })
})

/** What a call gives; undefined where it throws a ComityError. */
function valueOf<Value>(call: () => Value): Value | undefined {
  try {
    return call()
  } catch (error) {
    if (error instanceof ComityError) return undefined
    throw error
  }
}
