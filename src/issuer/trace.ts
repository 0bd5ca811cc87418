import { recordAct, type IssuerContext } from './context.ts'
import { complianceDigestText } from './digest.ts'
import type { IssuedTrace } from './issued-traces.ts'
import type { ChangeOptions } from './issuer.ts'
import { reasonOf } from './take-back.ts'

/** What to look for: the digest of a compliance credential. */
export interface FindTarget {
  /** As an auditor's opened escrow has it, or as a wallet names the credential. */
  readonly complianceDigest: bigint | string
}

/** A credential that was issued with a form for proofs, and whom it is about. */
export interface FoundCredential extends IssuedTrace {
  /** Whether it is revoked or suspended; undefined where it is long over, and its record is gone. */
  readonly state: 'active' | 'suspended' | 'revoked' | undefined
}

const DIGEST = /^[A-Za-z0-9_-]{43}$/

/** See `Issuer.find`. */
export async function find(
  context: IssuerContext,
  { complianceDigest }: FindTarget,
  options: ChangeOptions,
): Promise<FoundCredential | undefined> {
  const reason = reasonOf(options)
  const name = nameOf(complianceDigest)
  const trace = await context.traces.find(name)
  const details = { complianceDigest: name, reason }
  if (trace === undefined) {
    await recordAct(context, { action: 'find-nothing', details })
    return undefined
  }
  const { id, digest, subject } = trace
  // Before anybody is told: who looked behind a proof is on record, or nobody looks.
  await recordAct(context, { action: 'find', subject, details: { credential: id, digest, ...details } })
  const record = await context.records.find(id)
  const flag = record?.revoked ? 'revoked' : record?.suspended ? 'suspended' : 'active'
  return Object.freeze({ ...trace, state: record === undefined ? undefined : flag })
}

function nameOf(digest: unknown): string {
  if (typeof digest === 'bigint' && digest >= 0n && digest < 1n << 256n) return complianceDigestText(digest)
  if (typeof digest === 'string' && DIGEST.test(digest)) return digest
  throw new TypeError('target.complianceDigest must be a number of the field, or the text of one')
}
