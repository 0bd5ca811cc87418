import { workerData, type MessagePort } from 'node:worker_threads'
import type { Groth16Json } from 'snarkjs'
import { verifyGroth16, type Groth16Proof } from '../groth16.ts'
import { parseVerificationKey } from '../verification-key.ts'
import type { Answer, ProofThreadData, Question, ThreadFailure } from './messages.ts'
import { calculateWitness, WitnessRefused } from './witness-calculator.ts'

const { port, circuit, zkey, verificationKey, threads } = workerData as ProofThreadData

/** Why a proof is not given out. */
class ProofWithheld extends Error {
  readonly failure: ThreadFailure

  constructor(kind: 'other-statement' | 'faulty') {
    super(kind)
    this.failure = { kind }
  }
}

/** Proves one after the other, as the questions come. */
async function serve(port: MessagePort): Promise<void> {
  const [{ groth16 }, { installComputeThreads }] = await Promise.all([
    import('snarkjs'),
    import('./compute-threads.ts'),
  ])
  const compute = await installComputeThreads(threads)
  const key = parseVerificationKey(verificationKey, { acceptDevelopmentSetup: true })

  const prove = async ({ input, statement }: Question): Promise<Groth16Proof> => {
    const witness = await calculateWitness(circuit, input)
    try {
      const { proof: json, publicSignals } = await groth16.prove(zkey, witness)
      const publicInputs = publicSignals.map(BigInt)
      if (statement !== undefined && publicInputs[0] !== statement) throw new ProofWithheld('other-statement')
      const proof = readProof(json)
      // A proof that was computed wrongly can give away the witness.
      if (!verifyGroth16(key, proof, publicInputs)) throw new ProofWithheld('faulty')
      return proof
    } finally {
      witness.fill(0)
      await compute.wipe()
    }
  }

  port.on('message', (question: Question) => {
    const { id } = question
    prove(question).then(
      (proof) => port.postMessage({ id, proof } satisfies Answer),
      (reason: unknown) => port.postMessage({ id, failure: failureOf(reason) } satisfies Answer),
    )
  })
}

/** Takes the affine coordinates, in decimal, of snarkjs' projective ones. */
function readProof({ pi_a: a, pi_b: b, pi_c: c }: Groth16Json): Groth16Proof {
  const number = (text: string | undefined): bigint => BigInt(text ?? '')
  const pair = (texts: readonly string[] | undefined): { c0: bigint; c1: bigint } => ({
    c0: number(texts?.[0]),
    c1: number(texts?.[1]),
  })
  return {
    a: { x: number(a[0]), y: number(a[1]) },
    b: { x: pair(b[0]), y: pair(b[1]) },
    c: { x: number(c[0]), y: number(c[1]) },
  }
}

/** Says what went wrong without its message, which may quote the input. */
function failureOf(reason: unknown): ThreadFailure {
  if (reason instanceof WitnessRefused) return { kind: 'refused', reason: reason.reason }
  if (reason instanceof ProofWithheld) return reason.failure
  const missing = reason instanceof Error && (reason as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND'
  return missing
    ? { kind: 'missing' }
    : { kind: 'failed', name: reason instanceof Error ? reason.name : typeof reason }
}

serve(port).then(
  () => port.postMessage({ ready: true } satisfies Answer),
  (reason: unknown) => port.postMessage({ failure: failureOf(reason) } satisfies Answer),
)
