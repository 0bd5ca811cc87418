import { isJsonObject, type JsonValue } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { randomId } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { notOurs, readHeldCredential, readReleaseRule } from './held-credential.ts'
import { checkRoom } from './key-entry.ts'
import { createManifest, invalidRecord, parseRecord, type Manifest } from './manifest.ts'
import {
  MAX_WALLET_CREDENTIALS,
  type AddCredentialOptions,
  type HeldCredential,
  type Wallet,
} from './wallet.ts'

/** Which credentials there are, and about whom. What they say is under a key of its own, written once. */
interface ShelfEntry {
  readonly digest: string
  readonly subject: string
  readonly id: string
}

/** What the functions below share. */
interface Shelf {
  readonly store: Store
  readonly manifest: Manifest<ShelfEntry>
  /** What was read before, by id. */
  readonly known: Map<string, HeldCredential>
}

/**
 * Makes the part of a wallet that holds credentials.
 *
 * A credential is written under a new id before the list names it, and removed after the list names it no more: so
 * whatever is listed is there, whoever else writes at the same time and wherever a process ends.
 */
export function createCredentialShelf(
  store: Store,
  dids: () => Promise<readonly string[]>,
): Pick<Wallet, 'credentials' | 'addCredential' | 'removeCredential'> {
  const manifest = createManifest(store, 'wallet/credentials', parseShelfEntry)
  const shelf: Shelf = { store, manifest, known: new Map() }
  return {
    credentials: async (did) => listCredentials(shelf, did),
    addCredential: async (token, options: AddCredentialOptions | undefined) => {
      const held = readHeldCredential(token, readReleaseRule(options?.release))
      if (!(await dids()).includes(held.subject)) throw notOurs()
      await addCredential(shelf, held)
      return held
    },
    removeCredential: async (digest) => {
      let removed: ShelfEntry | undefined
      await manifest.update((entries) => {
        removed = entries.find((entry) => entry.digest === digest)
        return removed === undefined ? entries : entries.filter((entry) => entry !== removed)
      })
      await discard(shelf, removed)
      return removed !== undefined
    },
  }
}

async function listCredentials(shelf: Shelf, did: string): Promise<readonly HeldCredential[]> {
  const { manifest, known } = shelf
  const entries = await manifest.read()
  forgetOthers(known, entries)
  const held: HeldCredential[] = []
  for (const entry of entries.filter(({ subject }) => subject === did)) {
    const credential = known.get(entry.id) ?? (await load(shelf, entry))
    if (credential !== undefined) held.push(credential)
    // It was removed in between, unless the list still has it.
    else if ((await manifest.read()).some(({ id }) => id === entry.id)) throw invalidRecord()
  }
  return Object.freeze(held)
}

async function addCredential(shelf: Shelf, held: HeldCredential): Promise<void> {
  const { store, manifest, known } = shelf
  const entry = { digest: held.digest, subject: held.subject, id: randomId() }
  await store.put(keyOf(entry), toBody(held))
  let replaced: ShelfEntry | undefined
  try {
    await manifest.update((entries) => {
      replaced = entries.find(({ digest }) => digest === entry.digest)
      if (replaced !== undefined) return entries.map((each) => (each === replaced ? entry : each))
      checkRoom('credentials', entries.length, MAX_WALLET_CREDENTIALS)
      return [...entries, entry]
    })
  } catch (error) {
    await discard(shelf, entry)
    throw error
  }
  known.set(entry.id, held)
  await discard(shelf, replaced)
}

async function load({ store, known }: Shelf, entry: ShelfEntry): Promise<HeldCredential | undefined> {
  const text = await store.get(keyOf(entry))
  if (text === undefined) return undefined
  const held = readBody(text)
  if (held.digest !== entry.digest || held.subject !== entry.subject) throw invalidRecord()
  known.set(entry.id, held)
  return held
}

async function discard({ store, known }: Shelf, entry: ShelfEntry | undefined): Promise<void> {
  if (entry === undefined) return
  known.delete(entry.id)
  await store.take(keyOf(entry))
}

function keyOf({ id }: ShelfEntry): string {
  return `wallet/credential/${id}`
}

function parseShelfEntry(value: JsonValue): ShelfEntry | undefined {
  if (!isJsonObject(value)) return undefined
  const { digest, subject, id } = value
  if (typeof digest !== 'string' || typeof subject !== 'string' || typeof id !== 'string') return undefined
  return { digest, subject, id }
}

function toBody({ token, release }: HeldCredential): string {
  const text = JSON.stringify({ token, release })
  try {
    readBody(text)
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    // Nothing but a text that no JSON can hold, such as half a surrogate pair in a value of the demand.
    throw new VerificationError('COMITY_DEMAND_INVALID', 'the release rule cannot be written as JSON', {
      cause,
    })
  }
  return text
}

function readBody(text: string): HeldCredential {
  const value = parseRecord(text)
  if (!isJsonObject(value) || typeof value['token'] !== 'string') throw invalidRecord()
  try {
    return readHeldCredential(value['token'], readReleaseRule(value['release']))
  } catch (cause) {
    throw invalidRecord(cause)
  }
}

function forgetOthers(known: Map<string, HeldCredential>, entries: readonly ShelfEntry[]): void {
  if (known.size <= entries.length) return
  const ids = new Set(entries.map(({ id }) => id))
  for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
}
