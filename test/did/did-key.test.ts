import { p256 } from '@noble/curves/nist.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  didKeyFromJwk,
  findVerificationKey,
  parseDidDocument,
  type DidDocument,
} from '../../src/did/index.ts'
import { expandDidKey } from '../../src/did/method-key.ts'
import {
  concatBytes,
  decodeMultibase,
  encodeBase64url,
  encodeMultibase,
  encodeMulticodec,
} from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { generateSigner, parsePublicJwk } from '../../src/keys/index.ts'
import { codeOf } from '../support/codes.ts'

const resolve = (did: string): DidDocument => parseDidDocument(expandDidKey(did), did)

const ED25519 = 'did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp'

/** A point of order 8 on the curve of Ed25519. */
const SMALL_ORDER = Uint8Array.from(
  Buffer.from('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'hex'),
)
const keyOf = (code: number, key: Uint8Array): string =>
  `did:key:${encodeMultibase(encodeMulticodec(code, key))}`

describe('did:key', () => {
  it('takes the same key in compressed form', () => {
    const did = keyOf(0x1200, p256.getPublicKey(new Uint8Array(32).fill(7), true))
    expect(resolve(did).verificationMethod[0]?.publicKey?.crv).toBe('P-256')
  })

  it.each(['Ed25519', 'ES256', 'ES384'] as const)('names a new %s key, and finds it again', async (alg) => {
    const { publicJwk } = await generateSigner({ alg })
    const { kty, crv, x, y } = publicJwk
    const did = didKeyFromJwk(publicJwk)
    const key = findVerificationKey(resolve(did), `${did}#${did.slice('did:key:'.length)}`, 'authentication')
    expect(key).toEqual({ kty, crv, x, ...(y !== undefined && { y }) })
  })

  it('keeps an Ed25519 key and its X25519 key apart', () => {
    const document = resolve(ED25519)
    const [agreement = ''] = document.keyAgreement
    expect(findVerificationKey(document, agreement, 'keyAgreement').crv).toBe('X25519')
    expect(codeOf(() => findVerificationKey(document, agreement, 'authentication'))).toBe(
      'COMITY_DID_KEY_RELATIONSHIP',
    )
    const signing = `${ED25519}#${ED25519.slice('did:key:'.length)}`
    expect(codeOf(() => findVerificationKey(document, signing, 'keyAgreement'))).toBe(
      'COMITY_DID_KEY_RELATIONSHIP',
    )
  })

  it.each([
    ['base64url', `did:key:u${encodeBase64url(decodeMultibase(ED25519.slice(8)))}`],
    ['a point of small order', keyOf(0xed, new Uint8Array(32))],
    ['a point of order 8', keyOf(0xed, SMALL_ORDER)],
    ['an X25519 key of small order', keyOf(0xec, new Uint8Array(32))],
    ['a version', `did:key:1.1:${ED25519.slice(8)}`],
    ['an uncompressed point', keyOf(0x1200, p256.getPublicKey(new Uint8Array(32).fill(7), false))],
    [
      'a varint that is too long',
      `did:key:${encodeMultibase(concatBytes(Uint8Array.of(0xed, 0x81, 0x00), decodeMultibase(ED25519.slice(8)).subarray(2)))}`,
    ],
    ['another method', 'did:web:acme.example'],
    ['nothing', 'did:key:z'],
  ])('refuses %s', (_name, did) => {
    expect(codeOf(() => resolve(did))).toBe('COMITY_DID_INVALID')
  })

  /** Each DID that is taken says its key in one spelling. */
  function hasOneSpelling(expand: (did: string) => DidDocument): void {
    const base58 = fc.constantFrom(
      ...Array.from('123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0OIl%.-_'),
    )
    const end = ED25519.length - 1
    const at = fc.oneof(fc.constantFrom(8, 9, 10, 11, end - 1, end), fc.integer({ min: 8, max: end }))
    const edit = fc.constantFrom('replace', 'insert', 'delete')
    fc.assert(
      fc.property(at, base58, edit, (index, character, kind) => {
        const rest = ED25519.slice(kind === 'insert' ? index : index + 1)
        const forged = `${ED25519.slice(0, index)}${kind === 'delete' ? '' : character}${rest}`
        fc.pre(forged !== ED25519)
        let document: DidDocument
        try {
          document = expand(forged)
        } catch (error) {
          expect(error).toBeInstanceOf(ComityError)
          expect(error).toHaveProperty('code', 'COMITY_DID_INVALID')
          return
        }
        expect(document.id).toBe(forged)
        expect(didKeyFromJwk(parsePublicJwk(document.verificationMethod[0]?.publicKey))).toBe(forged)
      }),
      { numRuns: 1000 },
    )
  }

  it('says each key in one spelling', () => {
    hasOneSpelling(resolve)
  })

  it('would be caught if it passed over characters', () => {
    expect(() => hasOneSpelling((did) => resolve(did.replace(/[.%_0-]/g, '')))).toThrow()
  })
})
