/**
 * Making compliance proofs. For Node.
 *
 * {@link createProver} proves in threads of its own, over snarkjs (GPL-3.0, an optional peer dependency that is loaded
 * there and nowhere else); {@link proveCompliance} makes what a handshake sends; {@link createProofPool} makes that
 * ahead, each under a fresh pairwise DID.
 *
 * @module
 */
export {
  type AnswerContext,
  type ProofEvidence,
  type ProofHolder,
  type ProofQuestion,
  type ProvableCredential,
} from './prove/answer-demand.ts'
export { loadArtifacts, type LoadArtifactsOptions, type ProverArtifacts } from './prove/artifacts.ts'
export type { CircuitInput } from './prove/circuit-input.ts'
export { ARTIFACT_FILES, type ArtifactFile, type ArtifactManifest, type SetupKind } from './prove/manifest.ts'
export {
  createProofPool,
  type PoolBounds,
  type PairwiseKey,
  type PairwiseProofs,
  type ProofPool,
  type ProofPoolOptions,
} from './prove/proof-pool.ts'
export { proveCompliance, type ProveComplianceOptions } from './prove/prove-compliance.ts'
export { createProver, type ProveOptions, type Prover, type ProverOptions } from './prove/prover.ts'
export { circuitInput, type CircuitInputParts } from './prove/witness.ts'
export { calculateWitness, WitnessRefused } from './prove/witness-calculator.ts'
