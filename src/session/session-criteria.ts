import { agentPrefix, anchorsPrefix, credentialPrefix, organizationPrefix } from './session-keys.ts'
import type { SessionRecord } from './session-record.ts'

/** Which sessions are meant. All members that are given must match; at least one must be given. */
export interface SessionCriteria {
  /** The DID of the agent. */
  readonly agent?: string
  /** A `credentialDigest`: sessions that rest on that credential. */
  readonly credentialDigest?: string
  /** A DID: sessions that this organization may end. */
  readonly organization?: string
  /** Sessions that rest on a compliance proof against other anchors than the current ones. */
  readonly outdated?: OutdatedAnchors
}

/** Anchors that are not current any more. */
export interface OutdatedAnchors {
  /** The type of credential that the anchors are for. */
  readonly type: string
  /** The URN of the current ones; a proof about the type against any others is outdated. */
  readonly current: string
}

/** Says whether a session is meant. */
export function matchesCriteria(
  session: Pick<SessionRecord, 'agent' | 'organizations' | 'credentials' | 'compliance'>,
  criteria: SessionCriteria,
): boolean {
  const { agent, credentialDigest, organization, outdated } = criteria
  return (
    (agent === undefined || session.agent === agent) &&
    (organization === undefined || session.organizations.includes(organization)) &&
    (credentialDigest === undefined ||
      session.credentials.some(({ digest }) => digest === credentialDigest)) &&
    (outdated === undefined || isOutdated(session, outdated))
  )
}

function isOutdated(
  { compliance = [] }: Pick<SessionRecord, 'compliance'>,
  { type, current }: OutdatedAnchors,
): boolean {
  return compliance.some((proof) => proof.type === type && proof.anchors !== current)
}

/**
 * The narrowest index that lists all sessions that are meant.
 *
 * @throws {TypeError} No criterion is given, or one is not a non-empty string.
 */
export function prefixOf(criteria: SessionCriteria): string {
  const { agent, credentialDigest, organization, outdated } = criteria
  for (const value of [agent, credentialDigest, organization, outdated?.type, outdated?.current]) {
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      throw new TypeError('a criterion must be a non-empty string')
    }
  }
  if (agent !== undefined) return agentPrefix(agent)
  if (credentialDigest !== undefined) return credentialPrefix(credentialDigest)
  if (organization !== undefined) return organizationPrefix(organization)
  if (outdated !== undefined) return anchorsPrefix(outdated.type)
  throw new TypeError('at least one criterion must be given')
}
