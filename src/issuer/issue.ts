import {
  credentialDigest,
  issueCredential,
  issueSdJwtCredential,
  parseCredential,
  type CredentialType,
  type StatusReference,
} from '../credentials/index.ts'
import { parseDid } from '../did/index.ts'
import type { Signer } from '../keys/index.ts'
import { randomUrn } from '../runtime/index.ts'
import { recordAct, refuseRevoked, type IssuerContext } from './context.ts'
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
  const period = validityPeriod(options, { now: clock.now(), maxLifetime: maxLifetimes[type] })
  await refuseRevoked(records, subject)
  const signer = await wallet.signer(did, 'assertionMethod')
  const signed = await SIGN[format](context, { type, options }, { signer, issuer: did, ...period })
  const { id, digest } = signed
  const { validUntil } = period
  const { token: _token, ...kept } = signed
  await records.add({ ...kept, type, subject, validUntil, revoked: false, suspended: false })
  // Again: a revocation that began meanwhile may have listed the records before this one was there.
  await refuseRevoked(records, subject)
  await recordAct(context, { action: 'issue', subject, details: { credential: id, digest, type } })
  return Object.freeze({ ...signed, validUntil })
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
