import {
  credentialDigest,
  issueCredential,
  parseCredential,
  type AgentCredentialType,
} from '../credentials/index.ts'
import { parseDid } from '../did/index.ts'
import { recordAct, refuseRevoked, type IssuerContext } from './context.ts'
import type { IssuedCredential, IssueOptions } from './issuer.ts'
import { validityPeriod } from './lifetimes.ts'

/** See `Issuer.issue`. */
export async function issue<Type extends AgentCredentialType>(
  context: IssuerContext,
  type: Type,
  options: IssueOptions<Type>,
): Promise<IssuedCredential> {
  const { did, wallet, statusLists, records, clock, maxLifetimes } = context
  if (!Object.hasOwn(maxLifetimes, type)) throw new TypeError('type must be one of AGENT_CREDENTIAL_TYPES')
  const { subject, claims } = options
  parseDid(subject)
  const period = validityPeriod(options, { now: clock.now(), maxLifetime: maxLifetimes[type] })
  await refuseRevoked(records, subject)
  const signer = await wallet.signer(did, 'assertionMethod')
  const status = await statusLists.allocate(['revocation', 'suspension'])
  const token = await issueCredential({ signer, issuer: did, type, subject, claims, ...period, status })
  const { id = '', validUntil } = parseCredential(token)
  const digest = credentialDigest(token)
  const flags = { revoked: false, suspended: false }
  await records.add({ id, type, subject, digest, validUntil, statusEntries: status, ...flags })
  // Again: a revocation that began meanwhile may have listed the records before this one was there.
  await refuseRevoked(records, subject)
  await recordAct(context, { action: 'issue', subject, details: { credential: id, digest, type } })
  return Object.freeze({ id, token, digest, statusEntries: status, validUntil })
}
