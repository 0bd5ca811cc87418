import { selectClaims } from './claims-path.ts'
import { parseDateTime } from './comparable.ts'
import type { ClaimQuery, CredentialQuery, Predicate } from './demand.ts'
import { predicateHolds, type PredicateTimes } from './predicate.ts'

/** What is known of one credential: to a verifier from verified evidence, to a holder of its own. */
export interface CredentialFact {
  /** The id of the query that it was shown for; it answers no other one. Without it, it may answer any. */
  readonly query?: string
  /** Its format, one of {@link DEMAND_FORMATS}; any other answers nothing. */
  readonly format: string
  /** Its types; for an SD-JWT VC its one `vct`. */
  readonly types: readonly string[]
  /** The DID of its issuer; absent where a compliance proof hides it. */
  readonly issuer?: string
  /** The whole credential (or what is disclosed of it), as parsed JSON; empty where a compliance proof hides it. */
  readonly claims: Readonly<Record<string, unknown>>
  /**
   * Of a `comity-zk` fact: a proof was verified for `query`, that a credential of these types meets all of its
   * predicates. To a verifier nothing else answers a `comity-zk` query.
   */
  readonly proven?: true
  /** When the posture was assessed, in seconds; read from `credentialSubject.assessedAt` where it is not given. */
  readonly assessedAt?: number
  /** When it expires, in seconds. From then on it answers nothing. */
  readonly expiresAt?: number
}

/** The type of credential that `posture` is about. */
export const POSTURE_TYPE = 'AgentPostureCredential'

/** By how many seconds an assessment may lie in the future: the difference of clocks. */
export const ASSESSMENT_SKEW = 60

/** What may keep a credential from answering a query, in the order in which it is looked at. */
export type QueryRule = 'credential' | 'expired' | 'posture.maxAge' | 'claims' | 'predicate'

/** One reason why a credential does not answer a query. */
export interface QueryFault {
  /** Which rule is broken. */
  readonly rule: QueryRule
  /** For the rule `predicate`: its index in the query. */
  readonly predicate?: number
}

/** What else decides whether a credential answers a query. */
export interface MatchOptions {
  /** The time of the decision in seconds since the Unix epoch. */
  readonly now: number
  /** The demand's `posture.maxAge`: older posture credentials answer nothing. */
  readonly maxPostureAge?: number
  /**
   * Whether a `comity-zk` query may be answered by a fact that is not `proven`, from its claims: a holder asks so which
   * of its credentials could be proven. Defaults to false.
   */
  readonly isHolder?: boolean
}

/**
 * Whether a credential answers a query: format, types, not expired, claims there (with their values), all predicates.
 *
 * This does not look at `fact.query`, so that a holder can ask it for any of its credentials; a compliance credential of
 * its own it judges by the claims (`isHolder`). Of a proof it does: a proof is for one query.
 *
 * @throws {TypeError} `options.now` is not a finite number.
 */
export function matchesQuery(query: CredentialQuery, fact: CredentialFact, options: MatchOptions): boolean {
  return queryFaults(query, fact, { isHolder: true, ...options }).length === 0
}

/**
 * All reasons why a credential does not answer a query; none where it does. A credential of another format or type
 * has just the fault `credential`, as has what answers a `comity-zk` query without being proven for it.
 *
 * Of a proof no predicate is looked at: that all of them hold is what was proven. It discloses no claims, and so never
 * answers a query that asks for some.
 *
 * @throws {TypeError} `options.now` is not a finite number.
 */
export function queryFaults(
  query: CredentialQuery,
  fact: CredentialFact,
  options: MatchOptions,
): readonly QueryFault[] {
  const { now, maxPostureAge, isHolder = false } = options
  if (!Number.isFinite(now)) throw new TypeError('options.now must be a finite number of seconds')
  if (fact.format !== query.format || !hasTypes(query, fact.types)) return [{ rule: 'credential' }]
  const isProof = fact.format === 'comity-zk' && !(isHolder && fact.proven === undefined)
  if (isProof && !(fact.proven === true && fact.query === query.id)) return [{ rule: 'credential' }]
  const faults: QueryFault[] = []
  if (fact.expiresAt !== undefined && !(fact.expiresAt > now)) faults.push({ rule: 'expired' })
  if (maxPostureAge !== undefined && isPosture(fact) && !isFresh(fact, now, maxPostureAge)) {
    faults.push({ rule: 'posture.maxAge' })
  }
  if (isProof ? query.claims !== undefined : !hasClaims(query, fact.claims)) faults.push({ rule: 'claims' })
  if (isProof) return faults
  const times: PredicateTimes = query.format === 'comity-zk' ? { now, epoch: query.meta.epoch } : { now }
  for (const [index, predicate] of (query.predicates ?? []).entries()) {
    const holds = predicateHolds(predicate, fact.claims, times) && isShown(query, predicate, fact)
    if (!holds) faults.push({ rule: 'predicate', predicate: index })
  }
  return faults
}

/** Whether a fact is about posture. */
export function isPosture(fact: CredentialFact): boolean {
  return fact.types.includes(POSTURE_TYPE)
}

/** When the posture was assessed, in whole seconds; undefined where the credential does not say it properly. */
export function assessedAtOf(fact: CredentialFact): number | undefined {
  if (fact.assessedAt !== undefined) return Number.isFinite(fact.assessedAt) ? fact.assessedAt : undefined
  const [assessedAt] = selectClaims(['credentialSubject', 'assessedAt'], fact.claims)
  return typeof assessedAt === 'string' ? parseDateTime(assessedAt) : undefined
}

/** Whether a posture was assessed at most `maxAge` seconds ago, and not in the future. */
export function isFresh(fact: CredentialFact, now: number, maxAge: number): boolean {
  const assessedAt = assessedAtOf(fact)
  return assessedAt !== undefined && assessedAt >= now - maxAge && assessedAt <= now + ASSESSMENT_SKEW
}

/** `none` holds where there is nothing, which the holder of an SD-JWT VC could bring about by keeping it back. */
function isShown({ format }: CredentialQuery, { op, path }: Predicate, { claims }: CredentialFact): boolean {
  return format !== 'dc+sd-jwt' || op !== 'none' || selectClaims(path, claims).length > 0
}

function hasTypes(query: CredentialQuery, types: readonly string[]): boolean {
  if (query.format === 'dc+sd-jwt') return query.meta.vct_values.some((vct) => types.includes(vct))
  return query.meta.type_values.some((wanted) => wanted.every((type) => types.includes(type)))
}

function hasClaims(query: CredentialQuery, document: unknown): boolean {
  const claims = query.claims ?? []
  const present = (claim: ClaimQuery): boolean => hasClaim(claim, document)
  if (query.claim_sets === undefined) return claims.every(present)
  return query.claim_sets.some((ids) =>
    ids.every((id) => claims.some((claim) => claim.id === id && present(claim))),
  )
}

function hasClaim({ path, values }: ClaimQuery, document: unknown): boolean {
  const selected = selectClaims(path, document)
  if (values === undefined) return selected.length > 0
  return selected.some((each) => typeof each !== 'object' && values.some((value) => value === each))
}
