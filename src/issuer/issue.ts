import {
  credentialDigest,
  issueCredential,
  issueSdJwtCredential,
  parseCredential,
  type CredentialType,
  type StatusReference,
} from '../credentials/index.ts'
import { parseDid } from '../did/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import type { Signer } from '../keys/index.ts'
import { randomUrn } from '../runtime/index.ts'
import {
  issueCompliance,
  readComplianceRequest,
  takeCommitment,
  type IssuedCompliance,
} from './compliance.ts'
import { recordAct, refuseRevoked, type IssuerContext } from './context.ts'
import type { IssuedRecord } from './issued-records.ts'
import type { IssuedCredential, IssueOptions } from './issuer.ts'
import { validityPeriod } from './lifetimes.ts'

/** What goes into a credential beside its claims. */
interface Envelope {
  readonly signer: Signer
  readonly issuer: string
  readonly validFrom: number
  readonly validUntil: number
}

/** A credential that was signed and is not on record yet. */
interface Signed {
  readonly id: string
  readonly token: string
  readonly digest: string
  readonly statusEntries: readonly StatusReference[]
  readonly compliance?: string
  readonly complianceDigest?: string
}

/** See `Issuer.issue`. */
export async function issue<Type extends CredentialType>(
  context: IssuerContext,
  type: Type,
  options: IssueOptions<Type>,
): Promise<IssuedCredential> {
  const { did, wallet, records, clock, maxLifetimes } = context
  if (!Object.hasOwn(maxLifetimes, type)) throw new TypeError('type must be one of CREDENTIAL_TYPES')
  const { subject, format = 'vc+jwt' } = options
  if (!Object.hasOwn(SIGN, format)) throw new TypeError('options.format must be vc+jwt or dc+sd-jwt')
  parseDid(subject)
  const request = readComplianceRequest(context, options.compliance)
  const period = validityPeriod(options, { now: clock.now(), maxLifetime: maxLifetimes[type] })
  await refuseRevoked(records, subject)
  const holder = request && (await takeCommitment(context, request))
  const signer = await wallet.signer(did, 'assertionMethod')
  const plain = await SIGN[format](context, { type, options }, { signer, issuer: did, ...period })
  const { statusEntries } = plain
  const compliance =
    request && holder !== undefined
      ? await issueCompliance(context, request, holder, {
          type,
          claims: options.claims as JsonObject,
          statusEntries,
          ...period,
        })
      : undefined
  const signed = compliance === undefined ? plain : withCompliance(plain, compliance)
  const { validUntil } = period
  await keep(context, signed, { type, subject, validUntil })
  return Object.freeze({ ...signed, validUntil })
}

function withCompliance(signed: Signed, { text, digest, status }: IssuedCompliance): Signed {
  const { statusEntries } = signed
  return {
    ...signed,
    statusEntries: statusEntries.includes(status) ? statusEntries : [...statusEntries, status],
    compliance: text,
    complianceDigest: digest,
  }
}

/** Puts a credential on record, so that it can be taken back and found, before anybody has it. */
async function keep(
  context: IssuerContext,
  { id, digest, statusEntries, complianceDigest }: Signed,
  { type, subject, validUntil }: Pick<IssuedRecord, 'type' | 'subject' | 'validUntil'>,
): Promise<void> {
  const { records, traces } = context
  const kept = { id, type, subject, digest, validUntil }
  await records.add({ ...kept, statusEntries, revoked: false, suspended: false })
  if (complianceDigest !== undefined) await traces.add({ ...kept, complianceDigest })
  // Again: a revocation that began meanwhile may have listed the records before this one was there.
  await refuseRevoked(records, subject)
  const more = complianceDigest === undefined ? {} : { complianceDigest }
  await recordAct(context, { action: 'issue', subject, details: { credential: id, digest, type, ...more } })
}

interface Wanted {
  readonly type: CredentialType
  readonly options: IssueOptions
}

const SIGN = { 'vc+jwt': signJwt, 'dc+sd-jwt': signSdJwt } as const

async function signJwt(
  { statusLists }: IssuerContext,
  { type, options }: Wanted,
  envelope: Envelope,
): Promise<Signed> {
  for (const name of ['holderKey', 'disclosable', 'decoys'] as const) {
    if (options[name] !== undefined) throw new TypeError(`options.${name} is for the format dc+sd-jwt`)
  }
  const { subject, claims } = options
  const status = await statusLists.allocate(['revocation', 'suspension'])
  const token = await issueCredential({ ...envelope, type, subject, claims, status })
  const { id = '' } = parseCredential(token)
  return { id, token, digest: credentialDigest(token), statusEntries: status }
}

async function signSdJwt(
  { statusLists }: IssuerContext,
  { type, options }: Wanted,
  envelope: Envelope,
): Promise<Signed> {
  const { subject, claims, holderKey, disclosable, decoys } = options
  if (holderKey === undefined) throw new TypeError('options.holderKey is required for the format dc+sd-jwt')
  const status = await statusLists.allocateToken()
  const token = await issueSdJwtCredential({
    ...envelope,
    type,
    subject,
    claims,
    holderKey,
    status,
    ...(disclosable === undefined ? {} : { disclosable }),
    ...(decoys === undefined ? {} : { decoys }),
  })
  // What is disclosed changes with each showing; what the issuer signed does not.
  const digest = credentialDigest(token.slice(0, token.indexOf('~')))
  return { id: randomUrn(), token, digest, statusEntries: [status] }
}
