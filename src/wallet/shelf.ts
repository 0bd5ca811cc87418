import { isJsonObject, type JsonValue } from '../encoding/index.ts'
import { randomId } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { checkRoom } from './key-entry.ts'
import { createManifest, invalidRecord, type Manifest } from './manifest.ts'

/** What can be on a shelf. */
export interface ShelfItem {
  /** What it is removed by, and what tells it from all others. */
  readonly digest: string
  /** The DID of the wallet that it is about, where it is about one. */
  readonly subject?: string
}

/** What is on a shelf, and how it is written down. */
export interface ShelfKind<Item extends ShelfItem> {
  /** Where the list of what there is is kept. */
  readonly listKey: string
  /** Where each item is kept: what its key starts with. */
  readonly itemPrefix: string
  /** The items' name in the plural, for the failure of a full shelf. */
  readonly what: string
  /** How many there may be. */
  readonly most: number
  /** Writes an item down. */
  write(item: Item): string
  /** Reads it back, and rejects with `COMITY_WALLET_RECORD_INVALID` where it is not as it was written. */
  read(text: string): Promise<Item>
}

/** Items in a store, in the order in which they came. */
export interface Shelf<Item extends ShelfItem> {
  /** The items that are about a subject for which `wanted` holds. */
  list(wanted: (subject: string | undefined) => boolean): Promise<readonly Item[]>
  /** Adds an item, or puts it in the place of the one with the same digest. */
  add(item: Item): Promise<void>
  /** Removes an item, and says whether it was there. */
  remove(digest: string): Promise<boolean>
}

/** Which items there are, and about whom. What they say is under a key of its own, written once. */
interface ShelfEntry extends ShelfItem {
  readonly id: string
}

/** What the functions below share. */
interface Parts<Item extends ShelfItem> {
  readonly store: Store
  readonly kind: ShelfKind<Item>
  readonly manifest: Manifest<ShelfEntry>
  /** What was read before, by id. */
  readonly known: Map<string, Item>
}

/**
 * Opens a shelf in a store.
 *
 * An item is written under a new id before the list names it, and removed after the list names it no more: so whatever is
 * listed is there, whoever else writes at the same time and wherever a process ends.
 */
export function createShelf<Item extends ShelfItem>(store: Store, kind: ShelfKind<Item>): Shelf<Item> {
  const manifest = createManifest(store, kind.listKey, parseShelfEntry)
  const parts: Parts<Item> = { store, kind, manifest, known: new Map() }
  return {
    list: async (wanted) => listItems(parts, wanted),
    add: async (item) => addItem(parts, item),
    remove: async (digest) => {
      let removed: ShelfEntry | undefined
      await manifest.update((entries) => {
        removed = entries.find((entry) => entry.digest === digest)
        return removed === undefined ? entries : entries.filter((entry) => entry !== removed)
      })
      await discard(parts, removed)
      return removed !== undefined
    },
  }
}

async function listItems<Item extends ShelfItem>(
  parts: Parts<Item>,
  wanted: (subject: string | undefined) => boolean,
): Promise<readonly Item[]> {
  const { manifest, known } = parts
  const entries = await manifest.read()
  forgetOthers(known, entries)
  const items: Item[] = []
  for (const entry of entries.filter(({ subject }) => wanted(subject))) {
    const item = known.get(entry.id) ?? (await load(parts, entry))
    if (item !== undefined) items.push(item)
    // It was removed in between, unless the list still has it.
    else if ((await manifest.read()).some(({ id }) => id === entry.id)) throw invalidRecord()
  }
  return Object.freeze(items)
}

async function addItem<Item extends ShelfItem>(parts: Parts<Item>, item: Item): Promise<void> {
  const { store, kind, manifest, known } = parts
  const { digest, subject } = item
  const entry = { digest, ...(subject !== undefined && { subject }), id: randomId() }
  await store.put(keyOf(parts, entry), kind.write(item))
  let replaced: ShelfEntry | undefined
  try {
    await manifest.update((entries) => {
      replaced = entries.find((each) => each.digest === digest)
      if (replaced !== undefined) return entries.map((each) => (each === replaced ? entry : each))
      checkRoom(kind.what, entries.length, kind.most)
      return [...entries, entry]
    })
  } catch (error) {
    await discard(parts, entry)
    throw error
  }
  known.set(entry.id, item)
  await discard(parts, replaced)
}

async function load<Item extends ShelfItem>(
  parts: Parts<Item>,
  entry: ShelfEntry,
): Promise<Item | undefined> {
  const text = await parts.store.get(keyOf(parts, entry))
  if (text === undefined) return undefined
  const item = await parts.kind.read(text)
  if (item.digest !== entry.digest || item.subject !== entry.subject) throw invalidRecord()
  parts.known.set(entry.id, item)
  return item
}

async function discard<Item extends ShelfItem>(
  parts: Parts<Item>,
  entry: ShelfEntry | undefined,
): Promise<void> {
  if (entry === undefined) return
  parts.known.delete(entry.id)
  await parts.store.take(keyOf(parts, entry))
}

function keyOf<Item extends ShelfItem>({ kind }: Parts<Item>, { id }: ShelfEntry): string {
  return `${kind.itemPrefix}${id}`
}

function parseShelfEntry(value: JsonValue): ShelfEntry | undefined {
  if (!isJsonObject(value)) return undefined
  const { digest, subject, id } = value
  if (typeof digest !== 'string' || typeof id !== 'string') return undefined
  if (subject === undefined) return { digest, id }
  return typeof subject === 'string' ? { digest, subject, id } : undefined
}

function forgetOthers(known: Map<string, unknown>, entries: readonly ShelfEntry[]): void {
  if (known.size <= entries.length) return
  const ids = new Set(entries.map(({ id }) => id))
  for (const id of known.keys()) if (!ids.has(id)) known.delete(id)
}
