import { join } from 'node:path'
import { createSqliteStore } from '../../adapters/sqlite/index.ts'
import { AGENT_CREDENTIAL_TYPES } from '../../credentials/index.ts'
import { createDidResolver, parseDid } from '../../did/index.ts'
import type { GuardedFetch } from '../../net/index.ts'
import { createStatusChecker } from '../../status/index.ts'
import type { Store } from '../../store/index.ts'
import {
  createTrustRegistry,
  type Accreditor,
  type TrustedIssuer,
  type TrustListSource,
  type TrustRegistry,
} from '../../trust/index.ts'
import { readConfig, readJson, writeJson } from '../folder.ts'
import { fetchFor, type NetworkFlags } from '../network.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'
import { objectIn } from '../state.ts'
import type { FolderFlags } from './did.ts'

/** Whom a folder trusts for what: its `trust.json`. */
export interface FolderTrust {
  readonly issuers: readonly TrustedIssuer[]
  readonly lists: readonly TrustListSource[]
  readonly accreditors: readonly Accreditor[]
}

/** What a registry of a folder reaches out with, and remembers in. */
export interface TrustTools {
  readonly fetch: GuardedFetch
  readonly store: Store
}

const ROLES = ['issuers', 'lists', 'accreditors'] as const

/** The flags of `comity trust add`. */
export interface AddTrustFlags extends FolderFlags {
  readonly types: readonly string[]
  readonly audience: readonly string[]
  readonly as: 'issuer' | 'list' | 'accreditor'
  readonly url?: string
  readonly depth?: string
}

/** The flags of `comity trust explain`. */
export interface ExplainTrustFlags extends FolderFlags, NetworkFlags {
  readonly type: string
  readonly audience?: string
}

/**
 * Reads a folder's `trust.json`.
 *
 * @throws {UsageError} It is malformed.
 */
export async function readTrust(folder: string): Promise<FolderTrust> {
  const file = join(folder, 'trust.json')
  const written = objectIn(await readJson(file))
  const listOf = (role: (typeof ROLES)[number]): readonly unknown[] => {
    const list: unknown = written?.[role] ?? (role === 'issuers' ? undefined : [])
    if (!Array.isArray(list)) throw new UsageError(`${file} must have a list of ${role}`)
    return list
  }
  return {
    issuers: listOf('issuers') as readonly TrustedIssuer[],
    lists: listOf('lists') as readonly TrustListSource[],
    accreditors: listOf('accreditors') as readonly Accreditor[],
  }
}

/** The registry of a folder. An empty one believes nobody. */
export async function trustOf(folder: string, { fetch, store }: TrustTools): Promise<TrustRegistry> {
  const resolver = createDidResolver({ fetch })
  const status = createStatusChecker({ fetch, resolver })
  return createTrustRegistry({ ...(await readTrust(folder)), fetch, resolver, status, store })
}

/** Trusts an issuer, a list or an accreditor for some types, or for all agent types. Gives the exit code. */
export async function addTrust(did: string, flags: AddTrustFlags, output: ProgramOutput): Promise<number> {
  const { dir, json, as } = flags
  parseDid(did)
  await readConfig(dir)
  const trust = await readTrust(dir)
  const entry = entryOf(did, flags)
  const role = `${as}s` as const
  const others = (trust[role] as readonly { readonly did: string }[]).filter((one) => one.did !== did)
  const changed = { ...trust, [role]: [...others, entry] }
  assertUsable(changed)
  await writeJson(join(dir, 'trust.json'), changed)
  print(output, json, { ok: true, as, ...entry }, [
    `${did} is trusted as ${as} for ${entry.types?.join(', ') ?? 'all that it names'}`,
  ])
  return 0
}

/** Lists whom a folder trusts. Gives the exit code. */
export async function listTrust({ dir, json }: FolderFlags, output: ProgramOutput): Promise<number> {
  const trust = await readTrust(dir)
  const lines = ROLES.flatMap((role) =>
    trust[role].map(({ did, types, audiences }) => {
      const towards = audiences === undefined ? '' : `, towards ${audiences.join(', ')}`
      return `${role.slice(0, -1)} ${did}: ${types?.join(', ') ?? 'all that it names'}${towards}`
    }),
  )
  print(output, json, { ok: true, ...trust }, lines.length === 0 ? ['nobody'] : lines)
  return 0
}

/** Says what every rule of a folder says about an issuer and a type. Gives the exit code: 1 where none accepts. */
export async function explainTrust(
  issuer: string,
  flags: ExplainTrustFlags,
  output: ProgramOutput,
): Promise<number> {
  const { dir, json, type, audience } = flags
  parseDid(issuer)
  const { did } = await readConfig(dir)
  const fetch = await fetchFor(flags)
  const store = createSqliteStore({ file: join(dir, 'state.sqlite') })
  try {
    const registry = await trustOf(dir, { fetch, store })
    const { accepted, rules } = await registry.explain({ issuer, type, audience: audience ?? did })
    const told = rules.map(({ accepted: accepts, reason }) => ({ accepted: accepts, reason }))
    print(output, json, { ok: accepted, rules: told }, [
      `${issuer} is ${accepted ? '' : 'not '}trusted for ${type}`,
      ...told.map((rule) => `${rule.accepted ? 'yes' : 'no'}: ${rule.reason}`),
    ])
    return accepted ? 0 : 1
  } finally {
    fetch.close()
    await store.close()
  }
}

function entryOf(
  did: string,
  { types, audience, as, url, depth }: AddTrustFlags,
): TrustListSource & { readonly maxDepth?: number } {
  if (url !== undefined && as !== 'list') throw new UsageError('--url is for --as list')
  if (depth !== undefined && as !== 'accreditor') throw new UsageError('--depth is for --as accreditor')
  const named = as === 'list' && types.length === 0 ? {} : { types: types.length === 0 ? ALL_TYPES : types }
  return {
    did,
    ...(url === undefined ? {} : { url }),
    ...named,
    ...(audience.length === 0 ? {} : { audiences: audience }),
    ...(depth === undefined ? {} : { maxDepth: Number(depth) }),
  }
}

const ALL_TYPES: readonly string[] = AGENT_CREDENTIAL_TYPES

/** Makes a registry of it, which asks nobody anything. */
function assertUsable(trust: FolderTrust): void {
  const nowhere = (): Promise<never> => Promise.reject(new TypeError('nothing is fetched here'))
  const fetch = Object.assign(nowhere, { stream: nowhere, close: () => undefined })
  const resolver = createDidResolver({ fetch })
  try {
    createTrustRegistry({ ...trust, fetch, resolver, status: { check: nowhere } })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new UsageError(error.message.replace('options.', ''))
  }
}
