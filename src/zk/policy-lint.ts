import { canonicalizeJson } from '../encoding/index.ts'
import { POSTURE_TYPE, type Predicate, type ZkQuery } from '../demand/index.ts'
import { compilePredicates, PREDICATE_OP } from './policy.ts'

/** Which advice is given. */
export type PolicyAdvice =
  /** `none` holds as well where the claim is absent, and no other predicate needs it: for numbers, `range` 0 to 0 does. */
  | 'none-holds-when-absent'
  /** The lowest value of a range is above the highest: nobody can prove it. */
  | 'range-is-empty'
  /** There are no predicates: any valid credential of the type will do. */
  | 'no-predicates'
  /** No predicate bounds when the posture was assessed, so that an old one will do. */
  | 'assessment-unbounded'
  /** A value stands twice in an `in`, and takes two of the circuit's predicates. */
  | 'value-repeated'

/** Something in a query that may not mean what its author wanted. */
export interface PolicyWarning {
  /** What it is. */
  readonly advice: PolicyAdvice
  /** The index of the predicate, where it is about one. */
  readonly predicate?: number
}

/**
 * Says what in a query may not mean what its author wanted. A warning is no fault: the query can be proven as it is.
 *
 * @throws {VerificationError} As {@link compilePredicates} for a query that cannot be proven at all.
 * @see docs/spec/zk.md, "Policies"
 */
export function lintPolicy(query: ZkQuery): readonly PolicyWarning[] {
  const policy = compilePredicates(query)
  const predicates = query.predicates ?? []
  const warnings: PolicyWarning[] = []
  if (predicates.length === 0) warnings.push({ advice: 'no-predicates' })
  for (const [index, predicate] of predicates.entries()) {
    const advice = adviceOn(predicate, predicates)
    if (advice !== undefined) warnings.push({ advice, predicate: index })
  }
  for (const [at, { op, lo, hi }] of policy.predicates.entries()) {
    const predicate = policy.source[at]
    if (op === PREDICATE_OP.range && lo > hi && predicate !== undefined)
      warnings.push({ advice: 'range-is-empty', predicate })
  }
  if (policy.type === POSTURE_TYPE && !predicates.some(boundsAssessment)) {
    warnings.push({ advice: 'assessment-unbounded' })
  }
  return Object.freeze(warnings.map((warning) => Object.freeze(warning)))
}

function adviceOn(predicate: Predicate, all: readonly Predicate[]): PolicyAdvice | undefined {
  if (predicate.op === 'in' && new Set(predicate.values).size < predicate.values.length)
    return 'value-repeated'
  if (predicate.op !== 'none') return undefined
  const path = canonicalizeJson(predicate.path)
  const isNeeded = all.some((other) => other.op !== 'none' && canonicalizeJson(other.path) === path)
  return isNeeded ? undefined : 'none-holds-when-absent'
}

function boundsAssessment(predicate: Predicate): boolean {
  if (canonicalizeJson(predicate.path) !== '["credentialSubject","assessedAt"]') return false
  return predicate.op === 'range' ? predicate.min !== undefined : predicate.op !== 'none'
}
