import type { ComityError } from '../errors/index.ts'
import { PolicyError, TrustError, VerificationError } from '../errors/index.ts'
import { isAgentCredentialType } from './agent-types.ts'
import { SIGNATURE_CHECKS, required, type Check, type CheckState, type SignatureOptions } from './checks.ts'
import { BASE_TYPE } from './document-rules.ts'
import type { IssuerTrust, StatusChecker } from './ports.ts'
import { schemaFaults } from './schema-validator.ts'
import type { UnverifiedCredential } from './unverified-credential.ts'
import { isJudgedEntry, parseStatusEntry, type StatusEntry } from './status-entry.ts'

/** What all checks of a credential are told. */
export interface CredentialCheckOptions extends SignatureOptions {
  readonly trust: IssuerTrust
  readonly status: StatusChecker
  readonly holder: string
  readonly type: string | undefined
  readonly requireStatus: boolean
}

type State = CheckState<CredentialCheckOptions>

/**
 * All checks of a credential, in order.
 *
 * Status needs the signature: a list is not fetched because of what a stranger wrote.
 */
export const CREDENTIAL_CHECKS: readonly Check<CredentialCheckOptions>[] = [
  ...SIGNATURE_CHECKS,
  { name: 'type', needs: ['form'], run: checkType },
  { name: 'schema', needs: ['form'], run: checkSchema },
  { name: 'holder', needs: ['form'], run: checkHolder },
  { name: 'status', needs: ['signature'], run: checkStatus },
  { name: 'trust', needs: ['form'], run: checkTrust },
]

/** A type that has no schema here is only what the caller wants if the caller says so. */
async function checkType(state: State): Promise<undefined> {
  const { types } = required(state.credential)
  const { type } = state.options
  const wanted = type === undefined ? types.some(isAgentCredentialType) : types.includes(type)
  if (wanted) return
  const message =
    type === undefined ? 'the credential has no type that is known here' : 'the credential is of another type'
  throw new PolicyError('COMITY_CREDENTIAL_TYPE', message, { spec: 'VCDM 2.0 §4.5' })
}

/** Those that match the schemas of all their types. What was read from a token is frozen, so they still do. */
const conforming = new WeakSet<UnverifiedCredential>()

/** Each type that has a schema here is held against it, also those that were not asked for. */
async function checkSchema(state: State): Promise<readonly ComityError[]> {
  const credential = required(state.credential)
  if (conforming.has(credential)) return []
  const { types, document } = credential
  const faults = types.filter(isAgentCredentialType).flatMap((type) => schemaFaults(type, document))
  if (faults.length === 0) conforming.add(credential)
  return faults
}

async function checkHolder(state: State): Promise<undefined> {
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
export function judgedEntries(state: CheckState<SignatureOptions>): readonly StatusEntry[] {
  return required(state.credential).status.map((value) => {
    const entry = parseStatusEntry(value)
    if (entry !== undefined && isJudgedEntry(entry)) return entry
    throw new TrustError(
      'COMITY_STATUS_UNAVAILABLE',
      'the credential has a status of a kind that is not known here',
      {
        spec: 'VCDM 2.0 §4.10',
      },
    )
  })
}

/** The issuer must be believed for each type: a credential counts for whatever types it has. */
async function checkTrust(state: State): Promise<readonly ComityError[]> {
  const { issuer, types } = required(state.credential)
  const { trust, audience } = state.options
  const special = types.filter((type) => type !== BASE_TYPE)
  const faults: ComityError[] = []
  const reasons = new Set<string>()
  for (const type of special.length === 0 ? types : special) {
    const question = { issuer, type, ...(audience === undefined ? {} : { audience }) }
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
