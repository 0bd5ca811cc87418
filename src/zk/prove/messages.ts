import type { MessagePort } from 'node:worker_threads'
import type { JsonValue } from '../../encoding/index.ts'
import type { Groth16Proof } from '../groth16.ts'
import type { CircuitInput } from './circuit-input.ts'

/** What a proof thread is started with. */
export interface ProofThreadData {
  /** Where questions come from and answers go to. */
  readonly port: MessagePort
  /** The witness calculator. */
  readonly circuit: WebAssembly.Module
  /** The proving key, in shared memory. */
  readonly zkey: Uint8Array
  /** The key that it checks its proofs with. */
  readonly verificationKey: JsonValue
  /** How many threads it starts to compute with. */
  readonly threads: number
}

/** Asks a proof thread for a proof. */
export interface Question {
  /** Names the question. */
  readonly id: number
  /** Of what. */
  readonly input: CircuitInput
  /** The public input that the proof must have. Without it any that comes out. */
  readonly statement?: bigint | undefined
}

/** Why a thread gave no proof; nothing of the input. */
export type ThreadFailure =
  | {
      /** The circuit does not take the input. */
      readonly kind: 'refused'
      /** Its number for it. */
      readonly reason: number
    }
  | {
      /** The input is of another statement. */
      readonly kind: 'other-statement'
    }
  | {
      /** The proof does not verify. */
      readonly kind: 'faulty'
    }
  | {
      /** snarkjs is not installed. */
      readonly kind: 'missing'
    }
  | {
      /** Something broke. */
      readonly kind: 'failed'
      /** The name of the error. */
      readonly name: string
    }

/** What a proof thread says: that it is ready, an answer to a question, or why it ends. */
export interface Answer {
  /** Whether it takes questions now. */
  readonly ready?: true
  /** The question that is answered. Without it a failure is the thread's own. */
  readonly id?: number
  /** The proof. */
  readonly proof?: Groth16Proof
  /** Why there is none. */
  readonly failure?: ThreadFailure
}
