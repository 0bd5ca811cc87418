import type { ComityError } from '../errors/index.ts'
import { PolicyError, TrustError, VerificationError } from '../errors/index.ts'
import { isCredentialType } from './agent-types.ts'
import {
  SIGNATURE_CHECKS,
  required,
  type Check,
  type CheckResult,
  type CheckState,
  type SignatureOptions,
} from './checks.ts'
import { BASE_TYPE } from './document-rules.ts'
import type { CredentialFormat } from './format.ts'
import type { IssuerTrust, StatusChecker } from './ports.ts'
import type { KeyBindingExpectation } from './sd-jwt/key-binding.ts'
import { schemaFaults } from './schema-validator.ts'
import type { UnverifiedCredential } from './unverified-credential.ts'
import { sdJwtChecks } from './sd-jwt/sd-jwt-checks.ts'
import { isJudgedEntry, parseStatusEntry, parseTokenStatus, type StatusReference } from './status-entry.ts'
import { VC1_SIGNATURE_CHECKS } from './vc1/vc1-checks.ts'

/** What all checks of a credential are told. */
export interface CredentialCheckOptions extends SignatureOptions {
  readonly trust: IssuerTrust
  readonly status: StatusChecker
  readonly holder: string
  readonly type: string | undefined
  readonly requireStatus: boolean
  readonly format: CredentialFormat
  readonly keyBinding: Required<KeyBindingExpectation> | undefined
}

type State = CheckState<CredentialCheckOptions>

/**
 * Trust comes before status, and status needs the signature: no list is fetched because of what somebody wrote whom
 * nobody here believes.
 */
const JUDGEMENT_CHECKS: readonly Check<CredentialCheckOptions>[] = [
  { name: 'type', needs: ['form'], run: checkType },
  { name: 'schema', needs: ['form'], run: checkSchema },
  { name: 'holder', needs: ['form'], run: checkHolder },
  { name: 'trust', needs: ['form'], run: checkTrust },
  { name: 'status', needs: ['signature'], run: checkStatus },
]

const CHECKS_BY_FORMAT: Readonly<Record<CredentialFormat, readonly Check<CredentialCheckOptions>[]>> = {
  'vc+jwt': [...SIGNATURE_CHECKS, ...JUDGEMENT_CHECKS],
  jwt_vc_json: [...VC1_SIGNATURE_CHECKS, ...JUDGEMENT_CHECKS],
  'dc+sd-jwt': sdJwtChecks([...SIGNATURE_CHECKS, ...JUDGEMENT_CHECKS]),
}

/** All checks of a credential of one format, in order. They have the same names in all formats. */
export function credentialChecks(format: CredentialFormat): readonly Check<CredentialCheckOptions>[] {
  return CHECKS_BY_FORMAT[format]
}

/** A type that has no schema here is only what the caller wants if the caller says so. */
function checkType(state: State): undefined {
  const { types } = required(state.credential)
  const { type } = state.options
  const wanted = type === undefined ? types.some(isCredentialType) : types.includes(type)
  if (wanted) return
  const message =
    type === undefined ? 'the credential has no type that is known here' : 'the credential is of another type'
  throw new PolicyError('COMITY_CREDENTIAL_TYPE', message, { spec: 'VCDM 2.0 §4.5' })
}

/** Those that match the schemas of all their types. What was read from a token is frozen, so they still do. */
const conforming = new WeakSet<UnverifiedCredential>()

/** Each type that has a schema here is held against it, also those that were not asked for. */
function checkSchema(state: State): CheckResult {
  const credential = required(state.credential)
  if (conforming.has(credential)) return []
  const { types, document } = credential
  const faults = types.filter(isCredentialType).flatMap((type) => schemaFaults(type, document))
  // One that is not kept is not asked about again.
  if (faults.length === 0 && state.known !== undefined) conforming.add(credential)
  return faults
}

function checkHolder(state: State): undefined {
  if (required(state.credential).subject === state.options.holder) return
  throw new VerificationError(
    'COMITY_CREDENTIAL_HOLDER',
    'the credential is about somebody else than its holder',
    {
      spec: 'VCDM 2.0 §4.8',
    },
  )
}

async function checkStatus(state: State): Promise<undefined> {
  const { status, issuer } = required(state.credential)
  const { requireStatus, now, budget } = state.options
  if (status.length === 0) {
    if (!requireStatus) return
    throw new PolicyError('COMITY_STATUS_REQUIRED', 'the credential has no status to look up')
  }
  const entries = judgedEntries(state)
  await state.options.status.check({ entries, issuer, now, ...(budget === undefined ? {} : { budget }) })
}

/**
 * The entries of a credential that goes on to the next check.
 *
 * @throws {TrustError} `COMITY_STATUS_UNAVAILABLE` when one is of a kind that cannot be looked up here: its issuer
 *   may have revoked the credential through that one.
 */
export function judgedEntries(state: State): readonly StatusReference[] {
  const { format } = state.options
  return required(state.credential).status.map((value) => {
    const entry = format === 'dc+sd-jwt' ? parseTokenStatus(value) : parseStatusEntry(value)
    if (entry?.type === 'TokenStatusList' || (entry !== undefined && isJudgedEntry(entry))) return entry
    throw new TrustError(
      'COMITY_STATUS_UNAVAILABLE',
      'the credential has a status of a kind that is not known here',
      { spec: format === 'dc+sd-jwt' ? 'SD-JWT VC §2.2.2' : 'VCDM 2.0 §4.10' },
    )
  })
}

/** The issuer must be believed for each type: a credential counts for whatever types it has. */
async function checkTrust(state: State): Promise<readonly ComityError[]> {
  const { issuer, types } = required(state.credential)
  const { trust, audience, now, budget } = state.options
  const asked = {
    ...(audience === undefined ? {} : { audience }),
    ...(budget === undefined ? {} : { budget }),
  }
  const special = types.filter((type) => type !== BASE_TYPE)
  const faults: ComityError[] = []
  const reasons = new Set<string>()
  for (const type of special.length === 0 ? types : special) {
    const question = { issuer, type, now, ...asked }
    const { accepted, reason } = await trust.judge(question)
    // A registry in plain JavaScript may answer with anything; only `true` is a yes.
    if ((accepted as unknown) === true) reasons.add(reason)
    else faults.push(notTrusted(reason))
  }
  state.trustReason = [...reasons].join('; ')
  return faults
}

function notTrusted(reason: string): TrustError {
  return new TrustError(
    'COMITY_ISSUER_NOT_TRUSTED',
    'the issuer is not trusted for this type of credential',
    {
      details: { reason },
    },
  )
}
