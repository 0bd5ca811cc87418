import { zkQueriesOf, type CredentialFact, type Demand, type ZkQuery } from '../demand/index.ts'
import { TrustError, VerificationError } from '../errors/index.ts'
import { assertVerifiedComplianceProof, type VerifiedComplianceProof } from '../zk/index.ts'
import { COMPLIANCE_FORMAT, type ComplianceTrust } from './compliance-ports.ts'
import type { EvidenceItem } from './messages.ts'

/** Most compliance proofs in one message: each costs a pairing. */
export const MAX_PROOFS = 4

const SPEC = 'comity handshake, evidence'

/** What a message's compliance proofs must have been made for. */
export interface ProvingExpectation {
  /** The demand as it was sent in this run. */
  readonly demand: Demand
  /** Thumbprint of the key that signed the message. */
  readonly key: string
}

/** Who judges compliance proofs, and when. */
export interface ComplianceContext {
  /** What they are judged with. Without it none is believed. */
  readonly compliance?: ComplianceTrust
  /** The own DID. */
  readonly audience: string
  /** The current time in seconds since the epoch. */
  readonly now: number
}

/** A proof that was asked for, and its query. */
export interface AskedProof {
  /** The query that it is shown for. */
  readonly query: ZkQuery
  /** The proof as it was sent. */
  readonly value: string
}

/** Says whether a piece of evidence is a compliance proof. */
export function isComplianceProof({ format }: EvidenceItem): boolean {
  return format === COMPLIANCE_FORMAT
}

/**
 * Holds the compliance proofs of a message against what was asked for, before anything is verified: each costs the
 * verifier more than it costs a stranger to send.
 *
 * @param proving Undefined in the messages of a responder, which shows none.
 * @throws {VerificationError} `COMITY_ZK_PROOF_MISPLACED` in a message that may have none; `COMITY_ZK_PROOF_UNASKED` for
 *   one that names no `comity-zk` query of the demand, or a query that has one already, or above {@link MAX_PROOFS}.
 * @throws {TrustError} `COMITY_ZK_NOT_JUDGED` where nothing here can judge one.
 */
export function askedProofs(
  items: readonly EvidenceItem[],
  proving: ProvingExpectation | undefined,
  trust: ComplianceTrust | undefined,
): readonly AskedProof[] {
  const proofs = items.filter(isComplianceProof)
  if (proofs.length === 0) return []
  if (proving === undefined) {
    throw new VerificationError('COMITY_ZK_PROOF_MISPLACED', 'a responder shows no compliance proofs', {
      spec: SPEC,
    })
  }
  if (trust === undefined) {
    throw new TrustError('COMITY_ZK_NOT_JUDGED', 'no compliance proofs are judged here', { spec: SPEC })
  }
  if (proofs.length > MAX_PROOFS) throw unasked('there are too many compliance proofs', proofs.length)
  const queries = new Map(zkQueriesOf(proving.demand).map((query) => [query.id, query]))
  return proofs.map(({ query: id, value }) => {
    const query = id === undefined ? undefined : queries.get(id)
    if (query === undefined) throw unasked('a compliance proof is for no query, or for one that has another')
    queries.delete(query.id)
    return { query, value }
  })
}

/**
 * Verifies compliance proofs that were asked for, one after the other; the first that fails decides.
 *
 * @throws {ComityError} See {@link ComplianceTrust.verify}.
 */
export async function verifyCompliance(
  proofs: readonly AskedProof[],
  proving: ProvingExpectation | undefined,
  { compliance, audience, now }: ComplianceContext,
): Promise<readonly VerifiedComplianceProof[]> {
  const verified: VerifiedComplianceProof[] = []
  for (const { query, value } of proofs) {
    if (proving === undefined || compliance === undefined) throw new TypeError('nothing to judge proofs with')
    const proof = await compliance.verify(value, { ...proving, query, audience, now })
    assertVerifiedComplianceProof(proof)
    verified.push(proof)
  }
  return verified
}

/**
 * A verified proof as a fact: that its query is met, and nothing else. Only the demand that it was made for may be
 * evaluated over it: another one can have another query of the same name.
 */
export function complianceFact(proof: VerifiedComplianceProof): CredentialFact {
  const { query, type, expiresAt, assessedAt } = proof
  return {
    format: COMPLIANCE_FORMAT,
    query,
    types: ['VerifiableCredential', type],
    claims: {},
    proven: true,
    expiresAt,
    ...(assessedAt === undefined ? {} : { assessedAt }),
  }
}

/** When the first of the proofs is worth nothing any more, in seconds since the epoch; `Infinity` without proofs. */
export function proofsExpireAt(proofs: readonly VerifiedComplianceProof[]): number {
  return Math.min(...proofs.map(({ expiresAt }) => expiresAt), Infinity)
}

function unasked(message: string, proofs = 1): VerificationError {
  return new VerificationError('COMITY_ZK_PROOF_UNASKED', message, { spec: SPEC, details: { proofs } })
}
