import type { AuditLog } from '../audit/index.ts'
import { PolicyError } from '../errors/index.ts'
import type { EventPublisher } from '../revocation/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { StatusPublisher } from '../status/index.ts'
import type { Wallet } from '../wallet/index.ts'
import type { IssuedRecords } from './issued-records.ts'
import type { Lifetimes } from './lifetimes.ts'
import type { Unfinished } from './unfinished.ts'

/** What an issuer works with, checked and with defaults filled in. */
export interface IssuerContext {
  readonly wallet: Wallet
  readonly did: string
  readonly records: IssuedRecords
  readonly unfinished: Unfinished
  readonly statusLists: StatusPublisher
  readonly events: EventPublisher | undefined
  readonly audit: AuditLog | undefined
  readonly clock: Clock
  readonly maxLifetimes: Lifetimes
}

/** What goes into the audit log of one act. */
export interface Act {
  readonly action: 'issue' | 'revoke' | 'suspend' | 'reinstate' | 'readmit'
  /** The agent's DID. */
  readonly subject: string
  readonly details: Readonly<Record<string, string | number>>
}

const OUTCOMES = {
  issue: 'issued',
  revoke: 'revoked',
  suspend: 'suspended',
  reinstate: 'reinstated',
  readmit: 'readmitted',
} as const

/** Writes an act of the issuer to its audit log, where it has one. */
export async function recordAct({ audit, clock, did }: IssuerContext, act: Act): Promise<void> {
  await audit?.append({
    time: clock.now(),
    kind: act.action === 'issue' ? 'issuance' : 'revocation',
    actor: did,
    peer: act.subject,
    action: act.action,
    outcome: OUTCOMES[act.action],
    details: act.details,
  })
}

/** @throws {PolicyError} `COMITY_ISSUER_AGENT_REVOKED`. */
export async function refuseRevoked(records: IssuedRecords, agent: string): Promise<void> {
  if ((await records.agentRevocation(agent)) === undefined) return
  throw new PolicyError('COMITY_ISSUER_AGENT_REVOKED', 'the agent is revoked, and is issued nothing')
}
