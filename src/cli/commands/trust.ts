import { join } from 'node:path'
import { AGENT_CREDENTIAL_TYPES } from '../../credentials/index.ts'
import { parseDid } from '../../did/index.ts'
import { createTrustRegistry, type TrustedIssuer } from '../../trust/index.ts'
import type { IssuerTrust } from '../../credentials/index.ts'
import { readConfig, readJson, writeJson } from '../folder.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { objectIn } from '../state.ts'
import type { FolderFlags } from './did.ts'

/** Whom a folder trusts for what: its `trust.json`. */
export async function readTrust(folder: string): Promise<readonly TrustedIssuer[]> {
  const file = join(folder, 'trust.json')
  const issuers: unknown = objectIn(await readJson(file))?.issuers
  if (!Array.isArray(issuers)) throw new UsageError(`${file} must have a list of issuers`)
  return issuers as TrustedIssuer[]
}

/** The registry of a folder. An empty one believes nobody. */
export async function trustOf(folder: string): Promise<IssuerTrust> {
  return createTrustRegistry({ issuers: await readTrust(folder) })
}

/** Trusts an issuer for some types, or for all agent types. Gives the exit code. */
export async function addTrust(
  did: string,
  { dir, json, types }: FolderFlags & { readonly types: readonly string[] },
  output: ProgramOutput,
): Promise<number> {
  parseDid(did)
  await readConfig(dir)
  const entry = { did, types: types.length === 0 ? AGENT_CREDENTIAL_TYPES : types }
  const others = (await readTrust(dir)).filter((issuer) => issuer.did !== did)
  createTrustRegistry({ issuers: [...others, entry] })
  await writeJson(join(dir, 'trust.json'), { issuers: [...others, entry] })
  print(output, json, { ok: true, ...entry }, [`${did} is trusted for ${entry.types.join(', ')}`])
  return 0
}

/** Lists whom a folder trusts. Gives the exit code. */
export async function listTrust({ dir, json }: FolderFlags, output: ProgramOutput): Promise<number> {
  const issuers = await readTrust(dir)
  print(
    output,
    json,
    { ok: true, issuers },
    issuers.length === 0 ? ['nobody'] : issuers.map(({ did, types }) => `${did}: ${types.join(', ')}`),
  )
  return 0
}
