import type { Demand, ZkQuery } from '../demand/index.ts'
import { encodeBase64url } from '../encoding/index.ts'
import { ComityError, PolicyError, TrustError, VerificationError } from '../errors/index.ts'
import { assertAnchorSet, type AnchorSet } from './anchor-set.ts'
import { assertSubgroupPoint, type BabyJubJubPoint } from './baby-jubjub.ts'
import { encodeEscrow } from './escrow.ts'
import { numberToBytes } from './fields.ts'
import { verifyGroth16, verifyGroth16Each, type Groth16Claim } from './groth16.ts'
import { compilePredicates } from './policy.ts'
import { parseComplianceProof, type UnverifiedComplianceProof } from './proof-codec.ts'
import { provenAssessment } from './proven-assessment.ts'
import { challengeOf, domainOf, escrowDigest, statementOf } from './statement.ts'
import type { VerificationKey } from './verification-key.ts'

/** What a proof must have been made for, and what it is judged with. */
export interface VerifyComplianceProofOptions {
  /** The query that it answers, one of the demand's, with the anchors and the epoch that were sent. */
  readonly query: ZkQuery
  /** The demand as it was sent. */
  readonly demand: Demand
  /** The verifier's own DID. */
  readonly audience: string
  /** RFC 7638 thumbprint of the key of who shows it (SHA-256, base64url). */
  readonly key: string
  /** The verifier's current anchor list for the type that the query is about. */
  readonly anchors: AnchorSet
  /** The key that `query.meta.auditor` names, resolved. Exactly where the query names one. */
  readonly auditor?: BabyJubJubPoint
  /** The key of the circuit. */
  readonly verificationKey: VerificationKey
}

declare const verified: unique symbol

/** A compliance proof that was verified. Only {@link verifyComplianceProof} and {@link verifyComplianceProofs} make one. */
export interface VerifiedComplianceProof {
  /** Only in the type. */
  readonly [verified]: true
  /** The id of the query. */
  readonly query: string
  /** The type of the credential. */
  readonly type: string
  /** The digest of the anchor list, as a URN. */
  readonly anchors: string
  /** The start of the epoch, in seconds since the Unix epoch. */
  readonly epoch: number
  /** In seconds since the Unix epoch: a session on it ends by then. One epoch's length after the epoch's end. */
  readonly expiresAt: number
  /**
   * What ties the proof to key, audience, demand, query and epoch, in base64url. To be accepted once: anybody can change
   * a proof into another one of the same statement.
   */
  readonly challenge: string
  /** The public input, in base64url: it contains the challenge, and whatever was sealed. */
  readonly statement: string
  /** The holder's pseudonym for this verifier, in base64url, where the query asks for one. */
  readonly pseudonym?: string
  /** The credential's digest, sealed for the auditor, where the query names one. */
  readonly escrow?: {
    /** The DID URL of the auditor's key. */
    readonly auditor: string
    /** What `openEscrow` opens. */
    readonly ciphertext: string
  }
  /** In seconds since the Unix epoch: the posture was assessed then or later, where the predicates say so. */
  readonly assessedAt?: number
}

const NUMBER_BYTES = 32
const proofs = new WeakSet<object>()
/** Checking that a point is in the subgroup takes a millisecond, and auditors' keys rarely change. */
const checkedAuditors = new WeakSet<BabyJubJubPoint>()

/**
 * Makes sure that a value came out of `verifyComplianceProof` or `verifyComplianceProofs`.
 *
 * @throws {TypeError} When it did not: the caller has a bug, or made the value by hand.
 */
export function assertVerifiedComplianceProof(value: unknown): asserts value is VerifiedComplianceProof {
  if (typeof value === 'object' && value !== null && proofs.has(value)) return
  throw new TypeError('the value is not a compliance proof that was verified')
}

/**
 * Verifies a compliance proof: that who holds `key` has a credential of an anchored issuer that was valid and not taken
 * back at the start of the epoch, and that meets the query.
 *
 * The checks run in this order: anchors, auditor, pseudonym's domain, policy, form of the proof, its points, its equation.
 * That a proof is accepted once is the caller's part (see {@link VerifiedComplianceProof.challenge}).
 *
 * @param text - The proof as it was sent.
 * @param options - See {@link VerifyComplianceProofOptions}.
 * @returns What it proves, frozen.
 * @throws {PolicyError} `COMITY_ZK_ANCHORS_STALE` when the query's anchors or epoch are not those of the anchor list,
 *   `COMITY_ZK_ANCHORS_TYPE` when that is about another type, `COMITY_ZK_DOMAIN_FOREIGN`.
 * @throws {TrustError} `COMITY_ZK_AUDITOR_UNKNOWN` when the query names an auditor and there is no key.
 * @throws {VerificationError} `COMITY_ZK_KEY_INVALID` for the auditor's key, `COMITY_ZK_POLICY_UNSUPPORTED`,
 *   `COMITY_ZK_POLICY_TOO_LARGE`, `COMITY_ZK_PROOF_MALFORMED`, `COMITY_ZK_POINT_INVALID`, `COMITY_ZK_PROOF_INVALID`.
 * @throws {TypeError} An option contradicts another, or was not made by what makes it.
 * @see docs/spec/zk.md, "Verifying"
 */
export function verifyComplianceProof(
  text: string,
  options: VerifyComplianceProofOptions,
): VerifiedComplianceProof {
  const candidate = prepare(text, options)
  if (!verifyGroth16(options.verificationKey, candidate.proof, candidate.publicInputs)) throw invalid()
  return candidate.seal()
}

/** A proof, and what it must have been made for. */
export interface ComplianceProofToVerify extends Omit<VerifyComplianceProofOptions, 'verificationKey'> {
  /** The proof as it was sent. */
  readonly proof: string
}

/**
 * Verifies several compliance proofs at once, which takes less than half the time. One that is false does not spoil the
 * others: then each is verified by itself, which takes longer than without a batch.
 *
 * @param items - Each as for {@link verifyComplianceProof}.
 * @param verificationKey - The key of the circuit.
 * @returns For each, in order, the verified proof or the error for which it is refused.
 * @throws {TypeError} As {@link verifyComplianceProof}.
 */
export function verifyComplianceProofs(
  items: readonly ComplianceProofToVerify[],
  verificationKey: VerificationKey,
): readonly (VerifiedComplianceProof | ComityError)[] {
  const candidates = items.map(({ proof, ...rest }) => {
    try {
      return prepare(proof, { ...rest, verificationKey })
    } catch (cause) {
      if (cause instanceof ComityError) return cause
      throw cause
    }
  })
  const answers = verifyGroth16Each(
    verificationKey,
    candidates.filter((each): each is Candidate => !(each instanceof ComityError)),
  ).values()
  return candidates.map((each) => {
    if (each instanceof ComityError) return each
    const answer: boolean | ComityError | undefined = answers.next().value
    if (answer instanceof ComityError) return answer
    return answer === true ? each.seal() : invalid()
  })
}

/** A proof whose statement is known, and that is not verified. */
interface Candidate extends Groth16Claim {
  /** To be called when it is verified. */
  seal(): VerifiedComplianceProof
}

function prepare(text: string, options: VerifyComplianceProofOptions): Candidate {
  const { query, demand, audience, key, anchors, auditor } = options
  checkAnchors(query, anchors)
  checkAuditor(query, auditor)
  const domain = domainOf(query, audience)
  const policy = compilePredicates(query)
  if (policy.type !== anchors.type) {
    throw new PolicyError('COMITY_ZK_ANCHORS_TYPE', 'the anchor list is about another type of credential', {
      spec: 'zk.md §9',
    })
  }
  const { epoch } = anchors
  const proof = parseComplianceProof(text, { domain: domain !== 0n, auditor: auditor !== undefined })
  const { pseudonym = 0n, escrow } = proof
  const challenge = challengeOf({ key, audience, demand, query: query.id, epoch })
  const statement = statementOf({
    policy: policy.digest,
    anchors: anchors.root,
    epoch,
    challenge,
    domain,
    pseudonym,
    escrow:
      auditor === undefined || escrow === undefined ? 0n : escrowDigest(auditor, escrow.c1, escrow.sealed),
  })
  return {
    proof,
    publicInputs: [statement],
    seal: () => seal(query, policy.type, anchors, proof, { challenge, statement }),
  }
}

function checkAnchors({ meta }: ZkQuery, anchors: AnchorSet): void {
  assertAnchorSet(anchors)
  if (meta.anchors === anchors.digest && meta.epoch === anchors.epoch) return
  throw new PolicyError('COMITY_ZK_ANCHORS_STALE', 'the query is about another anchor list or epoch', {
    spec: 'zk.md §9',
    details: { epoch: meta.epoch, current: anchors.epoch },
  })
}

function checkAuditor({ meta }: ZkQuery, auditor: BabyJubJubPoint | undefined): void {
  if (auditor === undefined) {
    if (meta.auditor === undefined) return
    throw new TrustError('COMITY_ZK_AUDITOR_UNKNOWN', 'the key of the auditor is not known', {
      spec: 'zk.md §11',
    })
  }
  if (meta.auditor === undefined)
    throw new TypeError('options.auditor must not be there: the query names none')
  if (checkedAuditors.has(auditor)) return
  assertSubgroupPoint(auditor)
  if (Object.isFrozen(auditor)) checkedAuditors.add(auditor)
}

function seal(
  { id, meta, predicates = [] }: ZkQuery,
  type: string,
  { digest, epoch, epochSeconds, expiresAt }: AnchorSet,
  { pseudonym, escrow }: UnverifiedComplianceProof,
  numbers: { readonly challenge: bigint; readonly statement: bigint },
): VerifiedComplianceProof {
  const assessedAt = provenAssessment(predicates, epoch)
  const proof = Object.freeze({
    query: id,
    type,
    anchors: digest,
    epoch,
    expiresAt: expiresAt + epochSeconds,
    challenge: encode(numbers.challenge),
    statement: encode(numbers.statement),
    ...(pseudonym === undefined ? {} : { pseudonym: encode(pseudonym) }),
    ...(escrow === undefined || meta.auditor === undefined
      ? {}
      : { escrow: Object.freeze({ auditor: meta.auditor, ciphertext: encodeEscrow(escrow) }) }),
    ...(assessedAt === undefined ? {} : { assessedAt }),
  }) as VerifiedComplianceProof
  proofs.add(proof)
  return proof
}

function encode(number: bigint): string {
  return encodeBase64url(numberToBytes(number, NUMBER_BYTES))
}

function invalid(): VerificationError {
  return new VerificationError(
    'COMITY_ZK_PROOF_INVALID',
    'the compliance proof does not prove the statement',
    {
      spec: 'zk.md §11',
    },
  )
}
