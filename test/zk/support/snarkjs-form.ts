import type { Groth16Proof } from '../../../src/zk/index.ts'

/** A proof as snarkjs has it. */
export interface SnarkjsProof {
  readonly pi_a: readonly string[]
  readonly pi_b: readonly (readonly string[])[]
  readonly pi_c: readonly string[]
  readonly protocol: string
  readonly curve: string
}

const fp2 = ([c0 = '', c1 = '']: readonly string[] = []) => ({ c0: BigInt(c0), c1: BigInt(c1) })
const g1 = ([x = '', y = '']: readonly string[]) => ({ x: BigInt(x), y: BigInt(y) })

/** From snarkjs. */
export function groth16Proof({ pi_a, pi_b, pi_c }: SnarkjsProof): Groth16Proof {
  return { a: g1(pi_a), b: { x: fp2(pi_b[0]), y: fp2(pi_b[1]) }, c: g1(pi_c) }
}

/** For snarkjs. */
export function snarkjsProof({ a, b, c }: Groth16Proof): SnarkjsProof {
  return {
    pi_a: [String(a.x), String(a.y), '1'],
    pi_b: [
      [String(b.x.c0), String(b.x.c1)],
      [String(b.y.c0), String(b.y.c1)],
      ['1', '0'],
    ],
    pi_c: [String(c.x), String(c.y), '1'],
    protocol: 'groth16',
    curve: 'bn128',
  }
}
