import { ComityError, VerificationError } from '../errors/index.ts'
import { isJsonObject, parseJsonObject, type JsonValue } from '../encoding/index.ts'
import { isDid, isDidUrlOf } from '../did/index.ts'
import { decodeFieldElement } from './baby-jubjub.ts'
import { buildDocument, type PlacedValue } from './claims-document.ts'
import { encodeClaim, leavesOf, MAX_CLAIMS, type ClaimSlot } from './claims.ts'
import { decodeSignature, type EdDsaPoseidonSignature } from './eddsa-poseidon.ts'
import { MAX_STATUSES } from './status-tree.ts'

/** The `format` of a compliance credential. */
export const COMPLIANCE_FORMAT = 'comity-zk/1'
/** The longest compliance credential that is read, in bytes. */
export const MAX_COMPLIANCE_CREDENTIAL_BYTES = 65_536
/** Times have 40 bits in the circuit. */
const MAX_TIME = 2 ** 40
const MAX_TYPE_LENGTH = 512
const MAX_URI_LENGTH = 2048
/** As many as a demand can name. */
const MAX_PATH_LENGTH = 16
const MEMBERS = [
  'format',
  'issuer',
  'kid',
  'type',
  'claims',
  'iat',
  'exp',
  'status',
  'commitment',
  'signature',
]

/** Where a credential's status stands. */
export interface ComplianceStatus {
  /** The URL of the Token Status List. */
  readonly uri: string
  /** Which status of the list, below 2^24. */
  readonly idx: number
}

/** What a compliance credential says, whoever wrote it. */
export interface ComplianceContents {
  /** The issuer's DID. */
  readonly issuer: string
  /** The DID URL of the key that signed it. */
  readonly kid: string
  /** The one type. */
  readonly type: string
  /** What it says of its subject; at most {@link MAX_CLAIMS}. */
  readonly slots: readonly ClaimSlot[]
  /** The values as they were issued, in the order of `slots`. */
  readonly claims: readonly PlacedValue[]
  /** From when it is valid, in whole seconds since the Unix epoch. */
  readonly iat: number
  /** Until when it is valid, like `iat`. */
  readonly exp: number
  /** Where its status stands. */
  readonly status: ComplianceStatus
  /** The number that commits to the holder's secret. */
  readonly commitment: bigint
}

/** A compliance credential whose form was checked and nothing else. */
export interface UnverifiedComplianceCredential extends ComplianceContents {
  /** The text as it came. */
  readonly text: string
  /** Of whoever wrote it. */
  readonly signature: EdDsaPoseidonSignature
}

/**
 * Reads a compliance credential without believing it.
 *
 * @param text - JSON of at most {@link MAX_COMPLIANCE_CREDENTIAL_BYTES}.
 * @returns The credential, frozen, with nothing about it verified.
 * @throws {VerificationError} `COMITY_CREDENTIAL_TOO_LARGE`; the codes of JSON; `COMITY_ZK_CREDENTIAL_MALFORMED` when a
 *   member is missing, foreign or of another form, or claims contradict each other; `details.member` says which.
 * @throws {TypeError} It is no text.
 * @see docs/spec/zk.md, "Credentials"
 */
export function parseComplianceCredential(text: string): UnverifiedComplianceCredential {
  if (typeof text !== 'string') throw new TypeError('a compliance credential must be a string')
  if (text.length > MAX_COMPLIANCE_CREDENTIAL_BYTES) {
    throw new VerificationError('COMITY_CREDENTIAL_TOO_LARGE', 'the compliance credential is too large', {
      details: { length: text.length, maxLength: MAX_COMPLIANCE_CREDENTIAL_BYTES },
    })
  }
  const object = parseJsonObject(text, { maxBytes: MAX_COMPLIANCE_CREDENTIAL_BYTES })
  if (
    Object.keys(object).length !== MEMBERS.length ||
    !MEMBERS.every((name) => Object.hasOwn(object, name))
  ) {
    throw malformed('the members are not those of a compliance credential')
  }
  const { format, issuer, kid, type, claims, iat, exp, status, commitment, signature } = object
  if (format !== COMPLIANCE_FORMAT) throw malformed('the format is another', 'format')
  if (!isDid(issuer)) throw malformed('the issuer is no DID', 'issuer')
  if (!isDidUrlOf(kid, issuer) || kid === issuer) throw malformed('the key is not one of the issuer', 'kid')
  if (!isText(type, MAX_TYPE_LENGTH)) throw malformed('the type is no text of allowed length', 'type')
  if (!isTime(iat) || !isTime(exp) || exp < iat) throw malformed('the times are out of range', 'exp')
  const values = readClaims(claims)
  return Object.freeze({
    text,
    issuer,
    kid,
    type,
    claims: values,
    slots: readSlots(values),
    iat,
    exp,
    status: readStatus(status),
    commitment: within('commitment', () => decodeFieldElement(commitment)),
    signature: within('signature', () => readSignature(signature)),
  })
}

function readClaims(value: JsonValue | undefined): readonly PlacedValue[] {
  if (!Array.isArray(value) || value.length > MAX_CLAIMS) {
    throw malformed('the claims are no list of allowed length', 'claims')
  }
  return Object.freeze((value as readonly JsonValue[]).map(readClaim))
}

function readClaim(value: JsonValue): PlacedValue {
  if (!Array.isArray(value) || value.length !== 2)
    throw malformed('a claim is not a path and a value', 'claims')
  const [path, content] = value as readonly JsonValue[]
  if (path === undefined || content === undefined || !isPath(path))
    throw malformed('the path of a claim is not under credentialSubject', 'claims')
  return Object.freeze({ path, value: content })
}

/** The slots, if a document has exactly these claims: no value without a slot, no place that is two things at once. */
function readSlots(claims: readonly PlacedValue[]): readonly ClaimSlot[] {
  const slots = claims.map(({ path, value }) => within('claims', () => encodeClaim(path, value)))
  const document = buildDocument(claims)
  if (document === undefined || leavesOf(document).length !== claims.length) {
    throw malformed('claims contradict each other', 'claims')
  }
  if (!slots.every((slot) => slot !== undefined)) throw malformed('a claim has no value', 'claims')
  return Object.freeze(slots)
}

function readStatus(value: JsonValue | undefined): ComplianceStatus {
  if (!isJsonObject(value) || Object.keys(value).length !== 2)
    throw malformed('the status is malformed', 'status')
  const { uri, idx } = value
  if (!isText(uri, MAX_URI_LENGTH) || !URL.canParse(uri)) throw malformed('the status has no URL', 'status')
  if (typeof idx !== 'number' || !Number.isInteger(idx) || idx < 0 || idx >= MAX_STATUSES) {
    throw malformed('the index of the status is out of range', 'status')
  }
  return Object.freeze({ uri, idx })
}

function readSignature(value: JsonValue | undefined): EdDsaPoseidonSignature {
  if (!isJsonObject(value)) throw malformed('the signature is not an object', 'signature')
  return decodeSignature(value)
}

function isPath(value: JsonValue): value is readonly (string | null)[] {
  if (!Array.isArray(value) || value.length < 2 || value.length > MAX_PATH_LENGTH) return false
  const steps = value as readonly JsonValue[]
  if (!steps.every((step) => step === null || typeof step === 'string')) return false
  return steps[0] === 'credentialSubject' && steps.at(-1) !== null
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < MAX_TIME
}

function within<Value>(member: string, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof ComityError) || cause.code === 'COMITY_ZK_CREDENTIAL_MALFORMED') throw cause
    throw malformed('a member cannot be read', member, cause)
  }
}

function malformed(message: string, member?: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_ZK_CREDENTIAL_MALFORMED', message, {
    spec: 'zk.md §6',
    details: member === undefined ? {} : { member },
    ...(cause === undefined ? {} : { cause }),
  })
}
