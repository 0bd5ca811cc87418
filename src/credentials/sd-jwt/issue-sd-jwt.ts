import { isDid, isDidUrlOf } from '../../did/index.ts'
import {
  canonicalizeJson,
  isJsonObject,
  parseJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../encoding/index.ts'
import { parsePublicJwk, signJws, type PublicJwk, type Signer } from '../../keys/index.ts'
import { isCredentialType, type CredentialType } from '../agent-types.ts'
import type { CredentialClaims } from '../claims.ts'
import { schemaFaults } from '../schema-validator.ts'
import { parseTokenStatus, type TokenStatusReference } from '../status-entry.ts'
import { ENVELOPE_CLAIMS } from './claims-rules.ts'
import type { ClaimsPath } from './claims-path.ts'
import { disclosureFrame } from './disclosure-frame.ts'
import { packClaims } from './library.ts'
import { MAX_SD_JWT_LENGTH } from './parse-sd-jwt.ts'
import { parseSdJwtCredential } from './sd-jwt-credential.ts'
import { vctOf } from './vct.ts'

const MAX_DECOYS = 64
/** Names that carry digests or steer the library, which also loses those that every object has, such as `constructor`. */
const FORBIDDEN_NAMES: ReadonlySet<string> = new Set([
  '_sd',
  '_sd_alg',
  '_sd_decoy',
  '...',
  ...Object.getOwnPropertyNames(Object.prototype),
])
/** Stands in for a subject that is not named, so that the schema of the type can be asked about the rest. */
const UNNAMED_SUBJECT = 'did:example:unnamed'

/** What an SD-JWT VC is made from. */
export interface IssueSdJwtCredentialOptions<Type extends CredentialType = CredentialType> {
  /** A key of the issuer's; its `kid` is a DID URL under `issuer`, listed in `assertionMethod`. */
  readonly signer: Signer
  /** The issuer's DID. */
  readonly issuer: string
  /** What kind of credential. */
  readonly type: Type
  /**
   * The DID of whom it is about, always shown. Without it, whoever shows the credential must have `holderKey` in the
   * `authentication` of its DID document.
   */
  readonly subject?: string
  /** What it says about the subject, by the schema of its type, without `id`. */
  readonly claims: CredentialClaims[Type] | JsonObject
  /** The holder's public key, which it must sign with wherever it shows the credential. */
  readonly holderKey: PublicJwk
  /** Seconds since the Unix epoch. */
  readonly validFrom: number
  /** Seconds since the Unix epoch; later than `validFrom`. */
  readonly validUntil: number
  /** Where to look up its status; without it the credential cannot be revoked. */
  readonly status?: Omit<TokenStatusReference, 'type'>
  /**
   * What the holder may keep to itself, also within claims and of arrays. Defaults to each claim as a whole. An element
   * that is kept leaves no gap: do not let those be kept whose absence says something, such as failed evaluations.
   */
  readonly disclosable?: readonly ClaimsPath[]
  /** How many digests of nothing hide the number of claims, 0 to 64. Defaults to 0. */
  readonly decoys?: number
}

/**
 * Issues a credential as SD-JWT VC, with all disclosures, for its holder.
 *
 * The claims about the subject stand at the top, next to `iss`, `sub`, `vct`, `nbf`, `exp`, `cnf` and `status`, which are
 * always shown. All claims are held against the JSON Schema of the type. What was made is read again as a verifier reads
 * it, and must give back exactly what went in.
 *
 * @param options - See {@link IssueSdJwtCredentialOptions}.
 * @returns The issuer's JWT, a tilde, and each disclosure with a tilde: at most 65536 characters, 256 disclosures.
 * @throws {VerificationError} `COMITY_CREDENTIAL_SCHEMA` when the claims do not match the schema;
 *   `COMITY_CREDENTIAL_TOO_LARGE`; `COMITY_JSON_TOO_DEEP` and `COMITY_JSON_MALFORMED` when the claims are no JSON that a
 *   verifier reads; `COMITY_JWK_INVALID` and `COMITY_JWK_PRIVATE` for `holderKey`.
 * @throws {TypeError} When an option is missing or contradicts another.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9901#section-4 | RFC 9901 §4}
 */
export async function issueSdJwtCredential<Type extends CredentialType>(
  options: IssueSdJwtCredentialOptions<Type>,
): Promise<string> {
  checkOptions(options)
  const { signer, type, claims: given, disclosable, decoys = 0 } = options
  // Through text, so that what is checked is what is signed and what a verifier will read.
  const claims = parseJsonObject(JSON.stringify(given), { maxBytes: MAX_SD_JWT_LENGTH })
  checkNames(claims)
  const [fault] = schemaFaults(type, asDocument(options, claims))
  if (fault !== undefined) throw fault

  const payload: JsonObject = { ...envelope(options), ...claims }
  const frame = disclosureFrame(claims, disclosable ?? Object.keys(claims).map((name) => [name]), decoys)
  const packed = frame === undefined ? undefined : await packClaims(payload, frame)
  const jwt = await signJws({
    header: { typ: 'dc+sd-jwt' },
    payload: packed === undefined ? payload : { ...packed.payload, _sd_alg: 'sha-256' },
    signer,
  })
  const token = `${[jwt, ...(packed?.disclosures ?? [])].join('~')}~`
  if (canonicalizeJson(parseSdJwtCredential(token).document) === canonicalizeJson(payload)) return token
  throw new TypeError('the claims do not come back out of the credential')
}

function envelope(options: IssueSdJwtCredentialOptions): JsonObject {
  const { issuer, type, subject, holderKey, validFrom, validUntil, status } = options
  const { kty, crv, x, y } = parsePublicJwk(holderKey)
  return {
    iss: issuer,
    ...(subject !== undefined && { sub: subject }),
    vct: vctOf(type),
    nbf: validFrom,
    exp: validUntil,
    cnf: { jwk: { kty, crv, x, ...(y !== undefined && { y }) } },
    ...(status !== undefined && { status: { status_list: { idx: status.idx, uri: status.uri } } }),
  }
}

/** The credential as the schema of its type is about it. */
function asDocument(
  { subject = UNNAMED_SUBJECT }: IssueSdJwtCredentialOptions,
  claims: JsonObject,
): JsonObject {
  return { validFrom: '', validUntil: '', credentialSubject: { ...claims, id: subject } }
}

function checkOptions(options: IssueSdJwtCredentialOptions): void {
  const { signer, issuer, type, subject, claims, validFrom, validUntil, status, decoys = 0 } = options
  if (!isCredentialType(type)) throw new TypeError('options.type must be one of CREDENTIAL_TYPES')
  for (const [name, did] of Object.entries({ issuer, ...(subject !== undefined && { subject }) })) {
    if (!isDid(did)) throw new TypeError(`options.${name} must be a DID`)
  }
  if (!isDidUrlOf(signer.kid, issuer)) {
    throw new TypeError('options.signer.kid must be a DID URL under options.issuer')
  }
  if (typeof claims !== 'object' || (claims as unknown) === null) {
    throw new TypeError('options.claims must be an object')
  }
  if (!(validFrom >= 0 && validFrom < validUntil && Number.isFinite(validUntil))) {
    throw new TypeError('options.validUntil must be later than options.validFrom')
  }
  if (status !== undefined && parseTokenStatus({ status_list: { ...status } }) === undefined) {
    throw new TypeError('options.status must have an absolute URL and a place from 0')
  }
  if (!Number.isSafeInteger(decoys) || decoys < 0 || decoys > MAX_DECOYS) {
    throw new TypeError(`options.decoys must be 0 to ${String(MAX_DECOYS)}`)
  }
}

/** @throws {TypeError} When a claim has a name that means something else here. */
function checkNames(claims: JsonObject): void {
  const taken = Object.keys(claims).find((name) => name === 'id' || ENVELOPE_CLAIMS.has(name))
  if (taken !== undefined) throw new TypeError(`options.claims must not have ${taken}`)
  checkInnerNames(claims)
}

function checkInnerNames(value: JsonValue): void {
  if (typeof value !== 'object' || value === null) return
  if (isJsonObject(value) && Object.keys(value).some((name) => FORBIDDEN_NAMES.has(name))) {
    throw new TypeError('a name in options.claims is reserved')
  }
  for (const inner of Object.values(value)) checkInnerNames(inner)
}
