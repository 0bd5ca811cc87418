import type { VerifiedCredential } from '../credentials/index.ts'
import { parseDemand, POSTURE_TYPE, type CredentialQuery, type Demand } from '../demand/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import { PolicyError } from '../errors/index.ts'
import type { HeldCredential } from '../wallet/index.ts'
import { handshakeBudget } from './bounds.ts'
import { chooseDisclosure, releasable } from './disclosure.ts'
import {
  assertDemandMet,
  credentialsOf,
  factsOf,
  verifyEvidence,
  type EvidenceContext,
  type VerifiedEvidence,
} from './evidence.ts'
import { evidenceClaim, parseEvidence } from './messages.ts'

/** A posture that was shown within a session, and passed the checks of a handshake. */
export interface FreshPosture {
  /** What attests it, and nothing else of what was shown. */
  readonly credentials: readonly VerifiedCredential[]
  /** When it was assessed, in seconds since the epoch. */
  readonly assessedAt: number
}

/**
 * What a demand says about posture: its age, and every query that only an `AgentPostureCredential` answers. A query
 * that stood in sets stays in what is left of them; where another option would do without a posture, it is required
 * all the same: the session may rest on it.
 *
 * @returns The part, parsed; undefined where the demand is not about the age of a posture.
 */
export function postureDemand(demand: Demand): Demand | undefined {
  const { posture, credentials = [], credential_sets: sets } = demand
  if (posture === undefined) return undefined
  const queries = credentials.filter(isAboutPosture)
  if (queries.length === 0) return parseDemand({ posture })
  if (sets === undefined) return parseDemand({ posture, credentials: queries })
  const ids = new Set(queries.map(({ id }) => id))
  const left = sets
    .map((set) => ({ ...set, options: set.options.map((option) => option.filter((id) => ids.has(id))) }))
    .filter(({ options }) => options.every((option) => option.length > 0))
  const kept = new Set(left.flatMap(({ options }) => options.flat()))
  const alone = [...ids].filter((id) => !kept.has(id)).map((id) => ({ options: [[id]] }))
  return parseDemand({ posture, credentials: queries, credential_sets: [...left, ...alone] })
}

/**
 * Chooses, from a wallet, a posture that is fresh enough for what a peer asked in the handshake.
 *
 * @param asked What the peer asked.
 * @param held The wallet's credentials of the DID.
 * @param peer The peer's DID, verified credentials and SPIFFE IDs: release rules are held against them.
 * @param now The current time in seconds since the epoch.
 * @returns The member `evidence` of a renewal; undefined where the wallet has, or releases, nothing fresh enough.
 */
export function chooseFreshPosture(
  asked: Demand,
  held: readonly HeldCredential[],
  peer: {
    readonly did: string
    readonly credentials: readonly VerifiedCredential[]
    readonly spiffeIds?: readonly string[]
  },
  now: number,
): readonly JsonObject[] | undefined {
  const demand = postureDemand(asked)
  if (demand?.posture === undefined) return undefined
  const { maxAge } = demand.posture
  const { did, credentials, spiffeIds = [] } = peer
  const facts = { ...factsOf(did, credentials.map(withoutQuery)), spiffeIds }
  // No SD-JWT VC: a renewal has no transcript that it could be bound to.
  const fresh = releasable(held, facts, now).filter(
    ({ format, types, assessedAt = -Infinity }) =>
      format === 'vc+jwt' && types.includes(POSTURE_TYPE) && now - assessedAt < maxAge,
  )
  const { evidence, complete } = chooseDisclosure(demand, fresh, now)
  if (!complete) return undefined
  return evidenceClaim(
    evidence.map(({ query, held: { format, token } }) => ({ query, format, value: token })),
  )
}

/**
 * Judges a posture that is shown within a session, as check 6 of the handshake judges evidence: holder, signature,
 * times, type, trust, status; then the demand's part about posture.
 *
 * @param body What was sent; its member `evidence` has the form that it has in a `present`, at most 32 pieces.
 * @param demand The {@link postureDemand} of the own demand.
 * @throws {VerificationError} `COMITY_HANDSHAKE_EVIDENCE` when it has not that form, and the codes of `credentials` and
 *   `status`.
 * @throws {TrustError} `COMITY_ISSUER_NOT_TRUSTED`, `COMITY_STATUS_UNAVAILABLE` and others.
 * @throws {PolicyError} `COMITY_POSTURE_STALE`, `COMITY_DEMAND_UNMET`.
 */
export async function judgeFreshPosture(
  body: JsonObject,
  demand: Demand,
  context: Omit<EvidenceContext, 'budget'>,
): Promise<FreshPosture> {
  const { holder, now } = context
  const shown = await verifyEvidence(parseEvidence(body), { ...context, budget: handshakeBudget() })
  const facts = factsOf(holder, shown)
  const { answers, postureAssessedAt } = assertDemandMet(demand, facts, now)
  if (postureAssessedAt === undefined) throw new PolicyError('COMITY_POSTURE_STALE', 'no posture was shown')
  const answering = new Set(Object.values(answers))
  const used = shown.filter(({ credential }, index) =>
    answering.size > 0 ? answering.has(index) : credential.types.includes(POSTURE_TYPE),
  )
  return { credentials: credentialsOf(used), assessedAt: postureAssessedAt }
}

function isAboutPosture(query: CredentialQuery): boolean {
  return (
    query.format === 'vc+jwt' &&
    query.meta.type_values.every((alternative) => alternative.includes(POSTURE_TYPE))
  )
}

function withoutQuery(credential: VerifiedCredential): VerifiedEvidence {
  return { query: undefined, credential }
}
