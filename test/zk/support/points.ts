import { bn254 } from '@noble/curves/bn254.js'
import type { Groth16Proof } from '../../../src/zk/index.ts'
import { P, type Fp2 } from '../../../src/zk/pairing/fp2.ts'
import type { G2Affine } from '../../../src/zk/pairing/lines.ts'

const { Fp2: Field } = bn254.fields

/** The order of both groups. */
export const R = bn254.fields.Fr.ORDER
/** How many points the twist has for each point of its subgroup. */
export const COFACTOR = 0x30644e72e131a029b85045b68181585e06ceecda572a2489345f2299c0f9fa8dn
/** Primes that divide {@link COFACTOR}: the twist has points of these orders. */
export const SMALL_ORDERS = [10_069n, 5_864_401n] as const

/** noble's points. */
export const G1 = bn254.G1.Point
export const G2 = bn254.G2.Point

/** A number from 0 to p − 1 that looks random, the same for the same seed. */
export function scramble(seed: bigint): bigint {
  let value = seed * 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95n + 1n
  for (let round = 0; round < 3; round++) value = (value * value + seed) % P
  return value
}

/** A point of the twist that is in no known subgroup. */
export function twistPoint(seed: bigint): G2Affine {
  const x: Fp2 = { c0: scramble(seed), c1: scramble(seed + 1n) }
  const y2 = Field.add(Field.mul(Field.sqr(x), x), Field.div({ c0: 3n, c1: 0n }, { c0: 9n, c1: 1n }))
  try {
    return { x, y: Field.sqrt(y2) }
  } catch {
    return twistPoint(seed + 2n)
  }
}

/** A point of the twist of a small prime order. */
export function smallPoint(order: bigint, seed: bigint): G2Affine {
  const { x, y } = twistPoint(seed)
  const point = multiply(G2.fromAffine({ x, y }), (COFACTOR * R) / order)
  return point.is0() ? smallPoint(order, seed + 2n) : point.toAffine()
}

/** A multiple for any factor: noble's own takes factors below the order of the subgroup only. */
export function multiply(point: InstanceType<typeof G2>, by: bigint): InstanceType<typeof G2> {
  let result = G2.ZERO
  for (const bit of by.toString(2)) {
    result = result.double()
    if (bit === '1') result = result.add(point)
  }
  return result
}

/** What anybody can make of a proof of the same claim: B + s·δ with C + s·A, all scaled. */
export function rerandomize(
  { a, b, c }: Groth16Proof,
  delta: G2Affine,
  scale: bigint,
  shift: bigint,
): Groth16Proof {
  const A = G1.fromAffine(a)
  const B = G2.fromAffine(b).add(G2.fromAffine(delta).multiplyUnsafe(shift))
  const C = G1.fromAffine(c).add(A.multiplyUnsafe(shift))
  const inverse = bn254.fields.Fr.inv(scale)
  return {
    a: A.multiplyUnsafe(inverse).toAffine(),
    b: B.multiplyUnsafe(scale).toAffine(),
    c: C.toAffine(),
  }
}
