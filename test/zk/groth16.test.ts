import { afterAll, describe, expect, it } from 'vitest'
import {
  DEVELOPMENT_VERIFICATION_KEY,
  FIELD_ORDER,
  verifyGroth16,
  verifyGroth16Batch,
  verifyGroth16Each,
  type Groth16Claim,
  type Groth16Proof,
} from '../../src/zk/index.ts'
import { P } from '../../src/zk/pairing/fp2.ts'
import type { G2Affine } from '../../src/zk/pairing/lines.ts'
import { codeOf } from '../support/codes.ts'
import { G1, G2, rerandomize, SMALL_ORDERS, smallPoint, twistPoint } from './support/points.ts'
import { cases, verificationKey as key } from './support/proofs.ts'
import { groth16, stopSnarkjs } from './support/snarkjs.ts'
import { snarkjsProof } from './support/snarkjs-form.ts'

afterAll(stopSnarkjs)

const [first, second] = cases.map(({ claim }) => claim) as [Groth16Claim, Groth16Claim]
const { proof, publicInputs } = first
const [statement = 0n] = publicInputs
const delta = pointOf(DEVELOPMENT_VERIFICATION_KEY['vk_delta_2'])
const zero2 = { c0: 0n, c1: 0n }

function pointOf(json: unknown): G2Affine {
  const [x, y] = json as [[string, string], [string, string]]
  return {
    x: { c0: BigInt(x[0]), c1: BigInt(x[1]) },
    y: { c0: BigInt(y[0]), c1: BigInt(y[1]) },
  }
}

/** What snarkjs says of a claim. */
function oracle({ proof: each, publicInputs: inputs }: Groth16Claim): Promise<boolean> {
  return groth16.verify(DEVELOPMENT_VERIFICATION_KEY, inputs.map(String), snarkjsProof(each))
}

/** True or false, or the code of the error. */
function answer(each: Groth16Proof, inputs: readonly bigint[] = publicInputs): string {
  let result = ''
  const code = codeOf(() => {
    result = String(verifyGroth16(key, each, inputs))
  })
  return code ?? result
}

const negated1 = ({ x, y }: Groth16Proof['a']) => ({ x, y: (P - y) % P })
const negated2 = ({ x, y }: G2Affine) => ({ x, y: { c0: (P - y.c0) % P, c1: (P - y.c1) % P } })

describe('verifyGroth16', () => {
  it.each(cases)('accepts the proof "$id", as snarkjs does', async ({ claim }) => {
    expect(verifyGroth16(key, claim.proof, claim.publicInputs)).toBe(true)
    expect(await oracle(claim)).toBe(true)
  })

  it('accepts what anybody can make of a valid proof: the scheme allows it', async () => {
    const others = [
      { ...proof, a: negated1(proof.a), b: negated2(proof.b) },
      rerandomize(proof, delta, 1n, 0n),
      rerandomize(proof, delta, 0xabcdefn, 0n),
      rerandomize(proof, delta, 1n, 77n),
      rerandomize(proof, delta, 12_345n, 678_910n),
    ]
    for (const other of others) {
      expect(answer(other)).toBe('true')
      expect(await oracle({ proof: other, publicInputs })).toBe(true)
    }
    expect(new Set(others.map(({ a }) => a.y)).size).toBe(4)
  })

  const false_: readonly (readonly [string, Groth16Proof])[] = [
    ['A negated', { ...proof, a: negated1(proof.a) }],
    ['B negated', { ...proof, b: negated2(proof.b) }],
    ['C negated', { ...proof, c: negated1(proof.c) }],
    ['all negated', { a: negated1(proof.a), b: negated2(proof.b), c: negated1(proof.c) }],
    ['A and C swapped', { ...proof, a: proof.c, c: proof.a }],
    ['A twice', { ...proof, c: proof.a }],
    ['A of another proof', { ...proof, a: second.proof.a }],
    ['B of another proof', { ...proof, b: second.proof.b }],
    ['C of another proof', { ...proof, c: second.proof.c }],
    ['the generators', { a: G1.BASE.toAffine(), b: G2.BASE.toAffine(), c: G1.BASE.toAffine() }],
    ['A plus the generator', { ...proof, a: G1.fromAffine(proof.a).add(G1.BASE).toAffine() }],
    ['B plus the generator', { ...proof, b: G2.fromAffine(proof.b).add(G2.BASE).toAffine() }],
    ['the proof of another claim', second.proof],
  ]

  it.each(false_)('refuses %s, as snarkjs does', async (_, each) => {
    expect(answer(each)).toBe('false')
    expect(await oracle({ proof: each, publicInputs })).toBe(false)
  })

  it.each([
    ['the next number', statement + 1n],
    ['zero', 0n],
    ['one', 1n],
    ['the highest number', FIELD_ORDER - 1n],
    ['the negative', FIELD_ORDER - statement],
    ['the other claim', second.publicInputs[0]!],
  ])('refuses another statement: %s', async (_, input) => {
    expect(answer(proof, [input])).toBe('false')
    expect(await oracle({ proof, publicInputs: [input] })).toBe(false)
  })

  it.each([
    ['plus the order', [statement + FIELD_ORDER]],
    ['plus twice the order', [statement + 2n * FIELD_ORDER]],
    ['minus the order', [statement - FIELD_ORDER]],
    ['the order', [FIELD_ORDER]],
    ['a negative number', [-1n]],
    ['none', []],
    ['one too many', [statement, 0n]],
    ['no bigint', [Number(statement) as unknown as bigint]],
  ])('refuses public inputs that are not canonical: %s', (_, inputs) => {
    expect(answer(proof, inputs)).toBe('COMITY_ZK_PUBLIC_INPUT_INVALID')
  })

  const coordinates: readonly (readonly [string, (change: (value: bigint) => bigint) => Groth16Proof])[] = [
    ['A.x', (change) => ({ ...proof, a: { ...proof.a, x: change(proof.a.x) } })],
    ['A.y', (change) => ({ ...proof, a: { ...proof.a, y: change(proof.a.y) } })],
    ['C.x', (change) => ({ ...proof, c: { ...proof.c, x: change(proof.c.x) } })],
    ['C.y', (change) => ({ ...proof, c: { ...proof.c, y: change(proof.c.y) } })],
    ['B.x.c0', (change) => withB({ x: { ...proof.b.x, c0: change(proof.b.x.c0) } })],
    ['B.x.c1', (change) => withB({ x: { ...proof.b.x, c1: change(proof.b.x.c1) } })],
    ['B.y.c0', (change) => withB({ y: { ...proof.b.y, c0: change(proof.b.y.c0) } })],
    ['B.y.c1', (change) => withB({ y: { ...proof.b.y, c1: change(proof.b.y.c1) } })],
  ]

  function withB(change: Partial<G2Affine>): Groth16Proof {
    return { ...proof, b: { ...proof.b, ...change } }
  }

  it.each(coordinates)('refuses %s plus p, and anything else off the curve', (_, make) => {
    for (const change of [
      (value: bigint) => value + P, // the same point, another spelling
      (value: bigint) => value - P,
      (value: bigint) => value + 1n,
      () => 0n,
      () => P,
      () => 2n ** 256n - 1n,
      () => -1n,
      (value: bigint) => Number(value) as unknown as bigint,
    ]) {
      expect(answer(make(change))).toBe('COMITY_ZK_POINT_INVALID')
    }
  })

  it.each<readonly [string, Groth16Proof]>([
    ['all zero', { a: { x: 0n, y: 0n }, b: { x: zero2, y: zero2 }, c: { x: 0n, y: 0n } }],
    ['A at infinity', { ...proof, a: { x: 0n, y: 0n } }],
    ['A at infinity, as snarkjs writes it', { ...proof, a: { x: 0n, y: 1n } }],
    ['B at infinity', { ...proof, b: { x: zero2, y: zero2 } }],
    ['B at infinity, as snarkjs writes it', { ...proof, b: { x: zero2, y: { c0: 1n, c1: 0n } } }],
    ['C at infinity', { ...proof, c: { x: 0n, y: 0n } }],
    ['C at infinity, as snarkjs writes it', { ...proof, c: { x: 0n, y: 1n } }],
    ['coordinates of B swapped', { ...proof, b: { x: proof.b.y, y: proof.b.x } }],
    [
      'parts of the coordinates of B swapped',
      {
        ...proof,
        b: {
          x: { c0: proof.b.x.c1, c1: proof.b.x.c0 },
          y: { c0: proof.b.y.c1, c1: proof.b.y.c0 },
        },
      },
    ],
    ['B outside of the subgroup', { ...proof, b: twistPoint(5n) }],
    ...SMALL_ORDERS.flatMap((order): (readonly [string, Groth16Proof])[] => {
      const small = smallPoint(order, 9n)
      const mixed = G2.fromAffine(proof.b).add(G2.fromAffine(small)).toAffine()
      return [
        [`B of order ${String(order)}`, { ...proof, b: small }],
        [`B plus a point of order ${String(order)}`, { ...proof, b: mixed }],
      ]
    }),
  ])('refuses a point that is none: %s', (_, each) => {
    expect(answer(each)).toBe('COMITY_ZK_POINT_INVALID')
  })

  it('takes no key but one that was parsed', () => {
    expect(() => verifyGroth16({ ...key }, proof, publicInputs)).toThrow(TypeError)
  })
})

describe('verifyGroth16Batch', () => {
  const sixteen = Array.from({ length: 16 }, (_, at) => cases[at % cases.length]!.claim)
  const badAt = (at: number, bad: Groth16Claim) => sixteen.with(at, bad)
  const false_: Groth16Claim = { proof, publicInputs: [statement + 1n] }

  it('accepts 1, 2 and 16 valid proofs', () => {
    expect(verifyGroth16Batch(key, [first])).toBe(true)
    expect(verifyGroth16Batch(key, [first, second])).toBe(true)
    expect(verifyGroth16Batch(key, sixteen)).toBe(true)
  })

  it.each([0, 7, 15])('refuses one false proof among 16, at %d', (at) => {
    expect(verifyGroth16Batch(key, badAt(at, false_))).toBe(false)
    const answers = verifyGroth16Each(key, badAt(at, false_))
    expect(answers).toEqual(sixteen.map((_, each) => each !== at))
  })

  it('refuses two false proofs that would cancel each other without random coefficients', () => {
    // e(A, B) is the same and the statements are moved by as much in opposite directions, so that the sum is right.
    const up = { proof, publicInputs: [statement + 5n] }
    const down = { proof, publicInputs: [statement - 5n] }
    // C moved likewise.
    const c = G1.fromAffine(proof.c)
    const more = { proof: { ...proof, c: c.add(G1.BASE).toAffine() }, publicInputs }
    const less = { proof: { ...proof, c: c.subtract(G1.BASE).toAffine() }, publicInputs }
    for (let round = 0; round < 5; round++) {
      expect(verifyGroth16Batch(key, [up, down])).toBe(false)
      expect(verifyGroth16Batch(key, [more, less])).toBe(false)
      expect(verifyGroth16Batch(key, badAt(3, up).with(12, down))).toBe(false)
    }
    expect(verifyGroth16Each(key, badAt(3, more).with(12, less))).toEqual(
      sixteen.map((_, at) => at !== 3 && at !== 12),
    )
  })

  it('refuses a proof twice negated and a false one that has the same A and B', () => {
    const swapped = { proof: { ...proof, a: negated1(proof.a) }, publicInputs }
    expect(verifyGroth16Batch(key, [swapped, swapped])).toBe(false)
    expect(verifyGroth16Batch(key, [first, swapped])).toBe(false)
  })

  it('throws for a malformed one, and tells which', () => {
    const malformed = { proof: { ...proof, b: twistPoint(5n) }, publicInputs }
    expect(codeOf(() => verifyGroth16Batch(key, badAt(4, malformed)))).toBe('COMITY_ZK_POINT_INVALID')
    const foreign = { proof, publicInputs: [FIELD_ORDER] }
    const answers = verifyGroth16Each(key, badAt(4, malformed).with(5, foreign).with(6, false_))
    expect(answers.map((each) => (typeof each === 'boolean' ? each : each.code))).toEqual(
      sixteen.map((_, at) => {
        if (at === 4) return 'COMITY_ZK_POINT_INVALID'
        return at === 5 ? 'COMITY_ZK_PUBLIC_INPUT_INVALID' : at !== 6
      }),
    )
  })

  it('is not true of nothing', () => {
    expect(() => verifyGroth16Batch(key, [])).toThrow(TypeError)
    expect(verifyGroth16Each(key, [])).toEqual([])
  })
})
