import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import {
  AGENT_CREDENTIAL_TYPES,
  explainCredential,
  verifyCredential,
  type Fault,
  type VerifyCredentialOptions,
} from '../../credentials/index.ts'
import { createDidResolver } from '../../did/index.ts'
import { ComityError } from '../../errors/index.ts'
import { createStatusChecker } from '../../status/index.ts'
import { createTrustRegistry } from '../../trust/index.ts'
import { fetchFor, type NetworkFlags } from '../network.ts'
import type { ProgramOutput } from '../output.ts'

/** The flags of `comity verify`. */
export interface VerifyFlags extends NetworkFlags {
  readonly holder: string
  readonly trust: readonly string[]
  readonly explain: boolean
  readonly json: boolean
}

/** Verifies the credential in a file and prints what came of it. Gives the exit code. */
export async function verifyFile(file: string, flags: VerifyFlags, output: ProgramOutput): Promise<number> {
  const token = (await (file === '-' ? text(process.stdin) : readFile(file, 'utf8'))).trim()
  const fetch = await fetchFor(flags)
  try {
    const resolver = createDidResolver({ fetch })
    const options: VerifyCredentialOptions = {
      resolver,
      trust: createTrustRegistry({
        issuers: flags.trust.map((did) => ({ did, types: AGENT_CREDENTIAL_TYPES })),
      }),
      status: createStatusChecker({ fetch, resolver }),
      holder: flags.holder,
    }
    return flags.explain
      ? await explain(token, options, flags, output)
      : await verify(token, options, flags, output)
  } finally {
    fetch.close()
  }
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

async function verify(
  token: string,
  options: VerifyCredentialOptions,
  { json }: VerifyFlags,
  { write }: ProgramOutput,
): Promise<number> {
  try {
    const { issuer, subject, types, trustReason } = await verifyCredential(token, options)
    write(
      json
        ? JSON.stringify({ ok: true, issuer, subject, types, trustReason })
        : `good: ${types.join(', ')} about ${subject}, by ${issuer} (${trustReason})`,
    )
    return 0
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    write(json ? JSON.stringify({ ok: false, error }) : `refused: ${error.message} (${error.code})`)
    return 1
  }
}
