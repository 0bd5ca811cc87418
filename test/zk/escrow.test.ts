import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../src/encoding/index.ts'
import {
  babyJubJubJwk,
  FIELD_ORDER,
  generateAuditorKey,
  multiplyBase,
  openEscrow,
  parseBabyJubJubJwk,
  SUBGROUP_ORDER,
  verifyComplianceProof,
} from '../../src/zk/index.ts'
import { bytesToNumber, numberToBytes } from '../../src/zk/fields.ts'
import { encodeEscrow } from '../../src/zk/escrow.ts'
import { codeOf } from '../support/codes.ts'
import { auditor, caseOf, cases } from './support/proofs.ts'

const MALFORMED = 'COMITY_ZK_ESCROW_MALFORMED'
const sealed = cases.filter(({ options }) => options.auditor !== undefined)
const ciphertextOf = ({ text, options }: (typeof cases)[number]) =>
  verifyComplianceProof(text, options).escrow!.ciphertext

describe('openEscrow', () => {
  it.each(sealed)('opens what the circuit sealed: "$id"', (each) => {
    expect(openEscrow(ciphertextOf(each), auditor.privateKey)).toBe(each.credentialDigest)
  })

  it('opens the proofs of one credential to one digest, and their ciphertexts are unlike', () => {
    const [first, second] = sealed.map(ciphertextOf)
    expect(first).not.toBe(second)
    expect(openEscrow(first!, auditor.privateKey)).toBe(openEscrow(second!, auditor.privateKey))
  })

  it('says nothing to who has another key', () => {
    const each = caseOf('auditor')
    const { privateKey } = generateAuditorKey()
    expect(openEscrow(ciphertextOf(each), privateKey)).not.toBe(each.credentialDigest)
  })

  it('refuses points that would tell something of the key', () => {
    const low = [
      { x: 0n, y: 1n },
      { x: 0n, y: FIELD_ORDER - 1n }, // of order 2
      { x: 1n, y: 1n }, // not on the curve
      // The curve's generator, of order 8·l.
      {
        x: 995203441582195749578291179787384436505546430278305826713579947235728471134n,
        y: 5472060717959818805561601436314318772137091100104008585924551046643952123905n,
      },
    ]
    for (const c1 of low) {
      const text = encodeEscrow({ c1, sealed: 5n })
      expect(codeOf(() => openEscrow(text, auditor.privateKey))).toBe(MALFORMED)
    }
    const text = encodeEscrow({ c1: multiplyBase(3n), sealed: 5n })
    expect(codeOf(() => openEscrow(text, auditor.privateKey))).toBeUndefined()
  })

  it('refuses numbers with a second spelling', () => {
    const { x, y } = multiplyBase(3n)
    for (const escrow of [
      { c1: { x, y }, sealed: FIELD_ORDER },
      { c1: { x: x + FIELD_ORDER, y }, sealed: 5n },
      { c1: { x, y: y + FIELD_ORDER }, sealed: 5n },
    ]) {
      expect(codeOf(() => openEscrow(encodeEscrow(escrow), auditor.privateKey))).toBe(MALFORMED)
    }
  })

  it('answers any text with a number or with its code', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.uint8Array({ minLength: 96, maxLength: 96 }).map(encodeBase64url),
      fc.anything() as fc.Arbitrary<string>,
    )
    fc.assert(
      fc.property(any, (text) => {
        expect(codeOf(() => openEscrow(text, auditor.privateKey))).toBe(MALFORMED)
      }),
      { numRuns: 500 },
    )
  })

  it('takes private keys alone', () => {
    const text = ciphertextOf(caseOf('auditor'))
    for (const key of [
      new Uint8Array(32),
      new Uint8Array(31).fill(1),
      new Uint8Array(33).fill(1),
      numberToBytes(SUBGROUP_ORDER, 32),
      new Uint8Array(32).fill(255),
      'secret' as unknown as Uint8Array,
    ]) {
      expect(() => openEscrow(text, key)).toThrow(TypeError)
    }
  })
})

describe('generateAuditorKey', () => {
  it('makes a key that a demand can name', () => {
    const { privateKey, jwk } = generateAuditorKey()
    const scalar = bytesToNumber(privateKey)
    expect(privateKey).toHaveLength(32)
    expect(scalar).toBeLessThan(2n ** 250n)
    expect(babyJubJubJwk(multiplyBase(scalar))).toEqual(jwk)
    expect(parseBabyJubJubJwk(jwk)).toEqual(multiplyBase(scalar))
    expect(jwk).not.toHaveProperty('d')
    expect(generateAuditorKey().jwk).not.toEqual(jwk)
  })
})
