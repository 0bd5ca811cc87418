import type { StatusPurpose } from '../credentials/index.ts'
import { parseDid } from '../did/index.ts'
import { PolicyError } from '../errors/index.ts'
import type { RevocationEvent } from '../revocation/index.ts'
import { recordAct, type IssuerContext } from './context.ts'
import type { IssuedRecord, IssuedRecords } from './issued-records.ts'
import type { ChangeOptions, RevocationTarget } from './issuer.ts'

const REASON = /^[a-z0-9_.-]{1,64}$/

/** See `Issuer.revoke`. */
export async function revoke(
  context: IssuerContext,
  target: RevocationTarget,
  options: ChangeOptions,
): Promise<readonly string[]> {
  const { credential, agent }: { readonly credential?: string; readonly agent?: string } = target
  const reason = reasonOf(options)
  if (credential !== undefined && agent === undefined) return revokeCredential(context, credential, reason)
  if (agent !== undefined && credential === undefined) return revokeAgent(context, agent, reason)
  throw new TypeError('target must name a credential or an agent')
}

async function revokeCredential(
  context: IssuerContext,
  id: string,
  reason: string,
): Promise<readonly string[]> {
  const { records, unfinished } = context
  const record = await findRecord(records, id)
  if (record.revoked) return []
  const undertaking = { act: 'revoke', target: id, reason } as const
  await unfinished.begin(undertaking)
  await setBits(context, [record], 'revocation', true).finally(() => tellPeers(context, record, reason))
  await recordAct(context, { action: 'revoke', subject: record.subject, details: detailsOf(record, reason) })
  await records.mark(id, { revoked: true })
  await unfinished.finish(undertaking)
  return [id]
}

async function revokeAgent(
  context: IssuerContext,
  agent: string,
  reason: string,
): Promise<readonly string[]> {
  const { records, events, unfinished } = context
  parseDid(agent)
  if ((await records.agentRevocation(agent)) === 'done') return []
  const undertaking = { act: 'revoke-agent', target: agent, reason } as const
  await unfinished.begin(undertaking)
  // Before the records are listed, so that nothing more is issued.
  await records.setAgentRevocation(agent, 'pending')
  const due = (await records.ofSubject(agent)).filter(({ revoked }) => !revoked)
  try {
    await setBits(context, due, 'revocation', true)
  } finally {
    // Open sessions shall end even if the lists cannot be changed.
    await events?.publish({ subject: agent, kind: 'session-revoked', reason })
  }
  await recordAct(context, { action: 'revoke', subject: agent, details: { credentials: due.length, reason } })
  for (const { id } of due) await records.mark(id, { revoked: true })
  await records.setAgentRevocation(agent, 'done')
  await unfinished.finish(undertaking)
  return due.map(({ id }) => id)
}

/** See `Issuer.suspend`. */
export async function suspend(context: IssuerContext, id: string, options: ChangeOptions): Promise<boolean> {
  const { records, unfinished } = context
  const reason = reasonOf(options)
  const record = await findRecord(records, id)
  const undertaking = { act: 'suspend', target: id, reason } as const
  await unfinished.begin(undertaking)
  // Set even if the record says that it is: a reinstatement under way may just have cleared it.
  const areSet = setBits(context, [record], 'suspension', true)
  if (record.suspended) await areSet
  else {
    await areSet.finally(() => tellPeers(context, record, reason))
    await recordAct(context, {
      action: 'suspend',
      subject: record.subject,
      details: detailsOf(record, reason),
    })
    await records.mark(id, { suspended: true })
  }
  await unfinished.finish(undertaking)
  return !record.suspended
}

/** See `Issuer.reinstate`. No event: peers have no session to end, and read the list when a new one is asked for. */
export async function reinstate(
  context: IssuerContext,
  id: string,
  options: ChangeOptions,
): Promise<boolean> {
  const { records, unfinished } = context
  const reason = reasonOf(options)
  const record = await findRecord(records, id)
  const undertaking = { act: 'reinstate', target: id, reason } as const
  await unfinished.begin(undertaking)
  // The record before the mark: after it, nobody would know any more that there is something to record.
  if (record.suspended) {
    await recordAct(context, {
      action: 'reinstate',
      subject: record.subject,
      details: detailsOf(record, reason),
    })
  }
  // The mark before the bit: "not suspended, though the bit is set" is the safe one of the two mistakes.
  await records.mark(id, { suspended: false })
  await setBits(context, [record], 'suspension', false)
  await unfinished.finish(undertaking)
  return record.suspended
}

/** See `Issuer.readmit`. */
export async function readmit(
  context: IssuerContext,
  agent: string,
  options: ChangeOptions,
): Promise<boolean> {
  const reason = reasonOf(options)
  parseDid(agent)
  if ((await context.records.agentRevocation(agent)) === 'pending') {
    throw new PolicyError(
      'COMITY_ISSUER_AGENT_REVOKED',
      'the revocation has not come to its end: revoke again',
    )
  }
  // It has come to its end, whatever was noted: it must not begin again after the readmission.
  await context.unfinished.forget('revoke-agent', agent)
  const changed = await context.records.clearAgentRevocation(agent)
  if (changed) await recordAct(context, { action: 'readmit', subject: agent, details: { reason } })
  return changed
}

async function findRecord(records: IssuedRecords, id: string): Promise<IssuedRecord> {
  const record = await records.find(id)
  if (record !== undefined) return record
  throw new PolicyError('COMITY_ISSUER_CREDENTIAL_UNKNOWN', 'no credential with this id is on record')
}

async function tellPeers({ events }: IssuerContext, record: IssuedRecord, reason: string): Promise<void> {
  const { subject, digest } = record
  const event: RevocationEvent = { subject, kind: 'credential-change', reason, credentialDigest: digest }
  await events?.publish(event)
}

async function setBits(
  { statusLists }: IssuerContext,
  records: readonly IssuedRecord[],
  purpose: StatusPurpose,
  value: boolean,
): Promise<void> {
  const references = records.flatMap(({ statusEntries }) => statusEntries)
  if (references.length > 0) await statusLists.set(references, value, purpose)
}

function detailsOf({ id, digest }: IssuedRecord, reason: string): Record<string, string> {
  return { credential: id, digest, reason }
}

/**
 * Reads why something is done.
 *
 * @throws {TypeError} It is malformed.
 */
export function reasonOf({ reason }: ChangeOptions): string {
  if (typeof reason === 'string' && REASON.test(reason)) return reason
  throw new TypeError('options.reason must be 1 to 64 characters out of a to z, 0 to 9, `_`, `-` and `.`')
}
