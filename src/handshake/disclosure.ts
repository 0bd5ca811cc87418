import { presentSdJwtCredential, type KeyBindingExpectation } from '../credentials/index.ts'
import {
  evaluateDemand,
  matchesQuery,
  selectClaims,
  type ClaimsPath,
  type CredentialFact,
  type CredentialQuery,
  type Demand,
  type Facts,
} from '../demand/index.ts'
import type { Signer } from '../keys/index.ts'
import type { HeldCredential } from '../wallet/index.ts'
import { MAX_PROOFS } from './compliance-evidence.ts'
import { provesPosture } from './compliance-posture.ts'
import { sdJwtFact } from './evidence.ts'
import { MAX_EVIDENCE, type EvidenceItem } from './messages.ts'

const POSTURE_TYPE = 'AgentPostureCredential'

/** A credential that is to be shown, and as much of it as was asked for. */
export interface ChosenEvidence {
  /** The query that it answers. */
  readonly query: string | undefined
  /** The credential. */
  readonly held: HeldCredential
  /** Of an SD-JWT VC, the claims to show; of another all is shown. */
  readonly disclose: readonly ClaimsPath[]
}

/** What the holder shows, or what it cannot show. */
export interface Disclosure {
  /** The evidence for the peer's demand: nothing that was not asked for. */
  readonly evidence: readonly ChosenEvidence[]
  /** The queries that compliance proofs are to answer. */
  readonly proofs: readonly string[]
  /** Whether every required query has its credential. */
  readonly complete: boolean
  /** The queries that no credential answers, among those that may be shown. */
  readonly unanswered: readonly string[]
}

/** Who shows evidence, and on which occasion. */
export interface Presenter {
  /** The key that the message is signed with, which SD-JWT VCs must be bound to. */
  readonly signer: Signer
  /** What to sign for SD-JWT VCs. */
  readonly keyBinding: KeyBindingExpectation
  /** The current time in seconds since the epoch. */
  readonly now: number
}

/**
 * Makes the evidence that was chosen: SD-JWT VCs are cut down to what was asked for, and signed for this occasion.
 *
 * @throws {TypeError} When one is bound to another key; see {@link showable}.
 */
export async function presentEvidence(
  chosen: readonly ChosenEvidence[],
  { signer, keyBinding, now }: Presenter,
): Promise<readonly EvidenceItem[]> {
  return Promise.all(
    chosen.map(async ({ query, held: { format, token }, disclose }) => {
      if (format === 'vc+jwt') return { query, format, value: token }
      const options = { disclose, holder: signer, ...keyBinding, now }
      return { query, format, value: await presentSdJwtCredential(token, options) }
    }),
  )
}

/** The credentials that can be shown with a key: SD-JWT VCs are bound to one, and after a rotation to an old one. */
export function showable(held: readonly HeldCredential[], key: string): readonly HeldCredential[] {
  return held.filter(({ format, holderKey }) => format === 'vc+jwt' || holderKey === key)
}

/** A held credential as a fact, to be matched against the peer's queries. */
function factOf(held: HeldCredential): CredentialFact {
  const { format, types, issuer, document, validUntil, vct } = held
  const special = format === 'dc+sd-jwt' ? sdJwtFact(types, vct, document) : { format, types }
  return { issuer, claims: document, expiresAt: validUntil, ...special }
}

/** The claims that a query is about, and that are there. A posture shows when it was assessed. */
function pathsOf(query: CredentialQuery | undefined, held: HeldCredential): readonly ClaimsPath[] {
  if (held.format === 'vc+jwt') return []
  const present = (path: ClaimsPath): boolean => selectClaims(path, held.document).length > 0
  const claims = (query?.claims ?? []).filter(({ path }) => present(path))
  const set = query?.claim_sets?.find((ids) => ids.every((id) => claims.some((claim) => claim.id === id)))
  const asked = claims.filter(({ id }) => set === undefined || (id !== undefined && set.includes(id)))
  const judged = (query?.predicates ?? []).map(({ path }) => path)
  const posture: ClaimsPath[] = held.types.includes(POSTURE_TYPE) ? [['assessedAt']] : []
  return [...asked.map(({ path }) => path), ...judged, ...posture].filter(present)
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

/**
 * What the holder shows to anyone, whatever is asked: the first 32 of it, as many as a message may have. An SD-JWT VC is
 * not among them: nobody has said which of its claims to show.
 */
export function publicEvidence(held: readonly HeldCredential[], now: number): readonly EvidenceItem[] {
  return releasable(held, undefined, now)
    .filter(({ format }) => format === 'vc+jwt')
    .slice(0, MAX_EVIDENCE)
    .map(({ format, token }) => ({
      query: undefined,
      format,
      value: token,
    }))
}

/**
 * Chooses the evidence for the peer's demand: of the alternatives that can be answered in full, for each
 * required set, the one that shows the fewest credentials, among equals the one with the fewest that are shown as a
 * whole, and then the one with the fewest compliance proofs, which show no credential (the earlier one if that is equal
 * too); optional sets are left out. Whether a posture is fresh enough is left to the verifier's clock.
 *
 * @param demand What the peer asks.
 * @param held What may leave, see {@link releasable}.
 * @param now The current time in seconds since the epoch.
 * @param proven The `comity-zk` queries that there are compliance proofs for.
 */
export function chooseDisclosure(
  demand: Demand,
  held: readonly HeldCredential[],
  now: number,
  proven: readonly string[] = [],
): Disclosure {
  const queries = new Map((demand.credentials ?? []).map((query) => [query.id, query]))
  const answers: Answers = new Map()
  // Of several that fit, the one assessed last: the verifier may ask how old it is.
  const newestFirst = held.toSorted((left, right) => (right.assessedAt ?? 0) - (left.assessedAt ?? 0))
  for (const [id, query] of queries) {
    if (query.format === 'comity-zk') {
      if (proven.includes(id)) answers.set(id, 'proof')
      continue
    }
    const answer = newestFirst.find((credential) => matchesQuery(query, factOf(credential), { now }))
    if (answer !== undefined) answers.set(id, answer)
  }
  const unanswered = [...queries.keys()].filter((id) => !answers.has(id))
  const wanted = wantedQueries(demand, [...queries.keys()], answers)
  const nothing: Disclosure = { evidence: [], proofs: [], complete: false, unanswered }
  if (wanted === undefined) return nothing
  const evidence = [...new Set(wanted)].flatMap((id) => {
    const answer = answers.get(id)
    if (answer === undefined || answer === 'proof') return []
    return [{ query: id, held: answer, disclose: pathsOf(queries.get(id), answer) }]
  })
  const proofs = [...new Set(wanted)].filter((id) => answers.get(id) === 'proof')
  const isPostureProven = provesPosture(demand, proofs, now)
  const complete = isPostureProven ? evidence : withPosture(demand, newestFirst, evidence)
  if (complete === undefined || complete.length + proofs.length > MAX_EVIDENCE) return nothing
  if (proofs.length > MAX_PROOFS) return nothing
  return { evidence: complete, proofs, complete: true, unanswered }
}

/** What answers which query: a credential, or a compliance proof. */
type Answers = Map<string, HeldCredential | 'proof'>

function wantedQueries(
  demand: Demand,
  all: readonly string[],
  answers: Answers,
): readonly string[] | undefined {
  const answerable = (option: readonly string[]): boolean => option.every((id) => answers.has(id))
  if (demand.credential_sets === undefined) return answerable(all) ? all : undefined
  const wanted: string[] = []
  for (const { options, required = true } of demand.credential_sets) {
    if (!required) continue
    const [best] = options.filter(answerable).sort((left, right) => {
      const [one, other] = [costOf(left, answers), costOf(right, answers)]
      return one.shown - other.shown || one.whole - other.whole || one.proofs - other.proofs
    })
    if (best === undefined) return undefined
    wanted.push(...best)
  }
  return wanted
}

/** How many credentials an option would show, and as a whole; and how many proofs. */
function costOf(
  option: readonly string[],
  answers: Answers,
): { readonly shown: number; readonly whole: number; readonly proofs: number } {
  const used = option.map((id) => answers.get(id))
  const proofs = used.filter((answer) => answer === 'proof').length
  const whole = used.filter((answer) => answer !== 'proof' && answer?.format === 'vc+jwt').length
  return { shown: used.length - proofs, whole, proofs }
}

/** A demand on the posture's age needs a posture, also when no query asks for one; undefined where there is none. */
function withPosture(
  demand: Demand,
  newestFirst: readonly HeldCredential[],
  evidence: readonly ChosenEvidence[],
): readonly ChosenEvidence[] | undefined {
  if (demand.posture === undefined) return evidence
  const postures = newestFirst.filter(({ types }) => types.includes(POSTURE_TYPE))
  if (postures.some((posture) => evidence.some(({ held }) => held === posture))) return evidence
  const [freshest] = postures
  if (freshest === undefined) return undefined
  return [...evidence, { query: undefined, held: freshest, disclose: pathsOf(undefined, freshest) }]
}
