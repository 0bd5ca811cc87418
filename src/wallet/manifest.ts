import { parseJson, type JsonValue } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { MAX_VALUE_LENGTH, type Store } from '../store/index.ts'

/** A list under one key of a store. Each change of it is atomic, whoever else changes it at the same time. */
export interface Manifest<Entry> {
  /** The entries, in order. Entries that were read before, and have not changed since, are the same objects. */
  read(): Promise<readonly Entry[]>
  /**
   * Replaces the entries by what `change` makes of them. `change` is called again when somebody else was faster, and
   * changes nothing by returning the very array that it was given.
   */
  update(change: (entries: readonly Entry[]) => readonly Entry[]): Promise<void>
}

interface Seen<Entry> {
  readonly text: string | undefined
  readonly entries: readonly Entry[]
}

/**
 * Opens a list that is kept in a store.
 *
 * @param store - Where it is.
 * @param key - Under which key.
 * @param parseEntry - Reads one entry back; undefined where it is none.
 */
export function createManifest<Entry extends object>(
  store: Store,
  key: string,
  parseEntry: (value: JsonValue) => Entry | undefined,
): Manifest<Entry> {
  let seen: Seen<Entry> = { text: undefined, entries: [] }

  const look = async (): Promise<Seen<Entry>> => {
    const text = await store.get(key)
    if (text !== seen.text) seen = { text, entries: text === undefined ? [] : parseEntries(text, parseEntry) }
    return seen
  }
  return {
    read: async () => (await look()).entries,
    update: async (change) => {
      for (;;) {
        const { text, entries } = await look()
        const next = change(entries)
        if (next === entries) return
        const nextText = next.length === 0 ? undefined : JSON.stringify(next)
        if (!(await store.compareAndSet(key, text, nextText))) continue
        seen = { text: nextText, entries: next }
        return
      }
    },
  }
}

function parseEntries<Entry>(
  text: string,
  parseEntry: (value: JsonValue) => Entry | undefined,
): readonly Entry[] {
  const value = parseRecord(text)
  if (!Array.isArray(value)) throw invalidRecord()
  return value.map((item: JsonValue) => {
    const entry = parseEntry(item)
    if (entry === undefined) throw invalidRecord()
    return entry
  })
}

/**
 * Parses what a wallet has written.
 *
 * @throws {VerificationError} `COMITY_WALLET_RECORD_INVALID` when it is no JSON.
 */
export function parseRecord(text: string): JsonValue {
  try {
    return parseJson(text, { maxBytes: 3 * MAX_VALUE_LENGTH, maxDepth: 64 })
  } catch (cause) {
    if (cause instanceof ComityError) throw invalidRecord(cause)
    throw cause
  }
}

/** The failure of a record that is not as the wallet wrote it. */
export function invalidRecord(cause?: unknown): VerificationError {
  return new VerificationError(
    'COMITY_WALLET_RECORD_INVALID',
    'a record of the wallet is not as it was written',
    { cause },
  )
}
