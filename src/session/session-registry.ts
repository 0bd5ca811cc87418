import type { AuditLog } from '../audit/index.ts'
import { parseJsonObject } from '../encoding/index.ts'
import { PolicyError } from '../errors/index.ts'
import { systemClock, type Cancel, type Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { recordCutOff, wasCutOff } from './cut-off.ts'
import { matchesCriteria, prefixOf, type SessionCriteria } from './session-criteria.ts'
import { agentPrefix, ENDED_TOPIC, indexPrefixes, pagesUnder, recordKey } from './session-keys.ts'
import { leasesOf } from './lease.ts'
import { refreshSession, type SessionEvidence } from './session-evidence.ts'
import {
  assertNewSession,
  decodeRecord,
  encodeRecord,
  expire,
  isId,
  KEEP_SECONDS,
  sealRecord,
  type NewSession,
  type SessionRecord,
} from './session-record.ts'

/** What a session registry works with. */
export interface SessionRegistryOptions {
  /** Where the sessions are kept; shared by all instances of a gateway. */
  readonly store: Store
  /** Tells when sessions open and expire. Defaults to the system clock. */
  readonly clock?: Clock
  /** Where openings and ends are recorded. Without one they are not. */
  readonly audit?: AuditLog
}

/** The end of a session, as it is announced to all instances. */
export interface SessionEnd {
  /** The session's id. */
  readonly id: string
  /** The DID of the agent that it was for. */
  readonly agent: string
  /** Why it ended: a coarse code. */
  readonly reason: string
}

/** The sessions of a gateway. Nothing is cached: each answer is the store's at that moment. */
export interface SessionRegistry {
  /**
   * Opens a session. It expires by itself at `expiresAt`.
   *
   * @returns The record, frozen.
   * @throws {PolicyError} `COMITY_SESSION_ENDED` when it has expired already, or when sessions like it were ended
   *   since its evidence was checked.
   * @throws {TypeError} A member is out of bounds, or there was a session with this id.
   */
  open(session: NewSession): Promise<SessionRecord>
  /** The session with this id, also when it has ended; undefined where there is none, or it is long over. */
  get(id: string): Promise<SessionRecord | undefined>
  /** The active sessions that match. */
  find(criteria: SessionCriteria): Promise<readonly SessionRecord[]>
  /**
   * Lets an active session rest on newer evidence from now on. Its grant stays as it is, and its end never moves later.
   *
   * @returns The record as it is then, frozen; unchanged where its posture is as new already.
   * @throws {PolicyError} `COMITY_SESSION_ENDED` when it has ended, or was to end while this was under way;
   *   `COMITY_SESSION_UNKNOWN`; `COMITY_POSTURE_STALE` when sessions that rest on such evidence were ended since it
   *   was checked.
   * @throws {VerificationError} `COMITY_HANDSHAKE_EVIDENCE` when it would rest on too much.
   * @throws {TypeError} A member is out of bounds.
   */
  refresh(id: string, evidence: SessionEvidence): Promise<SessionRecord>
  /** The active sessions that need an event stream. It reads every session: for when a process starts. */
  leasedSessions(): AsyncIterable<SessionRecord>
  /**
   * Ends a session, for good.
   *
   * @param reason A code of 1 to 64 characters out of a to z, 0 to 9, `_`, `-` and `.`.
   * @returns Whether this call ended it: of many at once exactly one is told true.
   */
  end(id: string, reason: string): Promise<boolean>
  /**
   * Ends all active sessions that match, and keeps sessions like them from opening on evidence checked before.
   *
   * @param reason As for {@link SessionRegistry.end}.
   * @returns The ids of those that this call ended.
   * @throws {TypeError} No criterion is given.
   */
  endWhere(criteria: SessionCriteria, reason: string): Promise<readonly string[]>
  /**
   * Calls `handle` for each session that is ended from now on, at whichever instance. Expiry is not announced.
   *
   * @returns What ends the subscription.
   */
  onEnded(handle: (end: SessionEnd) => void): Promise<Cancel>
}

const REASON = /^[a-z0-9_.-]{1,64}$/

/**
 * Makes a session registry on a store.
 *
 * A session is listed before it exists, and a cut-off is remembered before the lists are read: so whichever of an
 * opening and a revocation comes first, the session does not live.
 *
 * @param options See {@link SessionRegistryOptions}.
 */
export function createSessionRegistry(options: SessionRegistryOptions): SessionRegistry {
  const { store, clock = systemClock, audit } = options
  const context = { store, clock, audit }
  return Object.freeze({
    open: (session: NewSession) => openSession(session, context),
    get: (id: string) => getSession(id, context),
    find: (criteria: SessionCriteria) => findSessions(criteria, context),
    refresh: (id: string, evidence: SessionEvidence) =>
      refreshSession(id, evidence, { ...context, end: (reason) => endSession(id, reason, context) }),
    leasedSessions: () => leasedSessions(context),
    end: (id: string, reason: string) => endSession(id, reason, context),
    endWhere: (criteria: SessionCriteria, reason: string) => endSessions(criteria, reason, context),
    onEnded: (handle: (end: SessionEnd) => void) =>
      store.subscribe(ENDED_TOPIC, (text) => {
        handle(parseJsonObject(text) as unknown as SessionEnd)
      }),
  })
}

interface Context {
  readonly store: Store
  readonly clock: Clock
  readonly audit: AuditLog | undefined
}

async function openSession(session: NewSession, context: Context): Promise<SessionRecord> {
  assertNewSession(session)
  const { store, clock } = context
  const openedAt = clock.now()
  const { evidenceCheckedAt = openedAt, ...kept } = session
  const record = sealRecord({ ...structuredClone(kept), openedAt, state: 'active' })
  if (record.expiresAt <= openedAt) throw ended('the evidence of the session has expired')
  const expiresAt = record.expiresAt + KEEP_SECONDS
  for (const prefix of new Set(indexPrefixes(record))) {
    await store.put(prefix + record.id, record.id, { expiresAt })
  }
  if (!(await store.putIfAbsent(recordKey(record.id), encodeRecord(record), { expiresAt }))) {
    throw new TypeError('there was a session with this id')
  }
  if (await wasCutOff(store, record, Math.min(evidenceCheckedAt, openedAt))) {
    await endSession(record.id, 'cut-off', context)
    throw ended('sessions like this one were ended since its evidence was checked')
  }
  await note(record, 'opened', context)
  return record
}

async function getSession(id: string, { store, clock }: Context): Promise<SessionRecord | undefined> {
  const text = isId(id) ? await store.get(recordKey(id)) : undefined
  const record = text === undefined ? undefined : decodeRecord(text)
  return record === undefined ? undefined : expire(record, clock.now())
}

async function findSessions(criteria: SessionCriteria, context: Context): Promise<readonly SessionRecord[]> {
  const found: SessionRecord[] = []
  for await (const page of pagesUnder(context.store, prefixOf(criteria))) {
    const records = await Promise.all(page.map(({ value: id }) => getSession(id, context)))
    found.push(...records.filter((record) => record !== undefined))
  }
  return found.filter((record) => record.state === 'active' && matchesCriteria(record, criteria))
}

async function* leasedSessions({ store, clock }: Context): AsyncGenerator<SessionRecord, void, undefined> {
  for await (const page of pagesUnder(store, recordKey(''))) {
    for (const { value } of page) {
      const record = decodeRecord(value)
      if (record === undefined || expire(record, clock.now()).state === 'ended') continue
      if (leasesOf(record).length > 0) yield record
    }
  }
}

async function endSession(id: string, reason: string, context: Context): Promise<boolean> {
  assertReason(reason)
  const { store, clock } = context
  for (;;) {
    const text = isId(id) ? await store.get(recordKey(id)) : undefined
    const record = text === undefined ? undefined : decodeRecord(text)
    if (record === undefined || expire(record, clock.now()).state === 'ended') return false
    const next = sealRecord({ ...record, state: 'ended', endedReason: reason, endedAt: clock.now() })
    const expiresAt = record.expiresAt + KEEP_SECONDS
    // Where it is not the same any more, someone else has ended it, or it rests on newer evidence and is to end still.
    if (!(await store.compareAndSet(recordKey(id), text, encodeRecord(next), { expiresAt }))) continue
    await store.publish(ENDED_TOPIC, JSON.stringify({ id, agent: record.agent, reason }))
    await note(next, 'ended', context)
    // Gateways look through an agent's sessions at each handshake: those that are over need not be among them.
    await store.take(agentPrefix(record.agent) + id)
    return true
  }
}

async function endSessions(
  criteria: SessionCriteria,
  reason: string,
  context: Context,
): Promise<readonly string[]> {
  assertReason(reason)
  await recordCutOff(context.store, criteria, context.clock.now())
  const sessions = await findSessions(criteria, context)
  const outcomes = await Promise.all(
    sessions.map(async ({ id }) => ((await endSession(id, reason, context)) ? id : undefined)),
  )
  return outcomes.filter((id) => id !== undefined)
}

async function note(record: SessionRecord, outcome: 'opened' | 'ended', context: Context): Promise<void> {
  await context.audit?.append({
    time: context.clock.now(),
    kind: 'session',
    actor: record.agent,
    accountable: record.accountable,
    session: record.id,
    outcome,
    ...(record.endedReason === undefined ? {} : { details: { reason: record.endedReason } }),
  })
}

function ended(message: string): PolicyError {
  return new PolicyError('COMITY_SESSION_ENDED', message)
}

function assertReason(reason: string): void {
  if (typeof reason !== 'string' || !REASON.test(reason)) {
    throw new TypeError('reason must be a code of 1 to 64 characters: a to z, 0 to 9, `_`, `-`, `.`')
  }
}
