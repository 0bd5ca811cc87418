import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseDid } from '../did/index.ts'
import {
  decodeBase64url,
  encodeBase64url,
  parseJson,
  parseJsonObject,
  type JsonValue,
} from '../encoding/index.ts'
import { randomBytes } from '../runtime/index.ts'
import { UsageError } from './output.ts'

/** What a folder is for; nothing in it is secret. */
export interface FolderConfig {
  /** An organization serves DID documents, status lists, events and a gateway; an agent connects to others. */
  readonly kind: 'organization' | 'agent'
  /** The DID of the one whose folder it is. */
  readonly did: string
  /** The public origin of an organization. */
  readonly origin?: string
  /** The DID of the organization that answers for an agent. */
  readonly organization?: string
}

const CONFIG = 'comity.json'
const SEALING_KEY = 'sealing.key'
const SEALING_KEY_BYTES = 32
const MAX_FILE_BYTES = 1_048_576

/**
 * Makes a folder: only its owner can read it, and it has a fresh key that seals the private keys.
 *
 * @throws {UsageError} There is one already.
 */
export async function createFolder(folder: string, config: FolderConfig): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await chmod(folder, 0o700)
  if (await exists(join(folder, CONFIG))) throw new UsageError(`${join(folder, CONFIG)} is there already`)
  await writeFile(join(folder, SEALING_KEY), `${encodeBase64url(randomBytes(SEALING_KEY_BYTES))}\n`, {
    mode: 0o600,
    flag: 'wx',
  })
  await writeFile(join(folder, CONFIG), `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
}

/**
 * Reads what a folder is for.
 *
 * @throws {UsageError} It is none of ours, or its file is malformed.
 */
export async function readConfig(folder: string): Promise<FolderConfig> {
  const file = join(folder, CONFIG)
  if (!(await exists(file))) throw new UsageError(`${folder} has no ${CONFIG}: make it with \`comity init\``)
  const { kind, did, origin, organization } = parseJsonObject(await readFile(file))
  if ((kind !== 'organization' && kind !== 'agent') || typeof did !== 'string') {
    throw new UsageError(`${file} is malformed`)
  }
  parseDid(did)
  return {
    kind,
    did,
    ...(typeof origin === 'string' ? { origin } : {}),
    ...(typeof organization === 'string' ? { organization } : {}),
  }
}

/**
 * Reads the key that seals a folder's private keys: from the environment (`COMITY_SEALING_KEY`), else from the file,
 * which only its owner may read.
 *
 * @throws {UsageError} It is missing, malformed, or others can read it.
 */
export async function readSealingKey(
  folder: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Uint8Array> {
  const file = join(folder, SEALING_KEY)
  const given = environment.COMITY_SEALING_KEY
  if (given === undefined) await assertPrivate(file)
  const key = decodeBase64url((given ?? (await readFile(file, 'utf8'))).trim(), {
    maxBytes: SEALING_KEY_BYTES,
  })
  if (key.length !== SEALING_KEY_BYTES) throw new UsageError('the sealing key must have 32 bytes')
  return key
}

/** Refuses a secret that others on this machine can read. */
export async function assertPrivate(file: string): Promise<void> {
  const { mode } = await stat(file)
  if ((mode & 0o077) !== 0) throw new UsageError(`${file} can be read by others: chmod 600 it`)
}

/** Reads a JSON file of at most 1 MiB. */
export async function readJson(file: string): Promise<JsonValue> {
  return parseJson(await readFile(file), { maxBytes: MAX_FILE_BYTES })
}

/** Writes a JSON file for people to read and edit. */
export async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`)
}

/** Says whether there is such a file. */
export async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
