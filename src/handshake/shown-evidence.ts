import type { Facts } from '../demand/index.ts'
import type { VerifiedComplianceProof } from '../zk/index.ts'
import { bindingOf, type Occasion } from './binding.ts'
import {
  askedProofs,
  complianceFact,
  isComplianceProof,
  verifyCompliance,
  type ProvingExpectation,
} from './compliance-evidence.ts'
import { factsOf, verifyEvidence, type EvidenceContext, type VerifiedEvidence } from './evidence.ts'
import type { EvidenceItem } from './messages.ts'
import { partSvids, spiffeIdsOf, verifySvids, type ConnectionFacts, type ShownSvid } from './svid-evidence.ts'

/** What a peer has shown so far in a run, all of it verified. */
export interface ShownEvidence {
  /** The credentials, each with the query that it was shown for. */
  readonly credentials: readonly VerifiedEvidence[]
  /** The SVIDs. */
  readonly svids: readonly ShownSvid[]
  /** The compliance proofs. */
  readonly proofs: readonly VerifiedComplianceProof[]
  /** Whether the messages that showed it were bound to their connection. */
  readonly isBound: boolean
}

/** What one message's evidence is judged with. */
export interface ShownContext extends EvidenceContext {
  /** The connection that brought the message. */
  readonly connection: ConnectionFacts
  /** What compliance proofs must have been made for; undefined in a message that may have none. */
  readonly proving?: ProvingExpectation
}

/**
 * Check 6 on all that one message shows: whether its compliance proofs were asked for, credentials, SVIDs, and at last
 * the proofs themselves. A proof is taken when it is verified; so it is not lost for what is wrong beside it.
 *
 * @param before What was shown before in the run. Undefined in an offer: nobody has asked for anything yet, so SVIDs
 *   that cannot be judged here are left out, and nothing can have been bound to its verifier.
 * @returns What was shown before and in this message.
 * @throws {ComityError} The codes of `askedProofs`, `verifyEvidence`, `verifySvids` and `verifyCompliance`.
 */
export async function judgeShown(
  items: readonly EvidenceItem[],
  occasion: Occasion,
  context: ShownContext,
  before: ShownEvidence | undefined,
): Promise<ShownEvidence> {
  const { spiffe, compliance, proving, now, budget, connection } = context
  const asked = askedProofs(items, proving, compliance)
  const parts = partSvids(items.filter((item) => !isComplianceProof(item)))
  const keyBinding = before === undefined ? {} : { keyBinding: bindingOf(occasion) }
  const fresh = await verifyEvidence(parts.credentials, { ...context, ...keyBinding })
  const credentials = [...(before?.credentials ?? []), ...fresh]
  const judging = {
    spiffe,
    occasion,
    shown: credentials,
    now,
    budget,
    connection,
    unasked: before === undefined,
  }
  const svids = await verifySvids(parts.svids, judging)
  const proofs = await verifyCompliance(asked, proving, context)
  return {
    credentials,
    svids: [...(before?.svids ?? []), ...svids],
    proofs: [...(before?.proofs ?? []), ...proofs],
    isBound: connection.isBound && (before?.isBound ?? true),
  }
}

/** Before a message in which evidence was asked for: nothing has been shown yet. */
export const NOTHING_SHOWN: ShownEvidence = Object.freeze({
  credentials: [],
  svids: [],
  proofs: [],
  isBound: true,
})

/** The facts about a peer that the demand of the run is evaluated over. */
export function shownFacts(did: string, shown: ShownEvidence): Facts {
  const facts = releaseFacts(did, shown)
  return { ...facts, credentials: [...facts.credentials, ...shown.proofs.map(complianceFact)] }
}

/**
 * The facts about a peer that release rules are evaluated over. Compliance proofs are not among them: they were made for
 * the queries of the run's demand, and a rule can have another query of the same name.
 */
export function releaseFacts(did: string, { credentials, svids, isBound }: ShownEvidence): Facts {
  return { ...factsOf(did, credentials), spiffeIds: spiffeIdsOf(svids), channelBound: isBound }
}
