import { bn254 } from '@noble/curves/bn254.js'
import { VerificationError } from '../errors/index.ts'
import { randomBytes } from '../runtime/index.ts'
import { bytesToNumber } from './fields.ts'
import { assertG1, linesOfG2 } from './groth16-points.ts'
import { finalExponentiation } from './pairing/final-exponentiation.ts'
import { equals12, ONE12 } from './pairing/fp12.ts'
import type { G2Affine, Lines } from './pairing/lines.ts'
import { millerLoop, type G1Affine, type MillerPair } from './pairing/miller-loop.ts'
import { materialOf, type KeyMaterial, type VerificationKey } from './verification-key.ts'

/** A proof of Groth16 over bn254. Nothing about it is checked. */
export interface Groth16Proof {
  /** On the curve. */
  readonly a: G1Affine
  /** On the twist. */
  readonly b: G2Affine
  /** On the curve. */
  readonly c: G1Affine
}

/** A proof, and what it is to prove. */
export interface Groth16Claim {
  /** The proof. */
  readonly proof: Groth16Proof
  /** As many as the key has, each from 0 and below the order r of the scalar field. */
  readonly publicInputs: readonly bigint[]
}

type G1Point = InstanceType<typeof bn254.G1.Point>

/** A claim whose points and inputs are sound: only the equation is left to be checked. */
interface CheckedClaim {
  readonly a: G1Affine
  readonly c: G1Affine
  readonly lines: Lines
  readonly inputs: readonly bigint[]
}

const Point = bn254.G1.Point
const ORDER = bn254.fields.Fr.ORDER
/** With coefficients of this size, a batch with a false proof passes once in 2^128 times. */
const COEFFICIENT_BYTES = 16

/**
 * Verifies one proof: e(A, B) = e(α, β) · e(L, γ) · e(C, δ), where L is the sum of the key's points times the inputs.
 *
 * Groth16 proofs can be changed by anybody into other valid proofs of the same claim: whoever accepts a claim once
 * must remember the claim, not the bytes of the proof.
 *
 * @param key What `parseVerificationKey` made.
 * @param proof None of its points may be the point at infinity: honest proofs never have it but by a chance of 2^−253.
 * @param publicInputs See {@link Groth16Claim}.
 * @returns Whether the equation holds.
 * @throws {VerificationError} `COMITY_ZK_PUBLIC_INPUT_INVALID` when their number is not the key's or one is not below r,
 *   or `COMITY_ZK_POINT_INVALID` when a coordinate is not below p or a point is not in its group.
 * @see {@link https://eprint.iacr.org/2016/260 | Groth, On the Size of Pairing-based Non-interactive Arguments} §3.2
 */
export function verifyGroth16(
  key: VerificationKey,
  proof: Groth16Proof,
  publicInputs: readonly bigint[],
): boolean {
  const material = materialOf(key)
  return holds(material, checkClaim(material, { proof, publicInputs }))
}

/**
 * Verifies several proofs under one key at once: of the equations multiplied by random coefficients, the sum.
 *
 * @param key What `parseVerificationKey` made.
 * @param claims At least one.
 * @returns Whether all are valid; where not, {@link verifyGroth16} tells which.
 * @throws {VerificationError} As {@link verifyGroth16}, for the first claim that is malformed.
 */
export function verifyGroth16Batch(key: VerificationKey, claims: readonly Groth16Claim[]): boolean {
  if (claims.length === 0) throw new TypeError('there must be at least one claim')
  const material = materialOf(key)
  const checked = claims.map((claim) => checkClaim(material, claim))
  const [only, second] = checked
  if (only !== undefined && second === undefined) return holds(material, only)
  return allHold(material, checked)
}

/**
 * Verifies several proofs under one key, all at once where they are valid, and tells of each what is wrong with it.
 *
 * @param key What `parseVerificationKey` made.
 * @param claims Any number.
 * @returns For each, in order: true; false where its equation does not hold; or the error that {@link verifyGroth16} throws.
 */
export function verifyGroth16Each(
  key: VerificationKey,
  claims: readonly Groth16Claim[],
): readonly (boolean | VerificationError)[] {
  const material = materialOf(key)
  const checked = claims.map((claim) => {
    try {
      return checkClaim(material, claim)
    } catch (cause) {
      if (cause instanceof VerificationError) return cause
      throw cause
    }
  })
  const sound = checked.filter((each): each is CheckedClaim => !(each instanceof VerificationError))
  const all = sound.length > 1 && allHold(material, sound)
  return checked.map((each) => (each instanceof VerificationError ? each : all || holds(material, each)))
}

function checkClaim(material: KeyMaterial, { proof, publicInputs }: Groth16Claim): CheckedClaim {
  const inputs = [...publicInputs]
  if (inputs.length !== material.ic.length - 1) throw invalidInput('their number is not the one of the key')
  if (!inputs.every((input) => typeof input === 'bigint' && input >= 0n && input < ORDER)) {
    throw invalidInput('one is not below the order of the field')
  }
  assertG1(proof.a, 'a')
  assertG1(proof.c, 'c')
  return { a: proof.a, c: proof.c, lines: linesOfG2(proof.b, 'b'), inputs }
}

function holds({ ic, gamma, delta, alphaBeta }: KeyMaterial, { a, c, lines, inputs }: CheckedClaim): boolean {
  const l = combine(ic, [1n, ...inputs])
  const product = millerLoop([
    { point: a, lines },
    ...pairOf(l.negate(), gamma),
    ...pairOf(Point.fromAffine(c).negate(), delta),
  ])
  return equals12(finalExponentiation(product), alphaBeta)
}

function allHold(material: KeyMaterial, claims: readonly CheckedClaim[]): boolean {
  const { alpha, beta, gamma, delta, ic } = material
  const pairs: MillerPair[] = []
  let c = Point.ZERO
  const sums = ic.map(() => 0n)
  for (const claim of claims) {
    const coefficient = randomCoefficient()
    pairs.push(...pairOf(Point.fromAffine(claim.a).multiplyUnsafe(coefficient), claim.lines))
    c = c.add(Point.fromAffine(claim.c).multiplyUnsafe(coefficient))
    for (const [at, input] of [1n, ...claim.inputs].entries()) {
      sums[at] = ((sums[at] ?? 0n) + coefficient * input) % ORDER
    }
  }
  const constant = alpha.multiplyUnsafe(sums[0] ?? 0n)
  pairs.push(...pairOf(constant.negate(), beta))
  pairs.push(...pairOf(combine(ic, sums).negate(), gamma))
  pairs.push(...pairOf(c.negate(), delta))
  return equals12(finalExponentiation(millerLoop(pairs)), ONE12)
}

/** The sum of the points times the numbers. */
function combine(points: readonly G1Point[], by: readonly bigint[]): G1Point {
  return points.reduce((sum, point, at) => {
    const factor = by[at] ?? 0n
    return sum.add(factor === 1n ? point : point.multiplyUnsafe(factor))
  }, Point.ZERO)
}

/** Nothing for the point at infinity, whose pairing is one. */
function pairOf(point: G1Point, lines: Lines): readonly MillerPair[] {
  return point.is0() ? [] : [{ point: point.toAffine(), lines }]
}

function randomCoefficient(): bigint {
  const coefficient = bytesToNumber(randomBytes(COEFFICIENT_BYTES))
  return coefficient === 0n ? randomCoefficient() : coefficient
}

function invalidInput(reason: string): VerificationError {
  return new VerificationError('COMITY_ZK_PUBLIC_INPUT_INVALID', `the public inputs do not fit: ${reason}`)
}
