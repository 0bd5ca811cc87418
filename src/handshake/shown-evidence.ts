import type { Facts } from '../demand/index.ts'
import { bindingOf, type Occasion } from './binding.ts'
import { factsOf, verifyEvidence, type EvidenceContext, type VerifiedEvidence } from './evidence.ts'
import type { EvidenceItem } from './messages.ts'
import { partSvids, spiffeIdsOf, verifySvids, type ConnectionFacts, type ShownSvid } from './svid-evidence.ts'

/** What a peer has shown so far in a run, all of it verified. */
export interface ShownEvidence {
  /** The credentials, each with the query that it was shown for. */
  readonly credentials: readonly VerifiedEvidence[]
  /** The SVIDs. */
  readonly svids: readonly ShownSvid[]
  /** Whether the messages that showed it were bound to their connection. */
  readonly isBound: boolean
}

/**
 * Check 6 on all that one message shows: credentials, then SVIDs.
 *
 * @param before What was shown before in the run. Undefined in an offer: nobody has asked for anything yet, so SVIDs
 *   that cannot be judged here are left out, and nothing can have been bound to its verifier.
 * @returns What was shown before and in this message.
 * @throws {ComityError} The codes of `verifyEvidence` and `verifySvids`.
 */
export async function judgeShown(
  items: readonly EvidenceItem[],
  occasion: Occasion,
  context: EvidenceContext & { readonly connection: ConnectionFacts },
  before: ShownEvidence | undefined,
): Promise<ShownEvidence> {
  const { spiffe, now, budget, connection } = context
  const parts = partSvids(items)
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
  return {
    credentials,
    svids: [...(before?.svids ?? []), ...svids],
    isBound: connection.isBound && (before?.isBound ?? true),
  }
}

/** Before a message in which evidence was asked for: nothing has been shown yet. */
export const NOTHING_SHOWN: ShownEvidence = Object.freeze({ credentials: [], svids: [], isBound: true })

/** The facts about a peer that demands are evaluated over. */
export function shownFacts(did: string, { credentials, svids, isBound }: ShownEvidence): Facts {
  return { ...factsOf(did, credentials), spiffeIds: spiffeIdsOf(svids), channelBound: isBound }
}
