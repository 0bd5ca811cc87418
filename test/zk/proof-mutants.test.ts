import { afterAll, describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../src/encoding/index.ts'
import { ComityError, type ComityErrorCode } from '../../src/errors/index.ts'
import {
  encodeComplianceProof,
  parseComplianceProof,
  verifyComplianceProof,
  type ComplianceProofParts,
} from '../../src/zk/index.ts'
import { G1, G2, twistPoint } from './support/points.ts'
import { cases, type ProofCase } from './support/proofs.ts'

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const MUTANTS = 10_000
/** Each is a test of its own, so that a slow machine is no failure. */
const PARTS = 10
/** Every so many mutants are made of sound points, which only the pairing tells from a proof. */
const SOUND_EVERY = 40

/** Numbers from 0 to 1, the same in every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    const mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39)
    return ((mixed ^ (mixed >>> 15)) >>> 0) % below
  }
}

const random = createRandom(7)
const pick = <T>(list: readonly T[]): T => list[random(list.length)]!
const scalar = () => BigInt(1 + random(1_000_000))

/** Mostly in the points: what is changed behind them costs a pairing each time. */
const place = ({ length }: Uint8Array) => random(random(12) === 0 ? length : 257)

/** Changes some bytes, bits, characters or numbers: nearly always to no points at all. */
function mutateText({ text }: ProofCase): string {
  const bytes = decodeBase64url(text)
  switch (random(7)) {
    case 0:
      bytes[place(bytes)]! ^= 1 << random(8)
      return encodeBase64url(bytes)
    case 1:
      bytes[place(bytes)] = random(256)
      return encodeBase64url(bytes)
    case 2: {
      const at = random(text.length)
      return text.slice(0, at) + pick([...BASE64URL]) + text.slice(at + 1)
    }
    case 3: {
      const [from, to] = [random(8), random(8)]
      bytes.copyWithin(1 + 32 * to, 1 + 32 * from, 33 + 32 * from)
      return encodeBase64url(bytes)
    }
    case 4: {
      const other = decodeBase64url(pick(cases).text)
      const at = 1 + 32 * random(8)
      bytes.set(other.subarray(at, at + 32), at)
      return encodeBase64url(bytes)
    }
    case 5:
      return text.slice(0, random(text.length))
    default:
      bytes.fill(pick([0, 255, 48]), 1 + 32 * random(8))
      return encodeBase64url(bytes)
  }
}

/** Puts other points of the right groups in, or other numbers beside them. */
function mutateSoundly({ claim, options, text }: ProofCase): string {
  const { meta } = options.query
  const proof: ComplianceProofParts = parseComplianceProof(text, {
    domain: meta.domain !== undefined,
    auditor: meta.auditor !== undefined,
  })
  const { a, b, c } = claim.proof
  const g1 = () => G1.BASE.multiply(scalar())
  const changes: readonly (() => Partial<ComplianceProofParts>)[] = [
    () => ({ a: g1().toAffine() }),
    () => ({ a: G1.fromAffine(a).negate().toAffine() }),
    () => ({ b: G2.BASE.multiply(scalar()).toAffine() }),
    () => ({ b: G2.fromAffine(b).negate().toAffine() }),
    () => ({ b: G2.fromAffine(b).add(G2.BASE.multiply(scalar())).toAffine() }),
    () => ({ c: g1().toAffine() }),
    () => ({
      c: G1.fromAffine(c)
        .multiplyUnsafe(1n + scalar())
        .toAffine(),
    }),
    () => ({ c: G1.fromAffine(c).add(g1()).toAffine() }),
    () => ({ a: c, c: a }),
    () => ({ c: pick(cases.filter((each) => each.text !== text)).claim.proof.c }),
  ]
  const beside: (() => Partial<ComplianceProofParts>)[] = []
  const { pseudonym, escrow } = proof
  if (pseudonym !== undefined) beside.push(() => ({ pseudonym: pseudonym ^ 1n }))
  if (escrow !== undefined) beside.push(() => ({ escrow: { ...escrow, sealed: escrow.sealed ^ 1n } }))
  return encodeComplianceProof({ ...proof, ...pick([...changes, ...beside])() })
}

const counts = new Map<ComityErrorCode | 'accepted', number>()

const sum = () => [...counts.values()].reduce((total, count) => total + count, 0)

function judge(each: ProofCase, text: string): void {
  let answer: ComityErrorCode | 'accepted' = 'accepted'
  try {
    verifyComplianceProof(text, each.options)
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    answer = error.code
  }
  counts.set(answer, (counts.get(answer) ?? 0) + 1)
}

describe('mutants of valid proofs', () => {
  afterAll(() => {
    console.info('mutants:', Object.fromEntries(counts))
  })

  it.each(Array.from({ length: PARTS }, (_, part) => part))('are made and judged, part %d', (part) => {
    for (let at = 0; at < MUTANTS / PARTS; at++) {
      const each = pick(cases)
      let mutant = each.text
      while (mutant === each.text) mutant = at % SOUND_EVERY === 0 ? mutateSoundly(each) : mutateText(each)
      judge(each, mutant)
    }
    expect(counts.get('accepted')).toBeUndefined()
    expect(sum()).toBe(((part + 1) * MUTANTS) / PARTS)
  })

  it('are not accepted: none of 10,000, of which at least 250 get as far as the pairing', () => {
    expect(sum()).toBe(MUTANTS)
    expect(counts.get('COMITY_ZK_PROOF_INVALID')).toBeGreaterThanOrEqual(MUTANTS / SOUND_EVERY)
    expect([...counts.keys()].toSorted()).toEqual([
      'COMITY_ZK_POINT_INVALID',
      'COMITY_ZK_PROOF_INVALID',
      'COMITY_ZK_PROOF_MALFORMED',
    ])
  })

  it('would be noticed: the proofs themselves are accepted', () => {
    for (const each of cases) expect(() => verifyComplianceProof(each.text, each.options)).not.toThrow()
  })

  it('with points outside of the subgroup do not get as far as the pairing', () => {
    for (const each of cases) {
      const { proof } = each.claim
      for (let seed = 1n; seed < 20n; seed++) {
        const b = twistPoint(seed * 1000n)
        const multiple = G2.fromAffine(proof.b).add(G2.fromAffine(b)).toAffine()
        for (const point of [b, multiple]) {
          const { domain, auditor } = each.options.query.meta
          const parsed = parseComplianceProof(each.text, {
            domain: domain !== undefined,
            auditor: auditor !== undefined,
          })
          const text = encodeComplianceProof({ ...parsed, b: point })
          expect(() => verifyComplianceProof(text, each.options)).toThrow(
            expect.objectContaining({ code: 'COMITY_ZK_POINT_INVALID' }),
          )
        }
      }
    }
  })
})
