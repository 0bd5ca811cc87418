import { PolicyError, VerificationError } from '../errors/index.ts'
import type { ComplianceExpectation, ComplianceTrust } from '../handshake/index.ts'
import type { Store } from '../store/index.ts'
import {
  compilePredicates,
  verifyComplianceProof,
  type AnchorPublisher,
  type BabyJubJubPoint,
  type VerificationKey,
  type VerifiedComplianceProof,
} from '../zk/index.ts'

/** What compliance proofs are verified with. */
export interface ComplianceVerifierOptions {
  /** Has the current anchors. */
  readonly publisher: Pick<AnchorPublisher, 'current'>
  /** The key of the circuit. */
  readonly verificationKey: VerificationKey
  /** The keys of auditors that the demand names, by DID URL. Defaults to none. */
  readonly auditors?: Readonly<Record<string, BabyJubJubPoint>>
  /** Where it is remembered which proofs were taken. */
  readonly store: Store
}

/**
 * Makes what a responder judges compliance proofs with.
 *
 * The checks run in this order: the query's anchors are the current ones; those of `verifyComplianceProof`; no proof of
 * the same key, audience, demand, query and epoch was taken before. A proof can be changed by anybody into another one
 * of the same statement, so what is remembered is what it was made for, and not the proof: until it is worth nothing.
 */
export function createComplianceVerifier(options: ComplianceVerifierOptions): ComplianceTrust {
  const { store } = options
  return Object.freeze({
    async verify(value: string, expected: ComplianceExpectation) {
      const proof = verifyAgainstCurrent(value, expected, options)
      await takeProof(proof, store)
      return proof
    },
  })
}

function verifyAgainstCurrent(
  value: string,
  { query, demand, audience, key }: ComplianceExpectation,
  { publisher, verificationKey, auditors = {} }: ComplianceVerifierOptions,
): VerifiedComplianceProof {
  const anchors = publisher.current(compilePredicates(query).type)
  const { meta } = query
  if (meta.anchors !== anchors.digest || meta.epoch !== anchors.epoch) {
    throw new PolicyError('COMITY_ZK_ANCHORS_STALE', 'the anchors of the demand are not current any more', {
      spec: 'comity handshake, evidence',
      details: { epoch: meta.epoch, current: anchors.epoch },
    })
  }
  const auditor =
    meta.auditor !== undefined && Object.hasOwn(auditors, meta.auditor) ? auditors[meta.auditor] : undefined
  return verifyComplianceProof(value, {
    query,
    demand,
    audience,
    key,
    anchors,
    verificationKey,
    ...(auditor === undefined ? {} : { auditor }),
  })
}

/**
 * Takes a proof that was verified, for all instances on the store.
 *
 * @throws {VerificationError} `COMITY_ZK_PROOF_REPLAYED` when one for the same occasion was taken before.
 */
export async function takeProof(
  { challenge, expiresAt }: Pick<VerifiedComplianceProof, 'challenge' | 'expiresAt'>,
  store: Store,
): Promise<void> {
  if (await store.putIfAbsent(`zk/taken/${challenge}`, '1', { expiresAt })) return
  throw new VerificationError('COMITY_ZK_PROOF_REPLAYED', 'a proof for this occasion was taken before', {
    spec: 'comity handshake, evidence',
  })
}
