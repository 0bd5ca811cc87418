import type { AuditEntry } from './audit-log.ts'
import type { AuditKind, AuditOutcome } from './audit-record.ts'

/** One thing that happened in a session. */
export interface TraceStep {
  /** The entry's place in the log. */
  readonly sequence: number
  /** When, in seconds since the Unix epoch. */
  readonly time: number
  /** What it is about. */
  readonly kind: AuditKind
  /** Whoever did it: the agent, or who else the record names. */
  readonly actor?: string
  /** What was done or asked for. */
  readonly action?: string
  /** How it came out. */
  readonly outcome: AuditOutcome
  /** Why it was refused. */
  readonly code?: string
  /** Why the session was ended. */
  readonly reason?: string
}

/** Who did what for whom in one session. */
export interface SessionTrace {
  /** The id of the session. */
  readonly session: string
  /** The DID of the agent that opened it; undefined where no record says so. */
  readonly initiator?: string
  /** The DIDs of those who answer for the agent, each once, in the order in which the records name them. */
  readonly accountable: readonly string[]
  /** All that happened, in the order of the log: the handshake, each decision, the end. */
  readonly steps: readonly TraceStep[]
  /** How many requests were allowed and refused. */
  readonly decisions: { readonly allowed: number; readonly refused: number }
}

/**
 * Tells from audit entries who did what for whom in a session.
 *
 * The initiator and those accountable are taken from the records of the handshake and of the session's opening, which
 * are written of verified evidence; a refused request may name whomever it likes.
 *
 * @param entries Entries of one log, in their order; those of other sessions are left out.
 * @param sessionId The session's id.
 * @returns The trace, frozen; undefined where no entry is about the session.
 */
export function traceSession(entries: readonly AuditEntry[], sessionId: string): SessionTrace | undefined {
  const ours = entries.filter(({ record }) => record.session === sessionId)
  if (ours.length === 0) return undefined
  const opening = ours.filter(
    ({ record: { kind, outcome } }) =>
      (kind === 'handshake' && outcome === 'allowed') || (kind === 'session' && outcome === 'opened'),
  )
  const initiator = opening.find(({ record }) => record.actor !== undefined)?.record.actor
  const accountable = new Set(opening.flatMap(({ record }) => record.accountable ?? []))
  const count = (outcome: AuditOutcome): number =>
    ours.filter(({ record }) => record.kind === 'decision' && record.outcome === outcome).length
  return Object.freeze({
    session: sessionId,
    ...(initiator === undefined ? {} : { initiator }),
    accountable: Object.freeze([...accountable]),
    steps: Object.freeze(ours.map(toStep)),
    decisions: Object.freeze({ allowed: count('allowed'), refused: count('refused') }),
  })
}

function toStep({ sequence, record }: AuditEntry): TraceStep {
  const { time, kind, actor, action, outcome, code, details } = record
  const reason = details?.['reason']
  return Object.freeze({
    sequence,
    time,
    kind,
    ...(actor === undefined ? {} : { actor }),
    ...(action === undefined ? {} : { action }),
    outcome,
    ...(code === undefined ? {} : { code }),
    ...(typeof reason === 'string' ? { reason } : {}),
  })
}
