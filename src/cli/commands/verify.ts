import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import {
  AGENT_CREDENTIAL_TYPES,
  CREDENTIAL_FORMATS,
  explainCredential,
  verifyCredential,
  verifyPresentation,
  type CredentialFormat,
  type Fault,
  type KeyBindingExpectation,
  type VerifiedCredential,
  type VerifyCredentialOptions,
  type VerifyPresentationOptions,
} from '../../credentials/index.ts'
import { createDidResolver } from '../../did/index.ts'
import { ComityError } from '../../errors/index.ts'
import { createStatusChecker } from '../../status/index.ts'
import { createTrustRegistry } from '../../trust/index.ts'
import { fetchFor, type NetworkFlags } from '../network.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'

/** What can be verified: credentials, and presentations of them. */
export const VERIFY_FORMATS: readonly (CredentialFormat | 'vp+jwt')[] = [...CREDENTIAL_FORMATS, 'vp+jwt']

/** The flags of `comity verify`. */
export interface VerifyFlags extends NetworkFlags {
  readonly holder: string
  readonly format: CredentialFormat | 'vp+jwt'
  /** Whom the holder must have signed it for. */
  readonly audience?: string
  /** What the holder was given to sign. */
  readonly nonce?: string
  readonly trust: readonly string[]
  readonly explain: boolean
  readonly json: boolean
}

/** Verifies what is in a file and prints what came of it. Gives the exit code. */
export async function verifyFile(file: string, flags: VerifyFlags, output: ProgramOutput): Promise<number> {
  const { format } = flags
  const keyBinding = occasionOf(flags)
  if (format === 'vp+jwt' && flags.explain) throw new UsageError('--explain is for credentials')
  const token = (await (file === '-' ? text(process.stdin) : readFile(file, 'utf8'))).trim()
  const fetch = await fetchFor(flags)
  try {
    const resolver = createDidResolver({ fetch })
    const options = {
      resolver,
      trust: createTrustRegistry({
        issuers: flags.trust.map((did) => ({ did, types: AGENT_CREDENTIAL_TYPES })),
      }),
      status: createStatusChecker({ fetch, resolver }),
      holder: flags.holder,
    }
    if (format === 'vp+jwt') {
      const { nonce, audience } = keyBinding as KeyBindingExpectation
      const judge = async (): Promise<Good> => ofPresentation(token, { ...options, nonce, audience })
      return await verifyOne(judge, flags, output)
    }
    const judged = { ...options, format, ...(keyBinding !== undefined && { keyBinding }) }
    return flags.explain
      ? await explain(token, judged, flags, output)
      : await verifyOne(async () => ofCredential(token, judged), flags, output)
  } finally {
    fetch.close()
  }
}

/** What the holder must have signed, for the formats in which it signs. */
function occasionOf({ format, audience, nonce }: VerifyFlags): KeyBindingExpectation | undefined {
  const isSigned = format === 'dc+sd-jwt' || format === 'vp+jwt'
  if (isSigned && audience !== undefined && nonce !== undefined) return { audience, nonce }
  if (isSigned) throw new UsageError(`--format ${format} needs --audience and --nonce`)
  if (audience === undefined && nonce === undefined) return undefined
  throw new UsageError('--audience and --nonce go with --format dc+sd-jwt and vp+jwt')
}

async function explain(
  token: string,
  options: VerifyCredentialOptions,
  { json }: VerifyFlags,
  { write }: ProgramOutput,
): Promise<number> {
  const faults = await explainCredential(token, options)
  if (json) write(JSON.stringify({ ok: faults.length === 0, faults }))
  else if (faults.length === 0) write('good: no fault was found')
  else for (const fault of faults) write(describeFault(fault))
  return faults.length === 0 ? 0 : 1
}

/** The reason stands there in full: of all faults, whom to believe is the one that the reader can mend. */
function describeFault({ check, code, message, details }: Fault): string {
  const { reason, because } = details
  const why = [reason, because].filter((part) => part !== undefined).map((part) => `: ${String(part)}`)
  return `${check}: ${message} (${code}${why.join('')})`
}

/** What is good, as JSON and in lines. */
interface Good {
  readonly result: Readonly<Record<string, unknown>>
  readonly lines: readonly string[]
}

async function verifyOne(
  judge: () => Promise<Good>,
  { json }: VerifyFlags,
  output: ProgramOutput,
): Promise<number> {
  try {
    const { result, lines } = await judge()
    print(output, json, { ok: true, ...result }, lines)
    return 0
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    print(output, json, { ok: false, error }, [`refused: ${error.message} (${error.code})`])
    return 1
  }
}

async function ofCredential(token: string, options: VerifyCredentialOptions): Promise<Good> {
  const credential = await verifyCredential(token, options)
  return { result: summaryOf(credential), lines: [lineAbout(credential)] }
}

async function ofPresentation(token: string, options: VerifyPresentationOptions): Promise<Good> {
  const { holder, credentials } = await verifyPresentation(token, options)
  return { result: { holder, credentials: credentials.map(summaryOf) }, lines: credentials.map(lineAbout) }
}

function summaryOf({ issuer, subject, types, trustReason }: VerifiedCredential): Record<string, unknown> {
  return { issuer, subject, types, trustReason }
}

function lineAbout({ issuer, subject, types, trustReason }: VerifiedCredential): string {
  return `good: ${types.join(', ')} about ${subject}, by ${issuer} (${trustReason})`
}
