import { emptyJsonObject, isJsonObject, type JsonObject, type JsonValue } from '../../encoding/index.ts'
import { formatDateTimeStamp, parseDateTimeStamp } from '../date-time.ts'
import { contradictingMembers } from './beside-claims.ts'

/** What is wrong between a `vc` claim and the registered claims beside it. */
export interface MergeFault {
  /** The claim that is at fault. */
  readonly name: string
  /** Whether it makes the signer another party than the issuer. */
  readonly issuer: boolean
  /** What is wrong, in words that hold nothing of the input. */
  readonly message: string
}

/** A credential put together from its claims, and what does not fit together. */
export interface MergedCredential {
  /** The credential, frozen; only of use where there are no faults. */
  readonly document: JsonObject
  readonly faults: readonly MergeFault[]
}

/** The last second of the year 9999, in seconds since the epoch. */
const LATEST = 253_402_300_799

/** Collects what is wrong while claims and members are compared. */
type Refuse = (name: string, message: string, issuer?: boolean) => void

/**
 * Puts a credential of the data model 1.1 together from the claims of its JWT.
 *
 * `iss`, `sub`, `jti`, `nbf` and `exp` stand for `issuer`, `credentialSubject.id`, `id`, `issuanceDate` and
 * `expirationDate`. Where the `vc` claim has the member as well, both must say the same; times are compared as whole
 * seconds. Where it has not, the claim is put in. `iss` must be there: the JWT is that party's. Members of the credential
 * that stand beside `vc` must say what the credential says.
 *
 * @param claims - The payload of the JWT.
 * @see {@link https://www.w3.org/TR/vc-data-model-1.1/#jwt-decoding | VCDM 1.1 §6.3.1}
 */
export function mergeClaims(claims: JsonObject): MergedCredential {
  const faults: MergeFault[] = []
  const refuse: Refuse = (name, message, issuer = false) => {
    faults.push({ name, issuer, message })
  }
  const { vc } = claims
  if (!isJsonObject(vc)) {
    refuse('vc', 'the claim vc is not an object')
    return { document: join({}, {}), faults }
  }
  if (claims['vp'] !== undefined) refuse('vp', 'the token is both a credential and a presentation')
  const parts = {
    issuer: mergeIssuer(vc['issuer'], claims['iss'], refuse),
    credentialSubject: mergeSubject(vc['credentialSubject'], claims['sub'], refuse),
    id: mergeText('jti', vc['id'], claims['jti'], refuse),
    issuanceDate: mergeDate('nbf', vc['issuanceDate'], claims['nbf'], refuse),
    expirationDate: mergeDate('exp', vc['expirationDate'], claims['exp'], refuse),
  }
  const present = Object.entries(parts).filter(
    (entry): entry is [string, JsonValue] => entry[1] !== undefined,
  )
  const document = join(vc, Object.fromEntries(present))
  for (const name of contradictingMembers(claims, document)) {
    refuse(name, `the token has another ${name} beside the claim vc`)
  }
  return { document, faults }
}

/** An object with the members of both, frozen and without a prototype, like everything that is parsed. */
function join(base: JsonObject, more: Readonly<Record<string, JsonValue>>): JsonObject {
  return Object.freeze(Object.assign(emptyJsonObject(), base, more))
}

/** An issuer may be an object whose `id` was moved to `iss`. */
function mergeIssuer(
  issuer: JsonValue | undefined,
  iss: JsonValue | undefined,
  refuse: Refuse,
): JsonValue | undefined {
  if (typeof iss !== 'string' || iss === '') {
    refuse('iss', 'iss is missing or no text')
    return issuer
  }
  const id = isJsonObject(issuer) ? issuer['id'] : issuer
  if (id !== undefined && id !== iss) refuse('iss', 'iss is not the issuer', true)
  return isJsonObject(issuer) ? join(issuer, { id: iss }) : iss
}

function mergeSubject(
  subject: JsonValue | undefined,
  sub: JsonValue | undefined,
  refuse: Refuse,
): JsonValue | undefined {
  if (sub === undefined || !isJsonObject(subject)) return subject
  const id = mergeText('sub', subject['id'], sub, refuse)
  return id === undefined ? subject : join(subject, { id })
}

function mergeText(
  name: string,
  member: JsonValue | undefined,
  claim: JsonValue | undefined,
  refuse: Refuse,
): JsonValue | undefined {
  if (claim === undefined) return member
  if (typeof claim !== 'string' || claim === '') refuse(name, `${name} is no text`)
  else if (member !== undefined && member !== claim) refuse(name, `${name} is not what the credential says`)
  return member ?? claim
}

function mergeDate(
  name: string,
  member: JsonValue | undefined,
  claim: JsonValue | undefined,
  refuse: Refuse,
): JsonValue | undefined {
  if (claim === undefined) return member
  if (typeof claim !== 'number' || !(claim >= 0 && claim <= LATEST)) {
    refuse(name, `${name} is not a number of seconds`)
    return member
  }
  if (member === undefined) return formatDateTimeStamp(Math.floor(claim))
  const moment = typeof member === 'string' ? parseDateTimeStamp(member) : undefined
  if (moment !== undefined && Math.floor(moment) !== Math.floor(claim)) {
    refuse(name, `${name} is another moment than the credential says`)
  }
  return member
}
