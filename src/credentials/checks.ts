import { findVerificationKey, parseDidUrl, type DidResolver } from '../did/index.ts'
import { ComityError, PolicyError, VerificationError } from '../errors/index.ts'
import { jwkThumbprint, verifyJwsSignature, type PublicJwk, type UnverifiedJws } from '../keys/index.ts'
import type { FetchBudget } from '../net/index.ts'
import { digestOnDemand, type DigestOf } from './credential-digest.ts'
import type { SdHashName } from './sd-jwt/hash.ts'
import type { UnverifiedSdJwt } from './sd-jwt/parse-sd-jwt.ts'
import {
  recall,
  remember,
  type RememberedToken,
  type SignatureCache,
  type TokenContent,
} from './signature-cache.ts'
import {
  checkCredentialSize,
  formFaults,
  parseCredential,
  parseCredentialJws,
  readCredential,
  type UnverifiedCredential,
} from './unverified-credential.ts'

/** The name of a check. */
export type CheckName =
  | 'size'
  | 'token'
  | 'form'
  | 'key'
  | 'signature'
  | 'times'
  | 'audience'
  | 'type'
  | 'schema'
  | 'holder'
  | 'status'
  | 'trust'

/** What the checks of the signature are told. */
export interface SignatureOptions {
  readonly resolver: DidResolver
  readonly now: number
  readonly clockTolerance: number
  readonly maxLength: number
  readonly audience: string | undefined
  readonly issuer: string | undefined
  readonly budget: FetchBudget | undefined
  readonly cache: SignatureCache | undefined
}

/** What the checks found out so far. */
export interface CheckState<Options extends SignatureOptions> {
  readonly token: string
  readonly options: Options
  /** What was found out when the very same token was verified before. */
  known?: RememberedToken
  jws?: UnverifiedJws
  /** The SD-JWT around it, where it is one. */
  sdJwt?: UnverifiedSdJwt
  /** The hash function of its digests. */
  hash?: SdHashName
  /** The digest of what the holder must have signed. */
  coveredDigest?: string
  credential?: UnverifiedCredential
  key?: PublicJwk
  digest?: DigestOf
  trustReason?: string
}

/** The faults that a check has found; none where it passed. */
export type CheckResult = readonly ComityError[] | undefined

/** One step of a verification. It may return faults, or throw a {@link ComityError} as its only fault. */
export interface Check<Options extends SignatureOptions> {
  readonly name: CheckName
  /** The checks without whose success this one has nothing to look at, or must not be made. */
  readonly needs: readonly CheckName[]
  readonly run: (state: CheckState<Options>) => CheckResult | Promise<CheckResult>
}

/** From text to a signature by the issuer, and the times: the checks that every credential goes through. */
export const SIGNATURE_CHECKS: readonly Check<SignatureOptions>[] = [
  { name: 'size', needs: [], run: checkSize },
  { name: 'token', needs: ['size'], run: checkToken },
  { name: 'form', needs: ['token'], run: checkForm },
  { name: 'key', needs: ['form'], run: checkKey },
  { name: 'signature', needs: ['key'], run: checkSignature },
  { name: 'times', needs: ['form'], run: checkTimes },
  { name: 'audience', needs: ['form'], run: checkAudience },
]

/**
 * The faults that one check finds.
 *
 * @throws What the check throws that is no {@link ComityError}: a bug, or an option that is not what it should be.
 */
export async function faultsOf<Options extends SignatureOptions>(
  check: Check<Options>,
  state: CheckState<Options>,
): Promise<readonly ComityError[]> {
  try {
    return (await check.run(state)) ?? []
  } catch (error) {
    if (error instanceof ComityError) return [error]
    throw error
  }
}

/**
 * Makes the checks in order.
 *
 * @throws The first fault.
 */
export async function runChecks<Options extends SignatureOptions>(
  checks: readonly Check<Options>[],
  state: CheckState<Options>,
): Promise<void> {
  for (const { run } of checks) {
    const result = run(state)
    // Most checks wait for nothing, and a verification has many.
    const faults = result === undefined || 'length' in result ? result : await result
    if (faults?.[0] !== undefined) throw faults[0]
  }
}

/** What an earlier check must have left; without it a later one never passes. */
export function required<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('a check ran before the one that it needs')
  return value
}

function checkSize({ token, options }: CheckState<SignatureOptions>): undefined {
  checkCredentialSize(token, options.maxLength)
}

function checkToken(state: CheckState<SignatureOptions>): undefined {
  const known = recall(state.options.cache, 'vc+jwt', state.token)
  state.jws = known?.jws ?? parseCredentialJws(state.token, state.options.maxLength)
  state.digest = known?.digest ?? digestOnDemand(state.token)
  if (known !== undefined) state.known = known
}

function checkForm(state: CheckState<SignatureOptions>): CheckResult {
  const jws = required(state.jws)
  if (state.known?.credential !== undefined) {
    state.credential = state.known.credential
    return []
  }
  const faults = formFaults(jws)
  if (faults.length === 0) state.credential = readCredential(jws)
  return faults
}

/** The key must be one that the issuer's own document names for assertions, now. */
async function checkKey(state: CheckState<SignatureOptions>): Promise<undefined> {
  const { issuer, kid } = required(state.credential)
  const { resolver, budget, issuer: expected } = state.options
  if (expected !== undefined && issuer !== expected) {
    throw new VerificationError('COMITY_CREDENTIAL_ISSUER_MISMATCH', 'the credential is of another issuer')
  }
  if (parseDidUrl(kid).did !== issuer) {
    throw new VerificationError('COMITY_CREDENTIAL_ISSUER_MISMATCH', 'the key is not one of the issuer', {
      spec: 'VC-JOSE-COSE §4.1.1',
    })
  }
  const document = await resolver.resolveDocument(issuer, budget === undefined ? {} : { budget })
  state.key = findVerificationKey(document, kid, 'assertionMethod')
}

async function checkSignature(state: CheckState<SignatureOptions>): Promise<undefined> {
  const [jws, key] = [required(state.jws), required(state.key)]
  const thumbprint = jwkThumbprint(key)
  if (state.known?.thumbprint === thumbprint) return
  await verifyJwsSignature(jws, key)
  remember(state.options.cache, state.token, { format: 'vc+jwt', thumbprint }, readAgain)
}

function readAgain(copy: string): TokenContent {
  const credential = parseCredential(copy)
  return { jws: credential.jws, credential, digest: digestOnDemand(copy) }
}

function checkTimes(state: CheckState<SignatureOptions>): CheckResult {
  const { validFrom, validUntil } = required(state.credential)
  const { now, clockTolerance } = state.options
  const faults: ComityError[] = []
  if (validUntil <= now - clockTolerance) {
    faults.push(
      new VerificationError('COMITY_CREDENTIAL_EXPIRED', 'the credential has expired', {
        spec: 'VCDM 2.0 §4.9',
        details: { validUntil, now },
      }),
    )
  }
  if (validFrom > now + clockTolerance) {
    faults.push(
      new VerificationError('COMITY_CREDENTIAL_NOT_YET_VALID', 'the credential is not valid yet', {
        spec: 'VCDM 2.0 §4.9',
        details: { validFrom, now },
      }),
    )
  }
  return faults
}

/** Whoever is not named by an `aud` that is there was not meant to have the token. */
function checkAudience(state: CheckState<SignatureOptions>): undefined {
  const { audience } = required(state.credential)
  const own = state.options.audience
  if (audience === undefined || (own !== undefined && audience.includes(own))) return
  throw new PolicyError('COMITY_AUDIENCE_MISMATCH', 'the credential is for another audience', {
    spec: 'RFC 7519 §4.1.3',
  })
}
