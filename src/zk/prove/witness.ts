import type { ZkQuery } from '../../demand/index.ts'
import { PolicyError, VerificationError } from '../../errors/index.ts'
import type { AnchoredLeaf } from '../anchor-leaf.ts'
import type { AnchorSet } from '../anchor-set.ts'
import type { BabyJubJubPoint } from '../baby-jubjub.ts'
import { MAX_CLAIMS, type ClaimSlot } from '../claims.ts'
import {
  assertVerifiedComplianceCredential,
  type VerifiedComplianceCredential,
} from '../compliance-credential.ts'
import { PREDICATE_OP, type CompiledPolicy, type CompiledPredicate } from '../policy.ts'
import { STATUSES_PER_LEAF } from '../status-tree.ts'
import type { CircuitInput } from './circuit-input.ts'

/** What a witness is made of. */
export interface CircuitInputParts {
  /** The credential that the proof hides. */
  readonly credential: VerifiedComplianceCredential
  /** The holder's secret. */
  readonly secret: bigint
  /** The query, for messages. */
  readonly query: ZkQuery
  /** What `compilePredicates` makes of the query. */
  readonly policy: CompiledPolicy
  /** The anchor list that the query names. */
  readonly anchors: Pick<AnchorSet, 'root' | 'epoch'>
  /** The place of the credential in that list. */
  readonly leaf: AnchoredLeaf
  /** What `challengeOf` gives. */
  readonly challenge: bigint
  /** What `domainOf` gives. */
  readonly domain: bigint
  /** The auditor's key and the randomness of the escrow, where the query names an auditor. */
  readonly escrow: { readonly auditor: BabyJubJubPoint; readonly nonce: bigint } | undefined
}

const SPEC = 'zk.md, Proving'

/**
 * Makes the circuit's input, if the credential honestly satisfies the query: nothing is tried that the circuit would
 * refuse.
 *
 * The checks run in this order: type, times, status, predicates.
 *
 * @param parts - See {@link CircuitInputParts}.
 * @returns The input: secret, all of it.
 * @throws {PolicyError} `COMITY_CREDENTIAL_TYPE`; `COMITY_ZK_UNSATISFIED` with the id of the query and the index of the
 *   predicate that does not hold.
 * @throws {VerificationError} `COMITY_CREDENTIAL_NOT_YET_VALID` or `COMITY_CREDENTIAL_EXPIRED` as of the start of the
 *   epoch; `COMITY_ZK_CREDENTIAL_REVOKED`.
 * @throws {TypeError} When the credential was not verified.
 */
export function circuitInput(parts: CircuitInputParts): CircuitInput {
  const { credential, secret, query, policy, anchors, leaf, challenge, domain, escrow } = parts
  assertVerifiedComplianceCredential(credential)
  if (credential.type !== policy.type) {
    throw new PolicyError('COMITY_CREDENTIAL_TYPE', 'the credential is not of the type that is asked for', {
      details: { query: query.id },
    })
  }
  checkTimes(credential, anchors.epoch)
  const { idx } = credential.status
  const { index, siblings, statusTree: status } = leaf
  checkStatus(status, idx)
  const { slots, issuerKey, signature } = credential
  return {
    anchors: anchors.root,
    now: BigInt(anchors.epoch),
    challenge,
    domain,
    escrowEnabled: escrow === undefined ? 0n : 1n,
    auditor: escrow === undefined ? [0n, 1n] : [escrow.auditor.x, escrow.auditor.y],
    escrowNonce: escrow?.nonce ?? 0n,
    keys: filled(slots, ({ key }) => key),
    values: filled(slots, ({ field }) => field),
    type: policy.typeField,
    iat: BigInt(credential.iat),
    exp: BigInt(credential.exp),
    statusIndex: BigInt(idx),
    secret,
    issuerKey: [issuerKey.x, issuerKey.y],
    signatureR8: [signature.r8.x, signature.r8.y],
    signatureS: signature.s,
    issuerIndex: BigInt(index),
    issuerSiblings: siblings,
    statusLeaf: status.leaf(idx),
    statusSiblings: status.path(idx),
    ...predicateSignals(slots, policy, query.id),
  }
}

type PredicateSignals = Pick<
  CircuitInput,
  'predicateKey' | 'predicateOp' | 'predicateLo' | 'predicateHi' | 'predicateJoined' | 'claimed' | 'selected'
>

function predicateSignals(
  slots: readonly ClaimSlot[],
  { predicates, source }: CompiledPolicy,
  query: string,
): PredicateSignals {
  const claims = claimPredicates(slots, predicates, (index) => {
    throw new PolicyError('COMITY_ZK_UNSATISFIED', 'the credential does not satisfy the query', {
      spec: SPEC,
      details: { query, predicate: source[index] ?? index },
    })
  })
  return {
    predicateKey: predicates.map(({ key }) => key),
    predicateOp: predicates.map(({ op }) => op),
    predicateLo: predicates.map(({ lo }) => lo),
    predicateHi: predicates.map(({ hi }) => hi),
    predicateJoined: predicates.map(({ joined }) => joined),
    claimed: claims.map((claim) => (claim === undefined ? 0n : 1n)),
    selected: claims.map((claim) =>
      Array.from({ length: MAX_CLAIMS }, (_, slot) => (claim?.slot === slot ? 1n : 0n)),
    ),
  }
}

/** That a predicate holds, and where; `none` and unused ones hold by no slot. */
interface Claim {
  readonly slot: number | undefined
}

/** Claims of each clause the first predicate that holds. */
function claimPredicates(
  slots: readonly ClaimSlot[],
  predicates: readonly CompiledPredicate[],
  refuse: (index: number) => never,
): readonly (Claim | undefined)[] {
  const claims: (Claim | undefined)[] = []
  let isMet = true
  for (const [index, predicate] of predicates.entries()) {
    const begins = predicate.joined === 0n
    if (begins && !isMet) refuse(index - 1)
    const claim: Claim | undefined = begins || !isMet ? findClaim(slots, predicate) : undefined
    isMet = claim !== undefined || (!begins && isMet)
    claims.push(claim)
  }
  if (!isMet) refuse(predicates.length - 1)
  return claims
}

function findClaim(slots: readonly ClaimSlot[], { key, op, lo, hi }: CompiledPredicate): Claim | undefined {
  const find = (holds: (field: bigint) => boolean): Claim | undefined => {
    const slot = slots.findIndex((candidate) => candidate.key === key && holds(candidate.field))
    return slot === -1 ? undefined : { slot }
  }
  switch (op) {
    case PREDICATE_OP.true:
      return { slot: undefined }
    case PREDICATE_OP.eq:
      return find((field) => field === lo)
    case PREDICATE_OP.range:
      return find((field) => lo <= field && field <= hi)
    case PREDICATE_OP.none:
      return find((field) => field === lo) === undefined ? { slot: undefined } : undefined
    default:
      throw new TypeError('the policy has an unknown op')
  }
}

function checkTimes({ iat, exp }: VerifiedComplianceCredential, epoch: number): void {
  if (epoch < iat) {
    throw new VerificationError(
      'COMITY_CREDENTIAL_NOT_YET_VALID',
      'the credential was not valid yet at the start of the epoch',
      { spec: SPEC, details: { epoch, validFrom: iat } },
    )
  }
  if (epoch > exp) {
    throw new VerificationError(
      'COMITY_CREDENTIAL_EXPIRED',
      'the credential had expired at the start of the epoch',
      { spec: SPEC, details: { epoch, validUntil: exp } },
    )
  }
}

function checkStatus(status: AnchoredLeaf['statusTree'], index: number): void {
  if (((status.leaf(index) >> BigInt(index % STATUSES_PER_LEAF)) & 1n) === 0n) return
  throw new VerificationError('COMITY_ZK_CREDENTIAL_REVOKED', 'the credential is revoked or suspended', {
    spec: SPEC,
  })
}

function filled(slots: readonly ClaimSlot[], of: (slot: ClaimSlot) => bigint): readonly bigint[] {
  return Array.from({ length: MAX_CLAIMS }, (_, index) => {
    const slot = slots[index]
    return slot === undefined ? 0n : of(slot)
  })
}
