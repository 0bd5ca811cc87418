import type { Demand, ZkQuery } from '../demand/index.ts'
import type { Signer } from '../keys/index.ts'
import type { VerifiedComplianceProof } from '../zk/index.ts'

/** The format of a compliance proof in evidence. */
export const COMPLIANCE_FORMAT = 'comity-zk'

/** What a compliance proof must have been made for. */
export interface ComplianceExpectation {
  /** The query that it is shown for: one of the demand's. */
  readonly query: ZkQuery
  /** The demand as it was sent in this run. */
  readonly demand: Demand
  /** The verifier's DID. */
  readonly audience: string
  /** RFC 7638 thumbprint of the key that signed the message that shows it. */
  readonly key: string
  /** The current time in seconds since the epoch. */
  readonly now: number
}

/** What compliance proofs are judged with. */
export interface ComplianceTrust {
  /**
   * Verifies a proof against the anchors that are current, and takes it: it is not taken a second time.
   *
   * @param value The proof as it was sent.
   * @throws {ComityError} The codes that begin with `COMITY_ZK_`, and those of the store.
   */
  verify(value: string, expected: ComplianceExpectation): Promise<VerifiedComplianceProof>
}

/** For whom, and for what, proofs are wanted. */
export interface ComplianceQuestion {
  /** The verifier's DID. A pseudonym is made for this DID and for no other, whatever the demand says. */
  readonly audience: string
  /** What the verifier asks. */
  readonly demand: Demand
  /** Ends the making of proofs. */
  readonly signal?: AbortSignal
}

/** A proof, and the query that it answers. */
export interface ComplianceEvidence {
  /** The id of the query. */
  readonly query: string
  /** Names the format. */
  readonly format: typeof COMPLIANCE_FORMAT
  /** The proof as it is sent. */
  readonly value: string
}

/** A fresh DID that nobody has seen, and proofs that hold for its key alone. */
export interface PairwiseEvidence {
  /** A `did:key`. */
  readonly did: string
  /** Its key. */
  readonly signer: Signer
  /** The proofs. */
  readonly evidence: readonly ComplianceEvidence[]
}

/**
 * Makes compliance proofs for a holder, or has made them ahead. What `comity/zk/prove` makes fits here.
 *
 * Either method answers as many of the demand's `comity-zk` queries as it can; what it cannot prove it leaves out.
 */
export interface ComplianceEvidenceSource {
  /**
   * Gives a DID for one run, with proofs for its key. No two calls give the same.
   *
   * @returns Undefined where nothing of the demand can be proven.
   * @throws {ComityError} The demand cannot be answered honestly, or its anchors cannot be had or believed.
   */
  take(question: ComplianceQuestion): Promise<PairwiseEvidence | undefined>
  /**
   * Makes proofs for a key of one's own: who sees them knows its DID, and still not the credential.
   *
   * @throws {ComityError} As {@link ComplianceEvidenceSource.take}.
   */
  answer(question: ComplianceQuestion & { readonly signer: Signer }): Promise<readonly ComplianceEvidence[]>
  /** Makes proofs ahead, so that `take` need not wait for them. */
  prepare?(question: ComplianceQuestion): Promise<void>
}
