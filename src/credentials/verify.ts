import type { DidResolver } from '../did/index.ts'
import type { ComityErrorCode } from '../errors/index.ts'
import type { FetchBudget } from '../net/index.ts'
import { systemClock } from '../runtime/index.ts'
import {
  SIGNATURE_CHECKS,
  faultsOf,
  required,
  runChecks,
  type CheckName,
  type CheckState,
  type SignatureOptions,
} from './checks.ts'
import { credentialChecks, judgedEntries, type CredentialCheckOptions } from './credential-checks.ts'
import { isCredentialFormat, type CredentialFormat } from './format.ts'
import type { IssuerTrust, StatusChecker } from './ports.ts'
import { keyBindingExpectation, type KeyBindingExpectation } from './sd-jwt/key-binding.ts'
import { MAX_SD_JWT_LENGTH } from './sd-jwt/parse-sd-jwt.ts'
import type { SignatureCache } from './signature-cache.ts'
import { MAX_CREDENTIAL_LENGTH } from './unverified-credential.ts'
import {
  sealSigned,
  sealVerified,
  type SignedCredential,
  type VerifiedCredential,
} from './verified-credential.ts'

const DEFAULT_CLOCK_TOLERANCE = 60
const MAX_CLOCK_TOLERANCE = 300
const MAX_LENGTH_CEILING = 16 * 1024 * 1024

/** What is common to all verification of credentials. */
export interface VerifySignedCredentialOptions {
  /** Resolves the issuer's DID. */
  readonly resolver: DidResolver
  /** The verifier's own DID. A token that names others in `aud` is refused. */
  readonly audience?: string
  /** The current time in seconds since the Unix epoch. Defaults to the system clock. */
  readonly now?: number
  /** Allowed clock difference in seconds, 0 to 300. Defaults to 60. */
  readonly clockTolerance?: number
  /** Bounds the look-ups that the token causes. */
  readonly budget?: FetchBudget
  /** Remembers signatures that were verified. Without it each is checked each time. */
  readonly cache?: SignatureCache
  /** The only issuer that may have signed it; nobody else's DID is resolved. Without it, whoever it says. */
  readonly issuer?: string
  /** The most characters of the token, up to 16 MiB. Defaults to {@link MAX_CREDENTIAL_LENGTH}. */
  readonly maxLength?: number
}

/** What the verifier expects. Every field without a `?` is a decision that it cannot skip. */
export interface VerifyCredentialOptions extends Omit<VerifySignedCredentialOptions, 'maxLength' | 'issuer'> {
  /** Says whether the issuer is believed, for each type of the credential. */
  readonly trust: IssuerTrust
  /** Looks up revocation and suspension. */
  readonly status: StatusChecker
  /** The DID that the credential must be about: whoever has just proven to be that DID. Compared exactly. */
  readonly holder: string
  /** The type that it must have. Without it, one of `CREDENTIAL_TYPES`; a type unknown here must be asked for. */
  readonly type?: string
  /** Whether a credential without a status is refused. Defaults to false. */
  readonly requireStatus?: boolean
  /** How it must be secured. Defaults to `vc+jwt`. */
  readonly format?: CredentialFormat
  /** What the holder was asked to sign along with it: with `dc+sd-jwt`, and only then. */
  readonly keyBinding?: KeyBindingExpectation
}

/** One thing that is wrong with a credential. */
export interface Fault {
  /** The check that found it. */
  readonly check: CheckName
  /** The code of the error. */
  readonly code: ComityErrorCode
  /** What is wrong, in words that hold nothing of the input. */
  readonly message: string
  /** Names and limits, as in the error. */
  readonly details: Readonly<Record<string, string | number | boolean>>
}

/**
 * Verifies a credential that its subject shows.
 *
 * The checks run in this order, and the first that fails decides the error: size; form of the JWS, algorithm, `typ`;
 * form of the credential; the key, which must be in the `assertionMethod` of the issuer's DID document; signature;
 * times; audience, where the token names one; type; JSON Schema; subject equals holder; issuer trusted for *each*
 * of its types; status. Before the signature check the token is read only to find out whose key to check it with.
 *
 * With `format: 'dc+sd-jwt'` the same checks read an SD-JWT VC: the form includes the disclosures and their digests,
 * what is disclosed is held against the schema, and the holder must have signed it for `options.keyBinding`.
 *
 * @param token - A compact JWS, `typ: vc+jwt`, of at most 32768 characters; or as `options.format` says: a JWT of the
 *   data model 1.1, or an SD-JWT with key binding, of at most 65536 characters.
 * @param options - See {@link VerifyCredentialOptions}.
 * @returns The verified credential, frozen.
 * @throws {VerificationError} `COMITY_CREDENTIAL_TOO_LARGE`, `COMITY_JWS_MALFORMED`, `COMITY_ALG_NOT_ALLOWED`,
 *   `COMITY_JWT_TYP_MISMATCH`, `COMITY_CREDENTIAL_MALFORMED`, `COMITY_CREDENTIAL_ISSUER_MISMATCH`,
 *   `COMITY_DID_INVALID`, `COMITY_DID_KEY_RELATIONSHIP`, `COMITY_SIGNATURE_INVALID`, `COMITY_CREDENTIAL_EXPIRED`,
 *   `COMITY_CREDENTIAL_NOT_YET_VALID`, `COMITY_CREDENTIAL_SCHEMA`, `COMITY_CREDENTIAL_HOLDER`,
 *   `COMITY_STATUS_REVOKED`, `COMITY_STATUS_SUSPENDED`, `COMITY_STATUS_LIST_INVALID`, and the codes of the decoders;
 *   for an SD-JWT VC also `COMITY_SD_JWT_MALFORMED`, `COMITY_SD_JWT_HASH`, `COMITY_SD_JWT_DISCLOSURE`,
 *   `COMITY_SD_JWT_DIGEST`, `COMITY_KEY_BINDING_MISSING`, `COMITY_KEY_BINDING_INVALID`, `COMITY_KEY_BINDING_NONCE`,
 *   `COMITY_JWT_CLAIM_INVALID`, `COMITY_TOKEN_EXPIRED` and `COMITY_TOKEN_NOT_YET_VALID` for the key binding.
 * @throws {TrustError} `COMITY_DID_KEY_UNKNOWN` and the other codes of resolution, `COMITY_STATUS_UNAVAILABLE`,
 *   `COMITY_ISSUER_NOT_TRUSTED`.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH`, `COMITY_CREDENTIAL_TYPE`, `COMITY_STATUS_REQUIRED`.
 * @throws {TypeError} An option is missing or out of range.
 * @see {@link https://www.w3.org/TR/vc-jose-cose/#alg-jose | VC-JOSE-COSE §5.1}
 */
export async function verifyCredential(
  token: string,
  options: VerifyCredentialOptions,
): Promise<VerifiedCredential> {
  const state: CheckState<CredentialCheckOptions> = { token, options: credentialOptions(options) }
  await runChecks(credentialChecks(state.options.format), state)
  return sealVerified(required(state.credential), {
    format: state.options.format,
    holder: state.options.holder,
    status: judgedEntries(state),
    trustReason: required(state.trustReason),
    digest: required(state.digest),
  })
}

/**
 * Lists everything that is wrong with a credential, for people. The same checks as in {@link verifyCredential}, made
 * also after one has failed.
 *
 * A check is left out where an earlier one failed that it builds on: nothing is read out of a credential that is
 * malformed, and no status list is fetched for one that its issuer did not sign.
 *
 * @param token - As for {@link verifyCredential}.
 * @param options - As for {@link verifyCredential}.
 * @returns The faults in the order of the checks; none where {@link verifyCredential} would return.
 * @throws {TypeError} An option is missing or out of range.
 */
export async function explainCredential(
  token: string,
  options: VerifyCredentialOptions,
): Promise<readonly Fault[]> {
  const state: CheckState<CredentialCheckOptions> = { token, options: credentialOptions(options) }
  const faults: Fault[] = []
  const passed = new Set<CheckName>()
  for (const check of credentialChecks(state.options.format)) {
    if (!check.needs.every((name) => passed.has(name))) continue
    const found = await faultsOf(check, state)
    if (found.length === 0) passed.add(check.name)
    for (const { code, message, details } of found) {
      faults.push(Object.freeze({ check: check.name, code, message, details }))
    }
  }
  return faults
}

/**
 * Verifies that the issuer of a credential signed it, and that it is valid now. Nothing else: see
 * {@link SignedCredential}. For credentials that say something about no holder, such as status lists.
 *
 * The checks are the first of {@link verifyCredential}: size, form, algorithm, key, signature, times, audience.
 *
 * @param token - A compact JWS, `typ: vc+jwt`, of at most `options.maxLength` characters.
 * @param options - See {@link VerifySignedCredentialOptions}.
 * @returns The credential, frozen.
 * @throws {ComityError} As {@link verifyCredential} up to there.
 * @throws {TypeError} An option is missing or out of range.
 */
export async function verifySignedCredential(
  token: string,
  options: VerifySignedCredentialOptions,
): Promise<SignedCredential> {
  const state: CheckState<SignatureOptions> = { token, options: signatureOptions(options) }
  await runChecks(SIGNATURE_CHECKS, state)
  return sealSigned(required(state.credential), required(state.digest))
}

function signatureOptions(options: VerifySignedCredentialOptions): SignatureOptions {
  const { resolver, audience, issuer, budget, cache, maxLength = MAX_CREDENTIAL_LENGTH } = options
  const { now = systemClock.now(), clockTolerance = DEFAULT_CLOCK_TOLERANCE } = options
  if (typeof (resolver as DidResolver | undefined)?.resolveDocument !== 'function') {
    throw new TypeError('options.resolver must be a DID resolver')
  }
  if (audience !== undefined && (typeof audience !== 'string' || audience === '')) {
    throw new TypeError('options.audience must be a non-empty string')
  }
  if (issuer !== undefined && (typeof issuer !== 'string' || issuer === '')) {
    throw new TypeError('options.issuer must be a non-empty string')
  }
  if (!Number.isFinite(now)) throw new TypeError('options.now must be a finite number of seconds')
  if (!(clockTolerance >= 0 && clockTolerance <= MAX_CLOCK_TOLERANCE)) {
    throw new TypeError(`options.clockTolerance must be 0 to ${MAX_CLOCK_TOLERANCE} seconds`)
  }
  if (!(maxLength >= 1 && maxLength <= MAX_LENGTH_CEILING)) {
    throw new TypeError(`options.maxLength must be 1 to ${MAX_LENGTH_CEILING}`)
  }
  return { resolver, audience, issuer, budget, cache, now, clockTolerance, maxLength }
}

function credentialOptions(options: VerifyCredentialOptions): CredentialCheckOptions {
  const { trust, status, holder, type, requireStatus = false } = options
  if (typeof (trust as IssuerTrust | undefined)?.judge !== 'function') {
    throw new TypeError('options.trust must have a method judge')
  }
  if (typeof (status as StatusChecker | undefined)?.check !== 'function') {
    throw new TypeError('options.status must have a method check')
  }
  if (typeof holder !== 'string' || holder === '')
    throw new TypeError('options.holder must be a non-empty string')
  if (type !== undefined && (typeof type !== 'string' || type === '')) {
    throw new TypeError('options.type must be a non-empty string')
  }
  if (typeof requireStatus !== 'boolean') throw new TypeError('options.requireStatus must be a boolean')
  const { format = 'vc+jwt' } = options
  if (!isCredentialFormat(format)) throw new TypeError('options.format must be one of CREDENTIAL_FORMATS')
  const { resolver, audience, budget, cache, now, clockTolerance } = signatureOptions(options)
  return {
    resolver,
    audience,
    budget,
    cache,
    now,
    clockTolerance,
    issuer: undefined,
    maxLength: format === 'dc+sd-jwt' ? MAX_SD_JWT_LENGTH : MAX_CREDENTIAL_LENGTH,
    trust,
    status,
    holder,
    type,
    requireStatus,
    format,
    keyBinding: keyBindingExpectation(format, options.keyBinding),
  }
}
