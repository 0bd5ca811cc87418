import {
  parseDateTimeStamp,
  verifyCredential,
  type KeyBindingExpectation,
  type IssuerTrust,
  type SignatureCache,
  type StatusChecker,
  type VerifiedCredential,
} from '../credentials/index.ts'
import {
  evaluateDemand,
  type CredentialFact,
  type Demand,
  type Facts,
  type UnmetRule,
  type Verdict,
} from '../demand/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import type { DidResolver } from '../did/index.ts'
import { PolicyError, TrustError, VerificationError, type ComityErrorCode } from '../errors/index.ts'
import type { FetchBudget } from '../net/index.ts'
import type { EvidenceItem } from './messages.ts'
import type { ComplianceTrust } from './compliance-ports.ts'
import type { SpiffeTrust } from './svid-ports.ts'

/** What evidence is judged with. */
export interface EvidenceTrust {
  /** Resolves issuers and peers. */
  readonly resolver: DidResolver
  /** Says which issuer may attest which type. */
  readonly trust: IssuerTrust
  /** Looks up revocation and suspension. */
  readonly status: StatusChecker
  /** Remembers signatures that were verified. Without it each is checked each time. */
  readonly cache?: SignatureCache
  /** What SVIDs are judged with. Without it none is believed. */
  readonly spiffe?: SpiffeTrust
  /** What compliance proofs are judged with. Without it none is believed. */
  readonly compliance?: ComplianceTrust
}

/** A verified credential, and the query that it was shown for. */
export interface VerifiedEvidence {
  readonly query: string | undefined
  readonly credential: VerifiedCredential
}

/** Whose evidence it is, and who judges it when. */
export interface EvidenceContext extends EvidenceTrust {
  /** The peer's DID: each credential's subject. */
  readonly holder: string
  /** The own DID. */
  readonly audience: string
  /** The current time in seconds since the epoch. */
  readonly now: number
  /** Bounds every look-up that the peer causes. */
  readonly budget: FetchBudget
  /** What SD-JWT VCs must be bound to. Without it none is taken: nothing would tie them to this occasion. */
  readonly keyBinding?: KeyBindingExpectation
}

/** The issuer is not believed here, or nobody can say now whether it is. */
const NOT_BELIEVED: ReadonlySet<ComityErrorCode> = new Set<ComityErrorCode>([
  'COMITY_ISSUER_NOT_TRUSTED',
  'COMITY_TRUST_LIST_UNAVAILABLE',
  'COMITY_ACCREDITATION_UNAVAILABLE',
])

/**
 * Check 6 on each piece of evidence, one after the other; the first that fails decides.
 *
 * Evidence that answers no query is what the peer shows to anyone. Where its issuer is not trusted here, or
 * cannot be judged now, it is left out: it was not asked for, and cannot meet a demand either.
 *
 * @throws {VerificationError} `COMITY_HANDSHAKE_EVIDENCE` for a format that this version does not know, and
 *   the codes of `credentials` and `status`.
 * @throws {TrustError} `COMITY_ISSUER_NOT_TRUSTED`, `COMITY_STATUS_UNAVAILABLE` and others.
 */
export async function verifyEvidence(
  items: readonly EvidenceItem[],
  context: EvidenceContext,
): Promise<readonly VerifiedEvidence[]> {
  const verified: VerifiedEvidence[] = []
  for (const item of items) {
    const credential = await verifyItem(item, context)
    if (credential !== undefined) verified.push({ query: item.query, credential })
  }
  return verified
}

async function verifyItem(
  item: EvidenceItem,
  context: EvidenceContext,
): Promise<VerifiedCredential | undefined> {
  const { keyBinding, ...options } = context
  try {
    if (item.format === 'vc+jwt') return await verifyCredential(item.value, options)
    if (item.format === 'dc+sd-jwt' && keyBinding !== undefined) {
      return await verifyCredential(item.value, { ...options, format: item.format, keyBinding })
    }
  } catch (error) {
    const untrusted = error instanceof TrustError && NOT_BELIEVED.has(error.code)
    if (untrusted && item.query === undefined) return undefined
    throw error
  }
  throw new VerificationError('COMITY_HANDSHAKE_EVIDENCE', 'the evidence has a format that is not known here')
}

/**
 * The different credentials among the evidence: one may answer several queries, or be shown twice. An SD-JWT VC counts
 * once for each different choice of its claims: what was seen of it is in all of them together.
 */
export function credentialsOf(evidence: readonly VerifiedEvidence[]): readonly VerifiedCredential[] {
  const shown = ({ format, digest, document }: VerifiedCredential): string =>
    format === 'dc+sd-jwt' ? JSON.stringify([digest, document]) : digest
  return [...new Map(evidence.map(({ credential }) => [shown(credential), credential])).values()]
}

/** The facts about a peer that demands are evaluated over: verified evidence only. */
export function factsOf(did: string, evidence: readonly VerifiedEvidence[]): Facts {
  return { did, credentials: evidence.map(factOf) }
}

function factOf({ query, credential }: VerifiedEvidence): CredentialFact {
  const { types, issuer, document, validUntil, vct, format } = credential
  return {
    ...(query === undefined ? {} : { query }),
    issuer,
    claims: document,
    expiresAt: validUntil,
    ...(format === 'dc+sd-jwt' ? sdJwtFact(types, vct, document) : { format, types }),
  }
}

/**
 * What is particular about an SD-JWT VC as a fact: demands ask for it by its `vct`, its claims stand at the top, and it
 * is a posture all the same where that is its type.
 */
export function sdJwtFact(
  types: readonly string[],
  vct: string | undefined,
  { assessedAt }: JsonObject,
): Pick<CredentialFact, 'format' | 'types' | 'assessedAt'> {
  const moment = typeof assessedAt === 'string' ? parseDateTimeStamp(assessedAt) : undefined
  return {
    format: 'dc+sd-jwt',
    types: vct === undefined ? types : [vct, ...types],
    ...(moment === undefined ? {} : { assessedAt: moment }),
  }
}

/**
 * Evaluates the own demand over the peer's facts.
 *
 * @throws {PolicyError} `COMITY_POSTURE_STALE` when nothing but the age of the posture is wrong,
 *   `COMITY_SPIFFE_DEMAND_UNMET` when nothing but the SVID is, else `COMITY_DEMAND_UNMET`; `details` name the rules, never the values.
 */
export function assertDemandMet(demand: Demand, facts: Facts, now: number): Verdict {
  const verdict = evaluateDemand(demand, facts, { now })
  if (verdict.met) return verdict
  const isOnly = (wanted: UnmetRule['rule']): boolean => verdict.unmet.every(({ rule }) => rule === wanted)
  const [code, message] = isOnly('posture.maxAge')
    ? (['COMITY_POSTURE_STALE', 'the posture is older than the demand allows'] as const)
    : isOnly('spiffe')
      ? (['COMITY_SPIFFE_DEMAND_UNMET', 'no SVID was shown that the demand accepts'] as const)
      : (['COMITY_DEMAND_UNMET', 'the evidence does not meet the demand'] as const)
  throw new PolicyError(code, message, {
    spec: 'comity handshake, check 6',
    details: {
      unmet: verdict.unmet
        .map(({ query, rule }) => (query === undefined ? rule : `${query}: ${rule}`))
        .join(', '),
    },
  })
}
