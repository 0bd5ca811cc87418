/** The parts of snarkjs, which has no types, that are an oracle here. */
import * as untyped from 'snarkjs'
import type { SnarkjsProof } from './snarkjs-form.ts'

interface Groth16 {
  fullProve(
    input: object,
    wasm: string,
    zkey: string,
  ): Promise<{ readonly proof: SnarkjsProof; readonly publicSignals: readonly string[] }>
  verify(key: object, publicSignals: readonly string[], proof: SnarkjsProof): Promise<boolean>
}

/** Groth16 as snarkjs does it. */
export const groth16 = untyped.groth16 as unknown as Groth16

/** Ends the threads that snarkjs leaves running. */
export async function stopSnarkjs(): Promise<void> {
  const { curve_bn128: curve } = globalThis as { curve_bn128?: { terminate(): Promise<void> } }
  await curve?.terminate()
}
