import type { Demand, ZkQuery } from '../../demand/index.ts'
import { findForeignJwk, parseDidUrl, type DidResolver } from '../../did/index.ts'
import { PolicyError, TrustError, VerificationError } from '../../errors/index.ts'
import type { AnchorDownload } from '../anchor-source.ts'
import { assertAnchorSet, type AnchorSet } from '../anchor-set.ts'
import {
  multiplyBase,
  multiplyPoint,
  parseBabyJubJubJwk,
  randomScalar,
  type BabyJubJubPoint,
} from '../baby-jubjub.ts'
import type { VerifiedComplianceCredential } from '../compliance-credential.ts'
import type { EscrowCiphertext } from '../escrow.ts'
import { verifyGroth16 } from '../groth16.ts'
import { pseudonymOf } from '../holder.ts'
import { compilePredicates } from '../policy.ts'
import { FIELD_ORDER, poseidon } from '../poseidon.ts'
import { encodeComplianceProof } from '../proof-codec.ts'
import { challengeOf, domainOf, escrowDigest, statementOf } from '../statement.ts'
import type { CircuitInput } from './circuit-input.ts'
import { checksItsProofs, type Prover } from './prover.ts'
import { circuitInput } from './witness.ts'

/** What is proven, to whom, and with what. */
export interface ProveComplianceOptions {
  /** Makes the proof. */
  readonly prover: Prover
  /** The credential, which the proof hides. */
  readonly credential: VerifiedComplianceCredential
  /** The holder's secret, to which the credential is bound. */
  readonly secret: bigint
  /** The query that the proof answers: one of the demand's. */
  readonly query: ZkQuery
  /** The demand as the verifier sent it. */
  readonly demand: Demand
  /** The verifier's DID, as the prover knows it. */
  readonly audience: string
  /** RFC 7638 thumbprint (SHA-256, base64url) of the key that will show the proof. */
  readonly key: string
  /** The anchor list that the query names, with the status lists. */
  readonly download: AnchorDownload
  /** Finds the key of the auditor. Needed where the query names one. */
  readonly resolver?: Pick<DidResolver, 'resolveDocument'>
  /** Ends it. */
  readonly signal?: AbortSignal
}

const SPEC = 'zk.md, Proving'

/**
 * Proves that a credential satisfies a query, and nothing else.
 *
 * The domain of a pseudonym comes from the audience, not from what the query asks for. The proof is checked before it is
 * given out.
 *
 * @param options - See {@link ProveComplianceOptions}.
 * @returns The `value` of a piece of evidence of format `comity-zk`.
 * @throws {PolicyError} `COMITY_ZK_DOMAIN_FOREIGN`; `COMITY_ZK_ANCHORS_STALE` when the download is another list than the
 *   query's, `COMITY_ZK_ANCHORS_TYPE` when it is about another type; `COMITY_CREDENTIAL_TYPE`, `COMITY_ZK_UNSATISFIED`;
 *   `COMITY_ZK_PROVER_BUSY`.
 * @throws {TrustError} `COMITY_ZK_AUDITOR_UNKNOWN` without a resolver, the codes of the resolver and of
 *   `findForeignJwk`; `COMITY_ZK_ISSUER_NOT_ANCHORED`, `COMITY_ZK_STATUS_COLLISION`, `COMITY_STATUS_UNAVAILABLE`.
 * @throws {VerificationError} `COMITY_ZK_ANCHORS_FORGED` when the list is of another verifier; `COMITY_ZK_KEY_INVALID`
 *   for the auditor's key; `COMITY_ZK_POLICY_UNSUPPORTED`, `COMITY_ZK_POLICY_TOO_LARGE`;
 *   `COMITY_CREDENTIAL_NOT_YET_VALID`, `COMITY_CREDENTIAL_EXPIRED`, `COMITY_ZK_CREDENTIAL_REVOKED`;
 *   `COMITY_ZK_PROOF_FAULTY`.
 * @throws {NetworkError} As `Prover.prove`.
 * @see docs/spec/zk.md, "Proving"
 */
export async function proveCompliance(options: ProveComplianceOptions): Promise<string> {
  const { prover, credential, secret, query, demand, audience, key, download, signal } = options
  const { anchors } = download
  checkAnchors(query, anchors, audience)
  const domain = domainOf(query, audience)
  const policy = compilePredicates(query)
  if (policy.type !== anchors.type) {
    throw new PolicyError('COMITY_ZK_ANCHORS_TYPE', 'the anchor list is about another type of credential', {
      spec: SPEC,
    })
  }
  const challenge = challengeOf({ key, audience, demand, query: query.id, epoch: anchors.epoch })
  const auditor = await auditorOf(query, options.resolver)
  const nonce = randomScalar()
  const input = circuitInput({
    credential,
    secret,
    query,
    policy,
    anchors,
    leaf: await download.leafOf(credential),
    challenge,
    domain,
    escrow: auditor === undefined ? undefined : { auditor, nonce },
  })
  const escrow = auditor === undefined ? undefined : sealFor(auditor, nonce, credential.digest)
  const pseudonym = pseudonymOf(secret, domain)
  const statement = statementOf({
    policy: policy.digest,
    anchors: anchors.root,
    epoch: anchors.epoch,
    challenge,
    domain,
    pseudonym,
    escrow:
      auditor === undefined || escrow === undefined ? 0n : escrowDigest(auditor, escrow.c1, escrow.sealed),
  })
  const proof = await proveChecked(prover, input, statement, signal)
  return encodeComplianceProof({
    ...proof,
    ...(domain === 0n ? {} : { pseudonym }),
    ...(escrow === undefined ? {} : { escrow }),
  })
}

function checkAnchors({ meta }: ZkQuery, anchors: AnchorSet, audience: string): void {
  assertAnchorSet(anchors)
  if (meta.anchors !== anchors.digest || meta.epoch !== anchors.epoch) {
    throw new PolicyError('COMITY_ZK_ANCHORS_STALE', 'the query is about another anchor list or epoch', {
      spec: SPEC,
      details: { epoch: meta.epoch, current: anchors.epoch },
    })
  }
  if (anchors.issuer !== audience) {
    throw new VerificationError('COMITY_ZK_ANCHORS_FORGED', 'the anchor list is of another verifier', {
      spec: SPEC,
    })
  }
}

async function auditorOf(
  { meta }: ZkQuery,
  resolver: Pick<DidResolver, 'resolveDocument'> | undefined,
): Promise<BabyJubJubPoint | undefined> {
  if (meta.auditor === undefined) return undefined
  if (resolver === undefined) {
    throw new TrustError('COMITY_ZK_AUDITOR_UNKNOWN', 'there is no resolver for the key of the auditor', {
      spec: SPEC,
    })
  }
  const document = await resolver.resolveDocument(parseDidUrl(meta.auditor).did)
  return parseBabyJubJubJwk(findForeignJwk(document, meta.auditor, 'keyAgreement'))
}

function sealFor(auditor: BabyJubJubPoint, nonce: bigint, digest: bigint): EscrowCiphertext {
  const shared = multiplyPoint(auditor, nonce)
  return { c1: multiplyBase(nonce), sealed: (digest + poseidon([shared.x, shared.y])) % FIELD_ORDER }
}

/** A prover of another make is not believed: a proof that was computed wrongly can give away the secret. */
async function proveChecked(
  prover: Prover,
  input: CircuitInput,
  statement: bigint,
  signal: AbortSignal | undefined,
): ReturnType<Prover['prove']> {
  const proof = await prover.prove(input, { statement, ...(signal === undefined ? {} : { signal }) })
  if (checksItsProofs(prover) || verifyGroth16(prover.verificationKey, proof, [statement])) return proof
  throw new VerificationError('COMITY_ZK_PROOF_FAULTY', 'the proof that was made does not verify')
}
