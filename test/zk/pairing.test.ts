import { bn254 } from '@noble/curves/bn254.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { finalExponentiation } from '../../src/zk/pairing/final-exponentiation.ts'
import {
  conjugate12,
  equals12,
  frobenius,
  invert12,
  multiply12,
  multiplySparse,
  ONE12,
  square12,
  squareCyclotomic,
  toNoble,
  type Fp12,
} from '../../src/zk/pairing/fp12.ts'
import * as fp2 from '../../src/zk/pairing/fp2.ts'
import {
  isOnTwist,
  linesOf,
  normalizeLines,
  psi,
  X,
  type G2Affine,
  type Lines,
} from '../../src/zk/pairing/lines.ts'
import { millerLoop, type G1Affine } from '../../src/zk/pairing/miller-loop.ts'
import { signedDigits } from '../../src/zk/pairing/naf.ts'
import { COFACTOR, G1, G2, multiply, R, SMALL_ORDERS, smallPoint, twistPoint } from './support/points.ts'

const { Fp2, Fp12 } = bn254.fields
const { P } = fp2

// Lazy elements have coordinates from −p to p; some are at the ends.
const coordinate = fc.oneof(
  { weight: 4, arbitrary: fc.bigInt({ min: 1n - P, max: P - 1n }) },
  fc.constantFrom(0n, 1n, -1n, P - 1n, 1n - P),
)
const element = fc.record({ c0: coordinate, c1: coordinate })
const quartic = fc.record({ a: element, b: element })
const dodecic = fc.record({ a: quartic, b: quartic, c: quartic })
const scalar = fc.bigInt({ min: 1n, max: R - 1n })

/** Like noble's element, with coordinates reduced. */
const noble2 = (x: fp2.Fp2) => fp2.canonical(x)

function same(ours: Fp12, theirs: ReturnType<typeof toNoble>): boolean {
  return Fp12.eql(toNoble(ours), theirs)
}

function linesAt(point: InstanceType<typeof G2>): Lines {
  const lines = linesOf(point.toAffine())
  if (lines === undefined) throw new Error('the point is in the subgroup')
  return lines
}

const pairing = (point: G1Affine, lines: Lines) => finalExponentiation(millerLoop([{ point, lines }]))

describe('the field of degree two', () => {
  it('computes what noble computes', () => {
    fc.assert(
      fc.property(element, element, (x, y) => {
        const [a, b] = [noble2(x), noble2(y)]
        const pairs: [fp2.Fp2, fp2.Fp2][] = [
          [fp2.add(x, y), Fp2.add(a, b)],
          [fp2.subtract(x, y), Fp2.sub(a, b)],
          [fp2.negate(x), Fp2.neg(a)],
          [fp2.multiply(x, y), Fp2.mul(a, b)],
          [fp2.square(x), Fp2.sqr(a)],
          [fp2.timesXi(x), Fp2.mul(a, { c0: 9n, c1: 1n })],
          [fp2.conjugate(x), Fp2.frobeniusMap(a, 1)],
          [fp2.scale(x, 12n), Fp2.mul(a, 12n)],
          [fp2.power(x, 65_537n), Fp2.pow(a, 65_537n)],
        ]
        if (!Fp2.is0(a)) pairs.push([fp2.invert(x), Fp2.inv(a)])
        for (const [ours, theirs] of pairs) expect(fp2.canonical(ours)).toEqual({ ...theirs })
        expect(fp2.equals(x, y)).toBe(Fp2.eql(a, b))
        expect(fp2.equals(x, { c0: x.c0 + P, c1: x.c1 - P })).toBe(true)
      }),
    )
  })

  it('inverts zero to zero', () => {
    expect(fp2.invertNumber(0n)).toBe(0n)
    expect(fp2.invertNumber(P)).toBe(0n)
  })
})

describe('the field of degree twelve', () => {
  it('computes what noble computes', () => {
    fc.assert(
      fc.property(dodecic, dodecic, (x, y) => {
        const [a, b] = [toNoble(x), toNoble(y)]
        expect(same(multiply12(x, y), Fp12.mul(a, b))).toBe(true)
        expect(same(square12(x), Fp12.sqr(a))).toBe(true)
        expect(same(conjugate12(x), Fp12.conjugate(a))).toBe(true)
        expect(same(frobenius(x), Fp12.frobeniusMap(a, 1))).toBe(true)
        expect(same(invert12(x), Fp12.inv(a))).toBe(true)
        expect(equals12(x, y)).toBe(Fp12.eql(a, b))
        expect(equals12(x, x)).toBe(true)
      }),
    )
  })

  it('tells elements apart that differ in one coordinate', () => {
    const one = { c0: 1n, c1: 0n }
    const zero = { c0: 0n, c1: 0n }
    const changes = Array.from({ length: 6 }, (_, at) => {
      const [a, b, c, d, e, f] = Array.from({ length: 6 }, (_, each) => (each === at ? one : zero))
      return { a: { a: a!, b: b! }, b: { a: c!, b: d! }, c: { a: e!, b: f! } }
    })
    for (const [at, x] of changes.entries()) {
      expect(equals12(x, ONE12)).toBe(at === 0)
      for (const [other, y] of changes.entries()) expect(equals12(x, y)).toBe(at === other)
    }
  })

  it('multiplies by sparse elements as by others', () => {
    const zero = { c0: 0n, c1: 0n }
    fc.assert(
      fc.property(dodecic, element, element, element, (x, w0, w1, w3) => {
        const sparse = (a: fp2.Fp2) => ({ a: { a, b: w3 }, b: { a: w1, b: zero }, c: { a: zero, b: zero } })
        expect(equals12(multiplySparse(x, w1, w3, w0), multiply12(x, sparse(w0)))).toBe(true)
        expect(equals12(multiplySparse(x, w1, w3), multiply12(x, sparse(fp2.ONE)))).toBe(true)
      }),
    )
  })

  it('squares faster where the easy part of the final exponentiation was done', () => {
    fc.assert(
      fc.property(dodecic, (x) => {
        const easy = multiply12(conjugate12(x), invert12(x))
        const cyclotomic = multiply12(frobenius(frobenius(easy)), easy)
        expect(equals12(squareCyclotomic(cyclotomic), square12(cyclotomic))).toBe(true)
      }),
      { numRuns: 20 },
    )
  })
})

describe('signed digits', () => {
  it('add up, are sparse and below half of the base', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 2n ** 80n }), fc.integer({ min: 2, max: 6 }), (value, width) => {
        const digits = signedDigits(value, width)
        expect(digits.reduce((sum, digit) => 2n * sum + BigInt(digit), 0n)).toBe(value)
        for (const [at, digit] of digits.entries()) {
          if (digit === 0) continue
          expect(Math.abs(digit % 2)).toBe(1)
          expect(Math.abs(digit)).toBeLessThan(2 ** (width - 1))
          expect(digits.slice(at + 1, at + width).every((next) => next === 0)).toBe(true)
        }
      }),
    )
  })
})

describe('pairings', () => {
  it('have the values that noble has', () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        const [p, q] = [G1.BASE.multiply(a), G2.BASE.multiply(b)]
        const theirs = bn254.pairing(p, q)
        expect(same(pairing(p.toAffine(), linesAt(q)), theirs)).toBe(true)
        expect(same(pairing(p.toAffine(), normalizeLines(linesAt(q))), theirs)).toBe(true)
      }),
      { numRuns: 10 },
    )
  })

  it('are computed together', () => {
    const pairs = [3n, 5n, 7n].map((at) => ({ p: G1.BASE.multiply(at), q: G2.BASE.multiply(at + 1n) }))
    const together = millerLoop(
      pairs.map(({ p, q }, at) => ({
        point: p.toAffine(),
        lines: at === 1 ? linesAt(q) : normalizeLines(linesAt(q)),
      })),
    )
    const theirs = bn254.pairingBatch(pairs.map(({ p, q }) => ({ g1: p, g2: q })))
    expect(same(finalExponentiation(together), theirs)).toBe(true)
  })

  it('are bilinear and not degenerate', () => {
    const [a, b] = [1_234_567_891_011n, 987_654_321n]
    const one = pairing(G1.BASE.multiply(a).toAffine(), linesAt(G2.BASE.multiply(b)))
    const other = pairing(G1.BASE.multiply(a * b).toAffine(), linesAt(G2.BASE))
    expect(equals12(one, other)).toBe(true)
    expect(equals12(one, ONE12)).toBe(false)
    const inverse = millerLoop([
      { point: G1.BASE.toAffine(), lines: linesAt(G2.BASE) },
      { point: G1.BASE.negate().toAffine(), lines: linesAt(G2.BASE) },
    ])
    expect(equals12(finalExponentiation(inverse), ONE12)).toBe(true)
  })
})

describe('the subgroup of the twist', () => {
  it('has all points that the check lets through: the norm of the endomorphism has nothing but r in common with the order', () => {
    // In ℤ[ψ], where ψ² = tψ − p, computed as a + bψ.
    const t = 6n * X * X + 1n
    const powers: [bigint, bigint][] = [[1n, 0n]]
    for (let at = 0; at < 3; at++) {
      const [a, b] = powers[at]!
      powers.push([-b * P, a + b * t])
    }
    const sum = (part: 0 | 1) =>
      [6n * X + 2n, 1n, -1n, 1n].reduce((total, factor, at) => total + factor * powers[at]![part], 0n)
    const [a, b] = [sum(0), sum(1)]
    const norm = a * a + a * b * t + b * b * P
    expect(P + 1n - t).toBe(R)
    expect(greatestCommonDivisor(norm, COFACTOR * R)).toBe(R)
    expect(COFACTOR % R).not.toBe(0n)
  })

  it('is on a twist with as many points as that, on which ψ satisfies its equation', () => {
    const t = 6n * X * X + 1n
    for (const seed of [11n, 23n, 35n]) {
      const q = twistPoint(seed)
      expect(isOnTwist(q)).toBe(true)
      expect(multiply(G2.fromAffine(q), COFACTOR * R).is0()).toBe(true)
      const pointOf = ({ x, y }: G2Affine) => G2.fromAffine({ x: fp2.canonical(x), y: fp2.canonical(y) })
      const once = pointOf(psi(q))
      const twice = pointOf(psi(psi(q)))
      const rest = multiply(G2.fromAffine(q), P)
      expect(twice.add(rest).equals(multiply(once, t))).toBe(true)
    }
  })

  it('is told from the rest of the twist as the multiplication by r tells it', () => {
    let outside = 0
    for (let seed = 100n; seed < 160n; seed += 3n) {
      const q = twistPoint(seed)
      const inside = multiply(G2.fromAffine(q), R).is0()
      expect(linesOf(q) !== undefined).toBe(inside)
      if (!inside) outside++
      const cleared = multiply(G2.fromAffine(q), COFACTOR).toAffine()
      expect(linesOf(cleared)).toBeDefined()
    }
    expect(outside).toBeGreaterThan(0)
  })

  it.each(SMALL_ORDERS)('has no point of order %d, and none with a part of that order', (order) => {
    expect(COFACTOR % order).toBe(0n)
    for (const seed of [1n, 301n]) {
      const small = smallPoint(order, seed)
      expect(isOnTwist(small)).toBe(true)
      expect(multiply(G2.fromAffine(small), order).is0()).toBe(true)
      expect(linesOf(small)).toBeUndefined()
      for (const factor of [1n, 2n, 77n]) {
        const mixed = G2.BASE.multiply(factor + 1n).add(G2.fromAffine(small).multiplyUnsafe(factor))
        expect(linesOf(mixed.toAffine())).toBeUndefined()
      }
    }
  })

  it('is not asked about points that are not on the twist', () => {
    const { x, y } = G2.BASE.toAffine()
    expect(isOnTwist({ x, y })).toBe(true)
    expect(isOnTwist({ x: y, y: x })).toBe(false)
    expect(isOnTwist({ x, y: fp2.add(y, fp2.ONE) })).toBe(false)
    expect(isOnTwist({ x: { c0: 0n, c1: 0n }, y: { c0: 0n, c1: 0n } })).toBe(false)
  })
})

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}
