import type { Groth16Proof } from '../groth16.ts'
import type { VerificationKey } from '../verification-key.ts'
import { assertLoadedArtifacts, type ProverArtifacts } from './artifacts.ts'
import type { CircuitInput } from './circuit-input.ts'
import { createProofQueue, type ProofQueue } from './proof-queue.ts'
import { computeThreadsFor, startProofThread } from './proof-thread-client.ts'

/** How one proof is made. */
export interface ProveOptions {
  /** Ends it: the promise rejects with the signal's reason, and what was begun is stopped. */
  readonly signal?: AbortSignal
  /** The public input that the proof must have. Without it any that comes out of the input. */
  readonly statement?: bigint
}

/** Makes proofs. The one of {@link createProver} can be replaced by another that keeps this interface. */
export interface Prover extends AsyncDisposable {
  /** The key that its proofs are checked with. */
  readonly verificationKey: VerificationKey
  /**
   * Makes a proof, and checks it before it gives it out: a proof that was computed wrongly can give away the secret.
   *
   * @param input - What the circuit takes.
   * @param options - See {@link ProveOptions}.
   * @throws {PolicyError} `COMITY_ZK_UNSATISFIED` when a rule of the circuit does not hold for the input;
   *   `COMITY_ZK_PROVER_BUSY` when too many proofs wait.
   * @throws {VerificationError} `COMITY_ZK_PROOF_FAULTY` when the proof does not verify.
   * @throws {NetworkError} `COMITY_ZK_SNARKJS_MISSING`, `COMITY_ZK_PROVER_CRASHED`, or `COMITY_ZK_PROVER_CLOSED`.
   * @throws {TypeError} When the input has another form, or is not of the statement.
   */
  prove(input: CircuitInput, options?: ProveOptions): Promise<Groth16Proof>
  /**
   * Makes ready what the first proof would wait for.
   *
   * @throws {NetworkError} As {@link Prover.prove}.
   */
  warm(): Promise<void>
  /** Ends all, also what is being proven. Proofs that are due reject with `COMITY_ZK_PROVER_CLOSED`. */
  close(): Promise<void>
}

/** How a prover is made. */
export interface ProverOptions {
  /** What it proves with. */
  readonly artifacts: ProverArtifacts
  /** How many proofs are made at the same time, 1 to 16. Each takes about 150 MB. Defaults to 1. */
  readonly workers?: number
  /** How many more may wait, 0 to 1024. Defaults to 16. */
  readonly maxQueued?: number
  /** How many threads compute for one proof, 1 to 64. Defaults to the machine's cores by workers, at most 4. */
  readonly threads?: number
}

const own = new WeakSet<Prover>()

/**
 * Makes a prover over snarkjs, in threads of its own: the thread that asks is not held up.
 *
 * Threads start with the first proof or {@link Prover.warm}. One that fails, was interrupted or has made many proofs is
 * replaced. An idle prover does not keep the process alive.
 *
 * @param options - See {@link ProverOptions}.
 * @throws {TypeError} When an option is out of range, or the artifacts do not come from `loadArtifacts`.
 */
export function createProver(options: ProverOptions): Prover {
  const { artifacts, workers = 1, maxQueued = 16 } = options
  assertLoadedArtifacts(artifacts)
  checkRange('workers', workers, 1, 16)
  checkRange('maxQueued', maxQueued, 0, 1024)
  const { threads = computeThreadsFor(workers) } = options
  checkRange('threads', threads, 1, 64)
  const queue = createProofQueue({ workers, maxQueued, start: () => startProofThread(artifacts, threads) })
  return proverOver(artifacts.verificationKey, queue)
}

/** Whether a prover checks its proofs itself, in its own threads. */
export function checksItsProofs(prover: Prover): boolean {
  return own.has(prover)
}

function proverOver(verificationKey: VerificationKey, queue: ProofQueue): Prover {
  const prover: Prover = {
    verificationKey,
    prove: async (input, { signal, statement } = {}) => await queue.ask({ input, statement }, signal),
    warm: async () => await queue.warm(),
    close: async () => await queue.close(),
    [Symbol.asyncDispose]: async () => await queue.close(),
  }
  own.add(prover)
  return Object.freeze(prover)
}

function checkRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new TypeError(`options.${name} must be ${String(least)} to ${String(most)}`)
}
