import { PolicyError } from '../errors/index.ts'
import type { CredentialQuery, CredentialSet, Demand } from './demand.ts'
import {
  assessedAtOf,
  isFresh,
  isPosture,
  queryFaults,
  type CredentialFact,
  type QueryFault,
  type QueryRule,
} from './match.ts'
import { parseDemand } from './parse-demand.ts'
import { meetsSpiffe } from './spiffe.ts'

/** What is known of the peer, all of it verified. */
export interface Facts {
  /** Its DID, whose holder it has proven to be. */
  readonly did: string
  /** The credentials that it has shown. */
  readonly credentials: readonly CredentialFact[]
  /** The SPIFFE IDs (`spiffe://…`) that it has proven, of trust domains that are its own. */
  readonly spiffeIds?: readonly string[]
  /** Whether its evidence was bound to the TLS connection. Defaults to false. */
  readonly channelBound?: boolean
}

/** One rule of a demand that is not met: names and indices only, never a claim's value. */
export interface UnmetRule {
  /** Which rule: one of a query's ({@link QueryRule}), or one of the demand as a whole. */
  readonly rule: QueryRule | 'credential_sets' | 'spiffe' | 'channel'
  /** The id of the query, where the rule belongs to one. */
  readonly query?: string
  /** For the rule `predicate`: its index in the query. */
  readonly predicate?: number
  /** For the rule `credential_sets`: the index of the set. */
  readonly set?: number
}

/** What {@link evaluateDemand} found; frozen. */
export interface Verdict {
  /** Whether all that is required is there. */
  readonly met: boolean
  /**
   * Which credential (its index among the facts) answers which query. Where there are sets, the queries of each set's
   * first option that can be answered; an optional set's too.
   */
  readonly answers: Readonly<Record<string, number>>
  /** Every rule that keeps the demand from being met; empty exactly where it is met. */
  readonly unmet: readonly UnmetRule[]
  /**
   * The credentials (their indices) that were shown for a query that they do not answer. They count for nothing; DCQL
   * lets a verifier refuse the whole presentation for them.
   */
  readonly mismatched: readonly number[]
  /**
   * When the posture was assessed that the answers rest on: the oldest of them, or where no answer is about posture
   * the newest that was shown. In seconds since the Unix epoch.
   */
  readonly postureAssessedAt?: number
}

/** When a demand is judged. */
export interface EvaluateOptions {
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
}

/**
 * Judges whether facts meet a demand. Pure, and monotonous: a further credential never makes a demand unmet.
 *
 * A demand that does not come from {@link parseDemand} is parsed first, so that the empty one is no demand here either.
 * Of several credentials that answer a query, the one assessed last is taken, else the first.
 *
 * With `posture.maxAge` a posture credential that is older answers no query at all; otherwise an old one could answer
 * for what a fresh one does not attest.
 *
 * @param facts What is known of the peer, from verified evidence only.
 * @throws {VerificationError} `COMITY_DEMAND_INVALID` when the demand is not valid.
 * @throws {TypeError} `options.now` is not a finite number.
 */
export function evaluateDemand(demand: Demand, facts: Facts, options: EvaluateOptions): Verdict {
  const { now } = options
  if (!Number.isFinite(now)) throw new TypeError('options.now must be a finite number of seconds')
  const parsed = parseDemand(demand)
  const judged = (parsed.credentials ?? []).map((query) => judgeQuery(query, parsed, facts, now))
  const answers = new Map(
    judged.flatMap(({ query, answer }) => (answer === undefined ? [] : [[query.id, answer]])),
  )
  const { chosen, unmet } = chooseAnswers(parsed.credential_sets, judged, answers)

  const { posture, spiffe, channel } = parsed
  const isTold = unmet.some(({ rule }) => rule === 'posture.maxAge')
  if (
    posture !== undefined &&
    !isTold &&
    !facts.credentials.some((fact) => isUsable(fact, now, posture.maxAge))
  ) {
    unmet.push({ rule: 'posture.maxAge' })
  }
  if (spiffe !== undefined && !meetsSpiffe(spiffe, facts.spiffeIds ?? [])) unmet.push({ rule: 'spiffe' })
  if (channel?.binding === 'required' && facts.channelBound !== true) unmet.push({ rule: 'channel' })

  const postureAssessedAt = postureOf(facts, [...chosen.values()], now)
  return Object.freeze({
    met: unmet.length === 0,
    answers: Object.freeze(
      Object.assign(Object.create(null) as Record<string, number>, Object.fromEntries(chosen)),
    ),
    unmet: Object.freeze(unmet.map((rule) => Object.freeze(rule))),
    mismatched: Object.freeze(mismatchedOf(facts, judged)),
    ...(postureAssessedAt === undefined ? {} : { postureAssessedAt }),
  })
}

/**
 * Throws where a demand is not met.
 *
 * @throws {PolicyError} `COMITY_DEMAND_UNMET`; `details` has the number of unmet rules, and the first one.
 */
export function assertDemandMet(verdict: Verdict): void {
  if (verdict.met) return
  const [first] = verdict.unmet
  throw new PolicyError('COMITY_DEMAND_UNMET', 'the evidence shown does not meet the demand', {
    details: { unmet: verdict.unmet.length, ...first },
  })
}

interface JudgedQuery {
  readonly query: CredentialQuery
  /** The credential that answers it. */
  readonly answer?: number
  /** All credentials that would. */
  readonly matching: ReadonlySet<number>
  /** Why it is not answered: the faults of the credential that comes closest. */
  readonly faults: readonly QueryFault[]
}

function judgeQuery(query: CredentialQuery, demand: Demand, facts: Facts, now: number): JudgedQuery {
  const maxAge = demand.posture?.maxAge
  const matching = new Set<number>()
  let answer: number | undefined
  let newest = -Infinity
  let closest: readonly QueryFault[] = [{ rule: 'credential' }]
  for (const [index, fact] of facts.credentials.entries()) {
    if (fact.query !== undefined && fact.query !== query.id) continue
    const faults = queryFaults(query, fact, {
      now,
      ...(maxAge === undefined ? {} : { maxPostureAge: maxAge }),
    })
    if (faults.length > 0) {
      if (isCloser(faults, closest)) closest = faults
      continue
    }
    matching.add(index)
    const assessedAt = (isPosture(fact) ? assessedAtOf(fact) : undefined) ?? -Infinity
    if (answer === undefined || assessedAt > newest) [answer, newest] = [index, assessedAt]
  }
  return answer === undefined ? { query, matching, faults: closest } : { query, matching, faults: [], answer }
}

function isCloser(faults: readonly QueryFault[], than: readonly QueryFault[]): boolean {
  const isOther = ([first]: readonly QueryFault[]): boolean => first?.rule === 'credential'
  if (isOther(faults)) return false
  return isOther(than) || faults.length < than.length
}

function chooseAnswers(
  sets: readonly CredentialSet[] | undefined,
  judged: readonly JudgedQuery[],
  answers: ReadonlyMap<string, number>,
): { chosen: ReadonlyMap<string, number>; unmet: UnmetRule[] } {
  if (sets === undefined) return { chosen: answers, unmet: judged.flatMap(faultsOf) }
  const chosen = new Map<string, number>()
  const unmet: UnmetRule[] = []
  const missing = new Set<string>()
  for (const [index, { options, required = true }] of sets.entries()) {
    const option = options.find((ids) => ids.every((id) => answers.has(id)))
    for (const id of option ?? []) {
      const answer = answers.get(id)
      if (answer !== undefined) chosen.set(id, answer)
    }
    if (option !== undefined || !required) continue
    unmet.push({ rule: 'credential_sets', set: index })
    for (const id of options.flat()) missing.add(id)
  }
  unmet.push(...judged.filter(({ query }) => missing.has(query.id)).flatMap(faultsOf))
  return { chosen, unmet }
}

function faultsOf({ query, faults }: JudgedQuery): UnmetRule[] {
  return faults.map((fault) => ({ ...fault, query: query.id }))
}

function mismatchedOf(facts: Facts, judged: readonly JudgedQuery[]): readonly number[] {
  const byId = new Map(judged.map((each) => [each.query.id, each]))
  return facts.credentials.flatMap(({ query }, index) =>
    query === undefined || byId.get(query)?.matching.has(index) === true ? [] : [index],
  )
}

function isUsable(fact: CredentialFact, now: number, maxAge: number): boolean {
  return (
    isPosture(fact) && isFresh(fact, now, maxAge) && !(fact.expiresAt !== undefined && fact.expiresAt <= now)
  )
}

function postureOf(facts: Facts, chosen: readonly number[], now: number): number | undefined {
  const times = (indices: readonly number[]): number[] =>
    indices.flatMap((index) => {
      const fact = facts.credentials[index]
      return fact !== undefined && isUsable(fact, now, Infinity) ? [assessedAtOf(fact) ?? -Infinity] : []
    })
  const ofAnswers = times(chosen)
  if (ofAnswers.length > 0) return Math.min(...ofAnswers)
  const ofAll = times([...facts.credentials.keys()])
  return ofAll.length > 0 ? Math.max(...ofAll) : undefined
}
