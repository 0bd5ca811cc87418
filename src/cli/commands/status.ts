import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { Option, type Command } from 'commander'
import {
  CREDENTIAL_FORMATS,
  parseCredential,
  parseSdJwtCredential,
  parseStatusReference,
  parseTokenStatus,
  parseVc1Credential,
  type CredentialFormat,
  type StatusChecker,
  type StatusReference,
} from '../../credentials/index.ts'
import { createDidResolver } from '../../did/index.ts'
import { isJsonObject } from '../../encoding/index.ts'
import { ComityError } from '../../errors/index.ts'
import { systemClock } from '../../runtime/index.ts'
import { createStatusChecker } from '../../status/index.ts'
import { readJson } from '../folder.ts'
import { fetchFor, type NetworkFlags } from '../network.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'

/** The flags of `comity status`. */
export interface StatusFlags extends NetworkFlags {
  readonly format: CredentialFormat
  readonly entry?: string
  readonly issuer?: string
  readonly json: boolean
}

/** Where a status is looked up, or undefined where that is of a kind that is not known here; and what is found. */
interface Finding {
  readonly reference: StatusReference | undefined
  readonly status: 'good' | 'revoked' | 'suspended' | 'unknown'
  /** Why it is not good. */
  readonly code?: string
}

/** Adds the command. */
export function registerStatus(program: Command, output: ProgramOutput): Command {
  return program
    .command('status')
    .argument('[file]', 'a credential; - is standard input')
    .description('says whether a credential is revoked or suspended now; exit code 1 unless it is good')
    .addOption(
      new Option('--format <format>', 'how the credential is secured')
        .choices(CREDENTIAL_FORMATS)
        .default('vc+jwt'),
    )
    .option('--entry <file>', 'instead of a credential: a JSON file with one entry, or one claim `status`')
    .option('--issuer <did>', 'with --entry: who must have signed the list')
    .option('--json', 'print the result as JSON', false)
    .addHelpText(
      'after',
      '\nThe credential itself is not verified: see `comity verify`.\n\nExample:\n  $ comity status posture.jwt',
    )
    .action(async (file: string | undefined, flags: StatusFlags) => {
      output.exit(await showStatus(file, flags, output))
    })
}

/** Prints the status of a credential, or of one entry. Gives the exit code. */
export async function showStatus(
  file: string | undefined,
  flags: StatusFlags,
  output: ProgramOutput,
): Promise<number> {
  const { issuer, references } = await whatToAsk(file, flags)
  const fetch = await fetchFor(flags)
  try {
    const checker = createStatusChecker({ fetch, resolver: createDidResolver({ fetch }) })
    const statuses = await Promise.all(references.map((reference) => find(checker, reference, issuer)))
    const ok = statuses.every(({ status }) => status === 'good')
    print(
      output,
      flags.json,
      { ok, issuer, statuses },
      statuses.length === 0 ? ['the credential has no status to look up'] : statuses.map(describe),
    )
    return ok ? 0 : 1
  } finally {
    fetch.close()
  }
}

interface Question {
  readonly issuer: string
  readonly references: readonly (StatusReference | undefined)[]
}

async function whatToAsk(file: string | undefined, flags: StatusFlags): Promise<Question> {
  const { entry, issuer, format } = flags
  if (file !== undefined && entry === undefined && issuer === undefined) return ofCredential(file, format)
  if (file === undefined && entry !== undefined && issuer !== undefined) {
    return { issuer, references: [referenceIn(await readJson(entry))] }
  }
  throw new UsageError('give a credential, or --entry and --issuer')
}

async function ofCredential(file: string, format: CredentialFormat): Promise<Question> {
  const token = (await (file === '-' ? text(process.stdin) : readFile(file, 'utf8'))).trim()
  const { issuer, status } = PARSERS[format](token)
  return { issuer, references: status.map(referenceIn) }
}

const PARSERS = {
  'vc+jwt': parseCredential,
  'dc+sd-jwt': parseSdJwtCredential,
  jwt_vc_json: parseVc1Credential,
} as const

/** An entry of `credentialStatus`, or the claim `status` of a JWT. */
function referenceIn(value: unknown): StatusReference | undefined {
  return isJsonObject(value) && value['type'] === undefined
    ? parseTokenStatus(value)
    : parseStatusReference(value)
}

async function find(
  checker: StatusChecker,
  reference: StatusReference | undefined,
  issuer: string,
): Promise<Finding> {
  if (reference === undefined) return { reference, status: 'unknown', code: 'COMITY_STATUS_UNAVAILABLE' }
  try {
    await checker.check({ entries: [reference], issuer, now: systemClock.now() })
    return { reference, status: 'good' }
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    return { reference, status: statusOf(error.code), code: error.code }
  }
}

function statusOf(code: string): Finding['status'] {
  if (code === 'COMITY_STATUS_REVOKED') return 'revoked'
  return code === 'COMITY_STATUS_SUSPENDED' ? 'suspended' : 'unknown'
}

function describe({ reference, status, code }: Finding): string {
  const what = code === undefined || status !== 'unknown' ? status : `${status} (${code})`
  if (reference === undefined) return `a status of a kind that is not known here: ${what}`
  return reference.type === 'TokenStatusList'
    ? `status: ${what} (place ${String(reference.idx)} of ${reference.uri})`
    : `${reference.statusPurpose}: ${what} (place ${reference.statusListIndex} of ${reference.statusListCredential})`
}
