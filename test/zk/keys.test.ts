import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addPoints,
  assertSubgroupPoint,
  babyJubJubJwk,
  BASE8,
  commitHolder,
  createHolderSecret,
  createZkSigner,
  FIELD_ORDER,
  generateZkPrivateKey,
  holderCommitment,
  isOnCurve,
  multiplyBase,
  multiplyPoint,
  parseBabyJubJubJwk,
  pseudonymOf,
  randomScalar,
  SUBGROUP_ORDER,
  verifyEdDsaPoseidon,
  verifyHolderCommitment,
  type BabyJubJubPoint,
} from '../../src/zk/index.ts'
import * as reference from '../circuits/support/reference.ts'
import { codeOf } from './support/code-of.ts'

const scalar = fc.bigInt({ min: 1n, max: SUBGROUP_ORDER - 1n })
const element = fc.bigInt({ min: 0n, max: FIELD_ORDER - 1n })
const toPair = ({ x, y }: BabyJubJubPoint): reference.Point => [x, y]
/** Not the generator of the subgroup, but of the whole curve, of order 8·l (EIP-2494). */
const GENERATOR = {
  x: 995203441582195749578291179787384436505546430278305826713579947235728471134n,
  y: 5472060717959818805561601436314318772137091100104008585924551046643952123905n,
}
const NEUTRAL = { x: 0n, y: 1n }
const ORDER_2 = { x: 0n, y: FIELD_ORDER - 1n }

describe('BabyJubJub', () => {
  it('adds and multiplies as circomlibjs does', () => {
    expect(toPair(BASE8)).toEqual(reference.BASE8)
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        const point = multiplyBase(a)
        expect(toPair(point)).toEqual(reference.multiply(reference.BASE8, a))
        expect(toPair(multiplyPoint(point, b))).toEqual(reference.multiply(toPair(point), b))
        expect(toPair(addPoints(point, BASE8))).toEqual(reference.add(toPair(point), reference.BASE8))
        expect(isOnCurve(point)).toBe(true)
      }),
      { numRuns: 10, examples: [[1n, SUBGROUP_ORDER - 1n]] },
    )
  })

  it.each([0n, SUBGROUP_ORDER, -1n])('does not multiply by %d', (bad) => {
    expect(() => multiplyBase(bad)).toThrow(TypeError)
    expect(() => multiplyPoint(BASE8, bad)).toThrow(TypeError)
  })

  it.each([
    ['off the curve', { x: 1n, y: 1n }],
    ['beyond the field', { x: BASE8.x + FIELD_ORDER, y: BASE8.y }],
    ['negative', { x: BASE8.x, y: BASE8.y - FIELD_ORDER }],
    ['neutral', NEUTRAL],
    ['of order 2', ORDER_2],
    ['out of the subgroup', GENERATOR],
    ['in the subgroup but for a point of order 2', addPoints(BASE8, ORDER_2)],
  ])('has no key that is %s', (_, point) => {
    expect(() => assertSubgroupPoint(point)).toThrow(
      expect.objectContaining({ code: 'COMITY_ZK_KEY_INVALID' }),
    )
  })

  it('has random scalars below 2^250', () => {
    for (let i = 0; i < 50; i++) {
      const value = randomScalar()
      expect(value > 0n && value < 2n ** 250n).toBe(true)
    }
  })
})

describe('a BabyJubJub JWK', () => {
  const jwk = babyJubJubJwk(multiplyBase(5n))

  it('is read as it was written', () => {
    fc.assert(
      fc.property(scalar, (secret) => {
        const point = multiplyBase(secret)
        expect(parseBabyJubJubJwk(JSON.parse(JSON.stringify(babyJubJubJwk(point))))).toEqual(point)
      }),
      { numRuns: 20 },
    )
    expect(parseBabyJubJubJwk({ ...jwk, kid: 'x', use: 'sig' })).toEqual(multiplyBase(5n))
  })

  it('with one character changed is another key or refused', () => {
    const characters = fc.constantFrom(...'AZaz09-_=+ ')
    fc.assert(
      fc.property(
        fc.constantFrom('x' as const, 'y' as const),
        fc.nat({ max: 42 }),
        characters,
        (name, at, char) => {
          fc.pre(jwk[name][at] !== char)
          const forged = { ...jwk, [name]: jwk[name].slice(0, at) + char + jwk[name].slice(at + 1) }
          expect(codeOf(() => parseBabyJubJubJwk(forged))).toBe('COMITY_ZK_KEY_INVALID')
        },
      ),
    )
  })

  it('answers anything else with a coded error', () => {
    const members = fc.record(
      {
        kty: fc.constantFrom('EC', 'OKP'),
        crv: fc.constantFrom('BabyJubJub', 'P-256'),
        x: fc.anything(),
        y: fc.anything(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(fc.anything(), members), (value) => {
        expect(codeOf(() => parseBabyJubJubJwk(value))).toMatch(/^COMITY_/)
      }),
    )
  })

  it('is refused where it is private', () => {
    expect(codeOf(() => parseBabyJubJubJwk({ ...jwk, d: jwk.x }))).toBe('COMITY_JWK_PRIVATE')
  })
})

describe('EdDSA with Poseidon', () => {
  it('signs as circomlibjs does', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        element,
        async (privateKey, message) => {
          const signer = createZkSigner({ kid: 'did:web:a.example#k', privateKey })
          const { r8, s } = await signer.sign(message)
          const expected = reference.sign(Buffer.from(privateKey), message)
          expect(toPair(signer.publicKey)).toEqual(reference.publicKey(Buffer.from(privateKey)))
          expect(toPair(r8)).toEqual(expected.r8)
          expect(s).toBe(expected.s)
          expect(verifyEdDsaPoseidon(signer.publicKey, message, { r8, s })).toBe(true)
        },
      ),
      { numRuns: 10 },
    )
  })

  const signer = createZkSigner({ kid: 'did:web:a.example#k', privateKey: new Uint8Array(32).fill(1) })

  it('refuses a signature with anything changed', async () => {
    const signature = await signer.sign(42n)
    const { r8, s } = signature
    const verify = (key: BabyJubJubPoint, message: bigint, changed: object): boolean =>
      verifyEdDsaPoseidon(key, message, { ...signature, ...changed })
    expect(verify(signer.publicKey, 42n, {})).toBe(true)
    expect(verify(signer.publicKey, 43n, {})).toBe(false)
    expect(verify(multiplyBase(5n), 42n, {})).toBe(false)
    for (const bad of [
      0n,
      s + 1n,
      s + SUBGROUP_ORDER,
      s - SUBGROUP_ORDER,
      SUBGROUP_ORDER,
      Number(s) as never,
    ]) {
      expect(verify(signer.publicKey, 42n, { s: bad })).toBe(false)
    }
    for (const bad of [
      NEUTRAL,
      BASE8,
      { x: 1n, y: 1n },
      { x: r8.x + FIELD_ORDER, y: r8.y },
      { x: FIELD_ORDER - r8.x, y: r8.y },
      addPoints(r8, ORDER_2),
    ]) {
      expect(verify(signer.publicKey, 42n, { r8: bad })).toBe(false)
    }
    expect(verify(addPoints(signer.publicKey, ORDER_2), 42n, {})).toBe(false)
    expect(verify({ x: 1n, y: 1n }, 42n, {})).toBe(false)
    expect(verify(signer.publicKey, FIELD_ORDER + 42n, {})).toBe(false)
  })

  it('has no key under which one signature fits all', async () => {
    // With the neutral element as the key, S·B8 = R8 for any message.
    expect(verifyEdDsaPoseidon(NEUTRAL, 42n, { r8: BASE8, s: 1n })).toBe(false)
  })

  it('signs numbers of the field with keys of 32 bytes', async () => {
    await expect(signer.sign(FIELD_ORDER)).rejects.toThrow(TypeError)
    expect(() => createZkSigner({ kid: 'k', privateKey: new Uint8Array(31) })).toThrow(TypeError)
    expect(generateZkPrivateKey()).toHaveLength(32)
    expect(JSON.stringify(signer, (_, value: unknown) => String(value))).not.toContain('1,1,1')
  })
})

describe('the commitment of a holder', () => {
  const context = { issuer: 'did:web:issuer.example', nonce: 'n-1' }

  it('is the hash of the point of its secret', async () => {
    const secret = createHolderSecret()
    const [x, y] = reference.multiply(reference.BASE8, secret)
    const commitment: unknown = JSON.parse(JSON.stringify(await commitHolder(secret, context)))
    expect(verifyHolderCommitment(commitment, context)).toBe(reference.poseidon(x, y))
    expect(holderCommitment(secret)).toBe(reference.poseidon(x, y))
  })

  it('is refused for another issuer or nonce, and with another key or proof', async () => {
    const mine = await commitHolder(5n, context)
    const other = await commitHolder(6n, context)
    const cases: [unknown, typeof context][] = [
      [mine, { ...context, issuer: 'did:web:other.example' }],
      [mine, { ...context, nonce: 'n-2' }],
      [mine, { issuer: 'did:web:issuer.examplen', nonce: '-1' }],
      [{ ...mine, key: other.key }, context],
      [{ ...mine, proof: other.proof }, context],
      [{ ...mine, proof: { ...mine.proof, s: other.proof.s } }, context],
      [{ key: { x: 'A'.repeat(43), y: `${'A'.repeat(42)}E` }, proof: mine.proof }, context],
    ]
    expect(verifyHolderCommitment(mine, context)).toBe(holderCommitment(5n))
    for (const [commitment, where] of cases) {
      expect(codeOf(() => verifyHolderCommitment(commitment, where))).toBe('COMITY_ZK_HOLDER_PROOF_INVALID')
    }
  })

  it('answers anything with a coded error', async () => {
    const mine = await commitHolder(5n, context)
    const point = fc.oneof(
      fc.anything(),
      fc.record({ x: fc.string(), y: fc.constant(mine.key.y) }),
      fc.constant(mine.key),
    )
    const proof = fc.oneof(
      fc.anything(),
      fc.record({ r8: point, s: fc.oneof(fc.anything(), fc.constant(mine.proof.r8.x)) }),
    )
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ key: point, proof })), (value) => {
        expect(codeOf(() => verifyHolderCommitment(value, context))).toBe('COMITY_ZK_HOLDER_PROOF_INVALID')
      }),
    )
  })

  it('does not repeat, nor give away the secret', async () => {
    const [first, second] = [await commitHolder(5n, context), await commitHolder(5n, context)]
    expect(first.key).toEqual(second.key)
    expect(first.proof).not.toEqual(second.proof)
  })

  it.each([0n, 2n ** 250n, -1n])('is not made with the secret %d', async (secret) => {
    await expect(commitHolder(secret, context)).rejects.toThrow(TypeError)
    expect(() => holderCommitment(secret)).toThrow(TypeError)
    expect(() => pseudonymOf(secret, 1n)).toThrow(TypeError)
  })

  it('has a pseudonym in each domain but 0', () => {
    expect(pseudonymOf(5n, 0n)).toBe(0n)
    expect(pseudonymOf(5n, 7n)).toBe(reference.poseidon(5n, 7n))
  })
})
