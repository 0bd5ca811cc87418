import { writeFile } from 'node:fs/promises'
import { createAuditLog } from '../../audit/index.ts'
import { isCredentialType } from '../../credentials/index.ts'
import { createIssuer, type CredentialForm, type Issuer } from '../../issuer/index.ts'
import { createEventPublisher, type EventPublisher } from '../../revocation/index.ts'
import { createStatusPublisher, type StatusPublisher } from '../../status/index.ts'
import { readJson } from '../folder.ts'
import { findHolderKey } from '../holder-key.ts'
import type { NetworkFlags } from '../network.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { objectIn, withState, type FolderState } from '../state.ts'
import type { FolderFlags } from './did.ts'

/** The flags of `comity issue`. */
export interface IssueFlags extends FolderFlags, NetworkFlags {
  readonly subject: string
  readonly claims: string
  readonly hours: string
  readonly out: string
  readonly format: 'vc+jwt' | 'dc+sd-jwt'
  /** With `dc+sd-jwt`: the DID URL of the key that it is bound to, where the subject has several. */
  readonly holderKey?: string
}

/** What an organization issues, publishes and revokes with. */
export interface OrganizationParts {
  readonly issuer: Issuer
  readonly statusLists: StatusPublisher
  readonly publisher: EventPublisher
  readonly origin: string
}

/**
 * The parts of an organization, on its folder.
 *
 * @throws {UsageError} The folder is an agent's.
 */
export async function organizationParts({ config, store, wallet }: FolderState): Promise<OrganizationParts> {
  const { did, origin } = config
  if (origin === undefined) throw new UsageError('this is for the folder of an organization')
  const signer = await wallet.signer(did, 'assertionMethod')
  const statusLists = createStatusPublisher({ store, signer, issuer: did, url: `${origin}/status` })
  const publisher = createEventPublisher({ store, signer, issuer: did })
  const audit = createAuditLog({ store, log: 'issuer' })
  const issuer = createIssuer({ wallet, did, store, statusLists, events: publisher, audit })
  return { issuer, statusLists, publisher, origin }
}

/** Issues a credential about an agent or an organization into a file. Gives the exit code. */
export async function issue(type: string, flags: IssueFlags, output: ProgramOutput): Promise<number> {
  const { dir, json, subject, out } = flags
  if (!isCredentialType(type))
    throw new UsageError(`${type} is not a type of credential that has a schema here`)
  const hours = Number(flags.hours)
  if (!(hours > 0)) throw new UsageError('--hours must be a number above 0')
  const claims = objectIn(await readJson(flags.claims))
  if (claims === undefined) throw new UsageError(`${flags.claims} must be a JSON object`)
  const issued = await withState(dir, async (state) => {
    const { issuer } = await organizationParts(state)
    const lifetimeSeconds = Math.round(hours * 3600)
    return issuer.issue(type, { subject, claims, lifetimeSeconds, ...(await formOf(state, flags)) })
  })
  await writeFile(out, `${issued.token}\n`, { mode: 0o600 })
  const { id, validUntil } = issued
  print(output, json, { ok: true, id, validUntil, file: out }, [
    `${type} about ${subject} is in ${out}`,
    `revoke it with: comity revoke --dir ${dir} --credential ${id} --reason CODE`,
  ])
  return 0
}

/** The format, and for an SD-JWT VC the key that it is bound to. */
async function formOf({ store }: FolderState, flags: IssueFlags): Promise<CredentialForm> {
  const { format, holderKey } = flags
  if (format === 'dc+sd-jwt') return { format, holderKey: await findHolderKey(store, flags) }
  if (holderKey === undefined) return { format }
  throw new UsageError('--holder-key goes with --format dc+sd-jwt')
}

/** The flags of `comity revoke`. */
export interface RevokeFlags extends FolderFlags {
  readonly agent?: string
  readonly credential?: string
  readonly reason: string
}

/** Revokes an agent or a credential. A `comity serve` of the same folder tells the peers at once. Gives the exit code. */
export async function revoke(flags: RevokeFlags, output: ProgramOutput): Promise<number> {
  const { dir, json, agent, credential, reason } = flags
  const revoked = await withState(dir, async (state) => {
    const { issuer } = await organizationParts(state)
    if (agent !== undefined && credential === undefined) return issuer.revoke({ agent }, { reason })
    if (credential !== undefined && agent === undefined) return issuer.revoke({ credential }, { reason })
    throw new UsageError('give one of --agent and --credential')
  })
  print(output, json, { ok: true, revoked }, [
    `revoked: ${revoked.length === 0 ? 'nothing new' : revoked.join(', ')}`,
  ])
  return 0
}
