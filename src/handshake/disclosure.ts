import {
  evaluateDemand,
  matchesQuery,
  type CredentialFact,
  type Demand,
  type Facts,
} from '../demand/index.ts'
import type { HeldCredential } from '../wallet/index.ts'
import { MAX_EVIDENCE, type EvidenceItem } from './messages.ts'

const POSTURE_TYPE = 'AgentPostureCredential'

/** What the holder shows, or what it cannot show. */
export interface Disclosure {
  /** The evidence for the peer's demand: nothing that was not asked for. */
  readonly evidence: readonly EvidenceItem[]
  /** Whether every required query has its credential. */
  readonly complete: boolean
  /** The queries that no credential answers, among those that may be shown. */
  readonly unanswered: readonly string[]
}

/** A held credential as a fact, to be matched against the peer's queries. */
function factOf(held: HeldCredential): CredentialFact {
  return {
    format: held.format,
    types: held.types,
    issuer: held.issuer,
    claims: held.document,
    expiresAt: held.validUntil,
  }
}

/**
 * What may leave: a credential whose release rule is met by *verified* facts about the peer, and that has
 * not expired.
 */
export function releasable(
  held: readonly HeldCredential[],
  peer: Facts | undefined,
  now: number,
): readonly HeldCredential[] {
  return held.filter(({ release, validUntil }) => {
    if (validUntil <= now || release === 'never') return false
    if (release === 'public') return true
    return peer !== undefined && evaluateDemand(release, peer, { now }).met
  })
}

/** What the holder shows to anyone, whatever is asked: the first 32 of it, as many as a message may have. */
export function publicEvidence(held: readonly HeldCredential[], now: number): readonly EvidenceItem[] {
  return releasable(held, undefined, now)
    .slice(0, MAX_EVIDENCE)
    .map(({ format, token }) => ({
      query: undefined,
      format,
      value: token,
    }))
}

/**
 * Chooses the evidence for the peer's demand: of the alternatives that can be answered in full, for each
 * required set, the one with the fewest credentials (the earlier one among equals); optional sets are left
 * out. Whether a posture is fresh enough is left to the verifier's clock.
 *
 * @param demand What the peer asks.
 * @param held What may leave, see {@link releasable}.
 * @param now The current time in seconds since the epoch.
 */
export function chooseDisclosure(demand: Demand, held: readonly HeldCredential[], now: number): Disclosure {
  const queries = new Map((demand.credentials ?? []).map((query) => [query.id, query]))
  const answers = new Map<string, HeldCredential>()
  // Of several that fit, the one assessed last: the verifier may ask how old it is.
  const newestFirst = held.toSorted((left, right) => (right.assessedAt ?? 0) - (left.assessedAt ?? 0))
  for (const [id, query] of queries) {
    const answer = newestFirst.find((credential) => matchesQuery(query, factOf(credential), { now }))
    if (answer !== undefined) answers.set(id, answer)
  }
  const unanswered = [...queries.keys()].filter((id) => !answers.has(id))
  const wanted = wantedQueries(demand, [...queries.keys()], answers)
  if (wanted === undefined) return { evidence: [], complete: false, unanswered }
  const evidence = [...new Set(wanted)].flatMap((id) => {
    const answer = answers.get(id)
    return answer === undefined ? [] : [{ query: id, format: answer.format, value: answer.token }]
  })
  const complete = withPosture(demand, newestFirst, evidence)
  if (complete === undefined || complete.length > MAX_EVIDENCE)
    return { evidence: [], complete: false, unanswered }
  return { evidence: complete, complete: true, unanswered }
}

function wantedQueries(
  demand: Demand,
  all: readonly string[],
  answers: ReadonlyMap<string, HeldCredential>,
): readonly string[] | undefined {
  const answerable = (option: readonly string[]): boolean => option.every((id) => answers.has(id))
  if (demand.credential_sets === undefined) return answerable(all) ? all : undefined
  const wanted: string[] = []
  for (const { options, required = true } of demand.credential_sets) {
    if (!required) continue
    const [best] = options.filter(answerable).sort((left, right) => left.length - right.length)
    if (best === undefined) return undefined
    wanted.push(...best)
  }
  return wanted
}

/** A demand on the posture's age needs a posture, also when no query asks for one; undefined where there is none. */
function withPosture(
  demand: Demand,
  newestFirst: readonly HeldCredential[],
  evidence: readonly EvidenceItem[],
): readonly EvidenceItem[] | undefined {
  if (demand.posture === undefined) return evidence
  const postures = newestFirst.filter(({ types }) => types.includes(POSTURE_TYPE))
  if (postures.some(({ token }) => evidence.some(({ value }) => value === token))) return evidence
  const [freshest] = postures
  if (freshest === undefined) return undefined
  return [...evidence, { query: undefined, format: freshest.format, value: freshest.token }]
}
