import { parseJsonObject } from '../encoding/index.ts'
import type { Store } from '../store/index.ts'
import { matchesCriteria, prefixOf, type SessionCriteria } from './session-criteria.ts'
import { digestOf, indexPrefixes, pagesUnder } from './session-keys.ts'
import type { SessionRecord } from './session-record.ts'

/** How long a cut-off is remembered, in seconds: longer than a handshake may take. */
export const CUT_OFF_SECONDS = 300

/**
 * Remembers that all sessions of some kind were just ended.
 *
 * Without it a revocation that arrives between the check of the evidence and the opening of the session would
 * find nothing to end, and the session would live.
 */
export async function recordCutOff(store: Store, criteria: SessionCriteria, now: number): Promise<void> {
  const { agent, credentialDigest, organization, outdated } = criteria
  const value = JSON.stringify({ agent, credentialDigest, organization, outdated, at: now })
  const parts = [agent, credentialDigest, organization, outdated?.type, outdated?.current]
  const name = digestOf(JSON.stringify(parts.map((part) => part ?? null)))
  await store.put(`cut-off/${prefixOf(criteria)}${name}`, value, { expiresAt: now + CUT_OFF_SECONDS })
}

/** Says whether sessions like this one were ended at or after the given time (seconds). */
export async function wasCutOff(store: Store, session: SessionRecord, since: number): Promise<boolean> {
  for (const prefix of new Set(indexPrefixes(session))) {
    for await (const page of pagesUnder(store, `cut-off/${prefix}`)) {
      if (page.some(({ value }) => covers(value, session, since))) return true
    }
  }
  return false
}

function covers(value: string, session: SessionRecord, since: number): boolean {
  const { at, ...criteria } = parseJsonObject(value) as SessionCriteria & { at?: unknown }
  return typeof at === 'number' && at >= since && matchesCriteria(session, criteria)
}
