import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../src/encoding/index.ts'
import { encodeComplianceProof, FIELD_ORDER, parseComplianceProof } from '../../src/zk/index.ts'
import { P } from '../../src/zk/pairing/fp2.ts'
import { codeOf } from '../support/codes.ts'
import { caseOf, cases } from './support/proofs.ts'

const MALFORMED = 'COMITY_ZK_PROOF_MALFORMED'
const FORMS = [false, true].flatMap((domain) => [false, true].map((auditor) => ({ domain, auditor })))
const bytesOf = ({ domain, auditor }: (typeof FORMS)[number]) =>
  1 + 32 * (8 + (domain ? 1 : 0) + (auditor ? 3 : 0))
const number = (below: bigint) =>
  fc.oneof(fc.bigInt({ min: 0n, max: below - 1n }), fc.constantFrom(0n, 1n, below - 1n))
const fp2 = fc.record({ c0: number(P), c1: number(P) })
const g1 = fc.record({ x: number(P), y: number(P) })
const parts = fc.record(
  {
    a: g1,
    b: fc.record({ x: fp2, y: fp2 }),
    c: g1,
    pseudonym: number(FIELD_ORDER),
    escrow: fc.record({
      c1: fc.record({ x: number(FIELD_ORDER), y: number(FIELD_ORDER) }),
      sealed: number(FIELD_ORDER),
    }),
  },
  { requiredKeys: ['a', 'b', 'c'] },
)
const form = fc.constantFrom(...FORMS)
const { text, options } = caseOf('pseudonym and auditor')
const both = { domain: true, auditor: true }
const bytes = decodeBase64url(text)

describe('a proof on the wire', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(parts, (proof) => {
        const written = encodeComplianceProof(proof)
        const implied = { domain: proof.pseudonym !== undefined, auditor: proof.escrow !== undefined }
        const { unverified, ...read } = parseComplianceProof(written, implied)
        expect(unverified).toBe(true)
        expect(read).toEqual(proof)
        expect(encodeComplianceProof(read)).toBe(written)
        for (const other of FORMS) {
          const same = other.domain === implied.domain && other.auditor === implied.auditor
          expect(codeOf(() => parseComplianceProof(written, other))).toBe(same ? undefined : MALFORMED)
        }
      }),
    )
  })

  it('has the layout of the specification', () => {
    const pairs = Array.from({ length: 12 }, (_, at) => BigInt(at + 1))
    const [ax, ay, bx0, bx1, by0, by1, cx, cy, pseudonym, x, y, sealed] = pairs as [bigint, ...bigint[]]
    const proof = {
      a: { x: ax, y: ay! },
      b: { x: { c0: bx0!, c1: bx1! }, y: { c0: by0!, c1: by1! } },
      c: { x: cx!, y: cy! },
      pseudonym: pseudonym!,
      escrow: { c1: { x: x!, y: y! }, sealed: sealed! },
    }
    const expected = `01${pairs.map((each) => each.toString(16).padStart(64, '0')).join('')}`
    expect(encodeComplianceProof(proof)).toBe(encodeBase64url(Buffer.from(expected, 'hex')))
  })

  it.each(FORMS)('has one length for each form: %o', (each) => {
    const right = new Uint8Array(bytesOf(each))
    right[0] = 1
    expect(codeOf(() => parseComplianceProof(encodeBase64url(right), each))).toBeUndefined()
    for (const length of [0, 1, right.length - 32, right.length - 1, right.length + 1, right.length + 32]) {
      const wrong = new Uint8Array(length)
      if (length > 0) wrong[0] = 1
      expect(codeOf(() => parseComplianceProof(encodeBase64url(wrong), each))).toBe(MALFORMED)
    }
  })

  it('is frozen when read', () => {
    const read = parseComplianceProof(text, both)
    for (const each of [read, read.a, read.b, read.b.x, read.b.y, read.c, read.escrow, read.escrow?.c1]) {
      expect(Object.isFrozen(each)).toBe(true)
    }
  })

  it('is of no other version', () => {
    for (const version of [0, 2, 129, 255]) {
      const other = Uint8Array.from(bytes)
      other[0] = version
      expect(codeOf(() => parseComplianceProof(encodeBase64url(other), both))).toBe(MALFORMED)
    }
  })

  it('has no second spelling of a number', () => {
    for (let at = 0; at < 12; at++) {
      const order = at < 8 ? P : FIELD_ORDER
      for (const value of [order, order + 1n, 2n ** 256n - 1n, numberAt(at) + order]) {
        expect(codeOf(() => parseComplianceProof(withNumber(at, value), both))).toBe(MALFORMED)
      }
      expect(codeOf(() => parseComplianceProof(withNumber(at, order - 1n), both))).toBeUndefined()
    }
  })

  it('has no second spelling of its text', () => {
    const last = text.length - 1
    const others = [
      `${text}=`,
      `${text}A`,
      `${text}\n`,
      ` ${text}`,
      text.slice(0, last),
      text.slice(1),
      text.replace(/[-_]/, '+'),
      `${text.slice(0, 5)}\u0000${text.slice(6)}`,
      `${text.slice(0, 5)}é${text.slice(6)}`,
    ]
    for (const other of others) expect(codeOf(() => parseComplianceProof(other, both))).toBe(MALFORMED)
    const plain = caseOf('plain').text
    // 257 bytes leave four spare bits in the last character.
    const spare = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const next = spare[spare.indexOf(plain.at(-1)!) + 1] ?? 'A'
    const none = { domain: false, auditor: false }
    expect(codeOf(() => parseComplianceProof(plain.slice(0, -1) + next, none))).toBe(MALFORMED)
  })

  it('answers any text with the numbers or with its code', () => {
    const any = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 700 }),
      form.chain((each) =>
        fc.uint8Array({ minLength: bytesOf(each), maxLength: bytesOf(each) }).map(encodeBase64url),
      ),
      fc.uint8Array({ maxLength: 500 }).map(encodeBase64url),
      fc.anything() as fc.Arbitrary<string>,
    )
    fc.assert(
      fc.property(any, form, (each, implied) => {
        const code = codeOf(() => {
          expect(encodeComplianceProof(parseComplianceProof(each, implied))).toBe(each)
        })
        expect([undefined, MALFORMED]).toContain(code)
      }),
      { numRuns: 2000 },
    )
  })

  it('does not tell a number in its error', () => {
    const other = withNumber(3, P)
    let message = ''
    try {
      parseComplianceProof(other, both)
    } catch (error) {
      message = JSON.stringify(error)
    }
    expect(message).toContain(MALFORMED)
    expect(message).not.toMatch(/\d{20}|[A-Za-z0-9_-]{40}/)
  })

  it('of the fixtures has the form that its query implies', () => {
    for (const each of cases) {
      const { meta } = each.options.query
      const implied = { domain: meta.domain !== undefined, auditor: meta.auditor !== undefined }
      expect(codeOf(() => parseComplianceProof(each.text, implied))).toBeUndefined()
    }
    expect(options.query.meta).toMatchObject({ domain: options.audience })
  })
})

function numberAt(at: number): bigint {
  return BigInt(`0x${Buffer.from(bytes.subarray(1 + at * 32, 33 + at * 32)).toString('hex')}`)
}

function withNumber(at: number, value: bigint): string {
  const changed = Uint8Array.from(bytes)
  changed.set(Buffer.from((value % 2n ** 256n).toString(16).padStart(64, '0'), 'hex'), 1 + at * 32)
  return encodeBase64url(changed)
}
