/**
 * What one agent asks of another, and whether what is known of it is enough.
 *
 * A demand is data: {@link parseDemand} checks its form (published as {@link demandSchema}), {@link evaluateDemand}
 * judges it over facts. Pure: no I/O, no clock, no dependency, and no knowledge of how a credential is verified. That
 * is what lets a circuit judge the same demands.
 *
 * @module
 */
export { selectClaims } from './claims-path.ts'
export { comparable } from './comparable.ts'
export {
  DEMAND_FORMATS,
  type ClaimQuery,
  type ClaimsPath,
  type ClaimValue,
  type CredentialQuery,
  type CredentialQueryBase,
  type CredentialSet,
  type Demand,
  type DemandFormat,
  type EqPredicate,
  type InPredicate,
  type NonePredicate,
  type PathElement,
  type Predicate,
  type RangeBound,
  type RangePredicate,
  type SdJwtQuery,
  type SpiffeDemand,
  type VcJwtQuery,
  type ZkQuery,
} from './demand.ts'
export {
  assertDemandMet,
  evaluateDemand,
  type EvaluateOptions,
  type Facts,
  type UnmetRule,
  type Verdict,
} from './evaluate.ts'
export {
  ASSESSMENT_SKEW,
  matchesQuery,
  POSTURE_TYPE,
  queryFaults,
  type CredentialFact,
  type MatchOptions,
  type QueryFault,
  type QueryRule,
} from './match.ts'
export { ANYONE, parseDemand } from './parse-demand.ts'
export { predicateHolds, type PredicateTimes } from './predicate.ts'
export { demandSchema, type JsonSchema } from './schema.ts'
export { zkQueriesOf } from './zk-queries.ts'
