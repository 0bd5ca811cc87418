/**
 * Compliance proofs: that a credential of a trusted issuer, valid, not revoked and held by the prover satisfies a
 * demand's predicates, and nothing else.
 *
 * An issuer gives a holder the form of a credential that proofs are made from ({@link issueComplianceCredential}); a
 * verifier publishes which issuers it accepts, and checks a proof against the hash of all that it knows of it
 * ({@link statementOf}). Making proofs is in `comity/zk/prove`.
 *
 * @module
 */
export {
  ANCHOR_DOCUMENT_MEDIA_TYPE,
  MAX_ANCHOR_DOCUMENT,
  formatAnchorDocument,
  parseAnchorDocument,
  type AnchorDocument,
} from './anchor-document.ts'
export type { AnchorProblem } from './anchor-issuers.ts'
export type { AnchoredType } from './anchor-lists.ts'
export type { AnchoredCredential, AnchoredLeaf } from './anchor-leaf.ts'
export { MAX_ANCHORS, type AnchorLeaf, type AnchorPayload } from './anchor-payload.ts'
export {
  createAnchorPublisher,
  type AnchorEpoch,
  type AnchorPublisher,
  type AnchorPublisherOptions,
} from './anchor-publisher.ts'
export { ANCHORS_DEPTH, anchorDigest, anchorHash, assertAnchorSet, type AnchorSet } from './anchor-set.ts'
export {
  createAnchorSource,
  type AnchorDownload,
  type AnchorLocation,
  type AnchorSource,
  type AnchorSourceOptions,
} from './anchor-source.ts'
export {
  ANCHORS_TYP,
  issueAnchorList,
  MAX_ANCHORS_LENGTH,
  verifyAnchorList,
  type IssueAnchorListOptions,
  type VerifyAnchorListOptions,
} from './anchors.ts'
export {
  addPoints,
  assertSubgroupPoint,
  babyJubJubJwk,
  BASE8,
  encodeFieldElement,
  isOnCurve,
  multiplyBase,
  multiplyPoint,
  parseBabyJubJubJwk,
  randomScalar,
  SUBGROUP_ORDER,
  type BabyJubJubJwk,
  type BabyJubJubPoint,
} from './baby-jubjub.ts'
export { encodeClaims, MAX_CLAIMS, type ClaimSlot } from './claims.ts'
export type { PlacedValue } from './claims-document.ts'
export {
  assertVerifiedComplianceCredential,
  complianceDigest,
  documentOf,
  issueComplianceCredential,
  verifyComplianceCredential,
  type IssueComplianceOptions,
  type VerifiedComplianceCredential,
  type VerifyComplianceOptions,
} from './compliance-credential.ts'
export {
  COMPLIANCE_FORMAT,
  MAX_COMPLIANCE_CREDENTIAL_BYTES,
  parseComplianceCredential,
  type ComplianceContents,
  type ComplianceStatus,
  type UnverifiedComplianceCredential,
} from './compliance-parse.ts'
export {
  createZkSigner,
  generateZkPrivateKey,
  verifyEdDsaPoseidon,
  type EdDsaPoseidonSignature,
  type EncodedSignature,
  type ZkSigner,
} from './eddsa-poseidon.ts'
export { type DemandTemplate, type ZkQueryTemplate } from './demand-template.ts'
export { DEVELOPMENT_VERIFICATION_KEY } from './development-key.ts'
export { generateAuditorKey, openEscrow, type AuditorKey, type EscrowCiphertext } from './escrow.ts'
export { hashToField } from './fields.ts'
export {
  verifyGroth16,
  verifyGroth16Batch,
  verifyGroth16Each,
  type Groth16Claim,
  type Groth16Proof,
} from './groth16.ts'
export {
  commitHolder,
  createHolderSecret,
  holderCommitment,
  pseudonymOf,
  verifyHolderCommitment,
  type CommitmentContext,
  type HolderCommitment,
} from './holder.ts'
export { buildTree, emptyRoot, rootOf, type MerkleTree } from './merkle.ts'
export {
  compilePredicates,
  MAX_PREDICATES,
  PREDICATE_OP,
  type CompiledPolicy,
  type CompiledPredicate,
} from './policy.ts'
export { lintPolicy, type PolicyAdvice, type PolicyWarning } from './policy-lint.ts'
export { FIELD_ORDER, poseidon } from './poseidon.ts'
export {
  encodeComplianceProof,
  parseComplianceProof,
  type ComplianceProofParts,
  type ProofForm,
  type UnverifiedComplianceProof,
} from './proof-codec.ts'
export { provenAssessment } from './proven-assessment.ts'
export { sponge } from './sponge.ts'
export {
  challengeOf,
  demandDigest,
  domainOf,
  escrowDigest,
  statementOf,
  type ChallengeParts,
  type Statement,
} from './statement.ts'
export {
  issuerLeaf,
  MAX_STATUSES,
  STATUS_DEPTH,
  STATUSES_PER_LEAF,
  statusTree,
  type StatusBits,
  type StatusTree,
} from './status-tree.ts'
export {
  parseVerificationKey,
  type VerificationKey,
  type VerificationKeyOptions,
} from './verification-key.ts'
export {
  assertVerifiedComplianceProof,
  verifyComplianceProof,
  verifyComplianceProofs,
  type ComplianceProofToVerify,
  type VerifiedComplianceProof,
  type VerifyComplianceProofOptions,
} from './verify-proof.ts'
