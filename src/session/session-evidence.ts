import { PolicyError, VerificationError } from '../errors/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { wasCutOff } from './cut-off.ts'
import { leasesOf } from './lease.ts'
import { indexPrefixes, recordKey } from './session-keys.ts'
import {
  assertNewSession,
  decodeRecord,
  encodeRecord,
  expire,
  isId,
  KEEP_SECONDS,
  MAX_ENTRIES,
  MAX_ORGANIZATIONS,
  sealRecord,
  type NewSession,
  type SessionCredential,
  type SessionRecord,
} from './session-record.ts'

/** Newer evidence for a session that is under way. */
export interface SessionEvidence {
  /** When the posture that it attests was assessed, in seconds since the epoch. */
  readonly postureAssessedAt: number
  /** The credentials. They take the place of those of the same types. */
  readonly credentials: readonly SessionCredential[]
  /** Seconds since the epoch: the first end of the credentials. */
  readonly expiresAt: number
  /** Those of the issuers whose event streams must be heard from now on, too. */
  readonly leasedBy: readonly string[]
  /** When it was checked, as in {@link NewSession}. */
  readonly evidenceCheckedAt: number
}

/** What a session is refreshed in. */
export interface RefreshContext {
  readonly store: Store
  readonly clock: Clock
  /** Ends the session. */
  readonly end: (reason: string) => Promise<unknown>
}

/** See `SessionRegistry.refresh`. */
export async function refreshSession(
  id: string,
  evidence: SessionEvidence,
  context: RefreshContext,
): Promise<SessionRecord> {
  const { store, clock } = context
  for (;;) {
    const text = isId(id) ? await store.get(recordKey(id)) : undefined
    const stored = text === undefined ? undefined : decodeRecord(text)
    if (stored === undefined) throw new PolicyError('COMITY_SESSION_UNKNOWN', 'there is no such session')
    const now = clock.now()
    const record = expire(stored, now)
    if (record.state === 'ended') throw new PolicyError('COMITY_SESSION_ENDED', 'the session has ended')
    if ((record.postureAssessedAt ?? -Infinity) >= evidence.postureAssessedAt) return record

    const next = withEvidence(record, evidence)
    if (await wasCutOff(store, next, Math.min(evidence.evidenceCheckedAt, now))) {
      throw new PolicyError('COMITY_POSTURE_STALE', 'such evidence was taken back since it was checked')
    }
    const expiresAt = next.expiresAt + KEEP_SECONDS
    // Listed before it is so: whoever takes the evidence back meanwhile finds the session, or is found below.
    for (const prefix of new Set(indexPrefixes(next))) await store.put(prefix + id, id, { expiresAt })
    if (!(await store.compareAndSet(recordKey(id), text, encodeRecord(next), { expiresAt }))) continue
    if (await wasCutOff(store, next, now)) {
      await context.end('cut-off')
      throw new PolicyError('COMITY_SESSION_ENDED', 'the session was to end while it was renewed')
    }
    return next
  }
}

function withEvidence(record: SessionRecord, evidence: SessionEvidence): SessionRecord {
  const { credentials, postureAssessedAt, leasedBy } = evidence
  const replaced = new Set(credentials.map(({ type }) => type))
  const changes = {
    credentials: [...record.credentials.filter(({ type }) => !replaced.has(type)), ...credentials],
    organizations: [...new Set([...record.organizations, ...credentials.map(({ issuer }) => issuer)])],
    leasedBy: [...new Set([...leasesOf(record), ...leasedBy])],
    expiresAt: Math.min(record.expiresAt, evidence.expiresAt),
    postureAssessedAt,
  } satisfies Partial<NewSession>
  if (changes.credentials.length > MAX_ENTRIES || changes.organizations.length > MAX_ORGANIZATIONS) {
    throw new VerificationError('COMITY_HANDSHAKE_EVIDENCE', 'the session would rest on too much evidence', {
      details: { maxCredentials: MAX_ENTRIES, maxOrganizations: MAX_ORGANIZATIONS },
    })
  }
  const next = sealRecord({ ...record, ...structuredClone(changes) })
  assertNewSession(next)
  return next
}
