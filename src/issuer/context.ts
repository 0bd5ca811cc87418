import type { AuditLog, AuditRecord } from '../audit/index.ts'
import { PolicyError } from '../errors/index.ts'
import type { EventPublisher } from '../revocation/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { StatusPublisher } from '../status/index.ts'
import type { Wallet } from '../wallet/index.ts'
import type { ZkSigner } from '../zk/index.ts'
import type { ComplianceNonces } from './compliance.ts'
import type { IssuedRecords } from './issued-records.ts'
import type { IssuedTraces } from './issued-traces.ts'
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
  /** Signs the form of credentials that proofs are made of. */
  readonly zkSigner: ZkSigner | undefined
  readonly complianceNonces: ComplianceNonces
  readonly traces: IssuedTraces
}

/** What goes into the audit log of one act. */
export interface Act {
  readonly action: 'issue' | 'revoke' | 'suspend' | 'reinstate' | 'readmit' | 'find' | 'find-nothing'
  /** The agent's DID, where there is one. */
  readonly subject?: string
  readonly details: Readonly<Record<string, string | number>>
}

/** How each act is recorded: under which name, what it is about, and how it came out. */
const RECORDS = {
  issue: { action: 'issue', kind: 'issuance', outcome: 'issued' },
  revoke: { action: 'revoke', kind: 'revocation', outcome: 'revoked' },
  suspend: { action: 'suspend', kind: 'revocation', outcome: 'suspended' },
  reinstate: { action: 'reinstate', kind: 'revocation', outcome: 'reinstated' },
  readmit: { action: 'readmit', kind: 'revocation', outcome: 'readmitted' },
  find: { action: 'find', kind: 'issuance', outcome: 'allowed' },
  'find-nothing': { action: 'find', kind: 'issuance', outcome: 'refused' },
} as const satisfies Record<Act['action'], Pick<AuditRecord, 'action' | 'kind' | 'outcome'>>

/** Writes an act of the issuer to its audit log, where it has one. */
export async function recordAct({ audit, clock, did }: IssuerContext, act: Act): Promise<void> {
  await audit?.append({
    time: clock.now(),
    ...RECORDS[act.action],
    actor: did,
    ...(act.subject !== undefined && { peer: act.subject }),
    details: act.details,
  })
}

/** @throws {PolicyError} `COMITY_ISSUER_AGENT_REVOKED`. */
export async function refuseRevoked(records: IssuedRecords, agent: string): Promise<void> {
  if ((await records.agentRevocation(agent)) === undefined) return
  throw new PolicyError('COMITY_ISSUER_AGENT_REVOKED', 'the agent is revoked, and is issued nothing')
}
