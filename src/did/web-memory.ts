import type { JsonObject } from '../encoding/index.ts'

/** A document that its host can be asked about again: whether it is still the one of this tag. */
export interface RememberedDocument {
  /** The document, frozen. */
  readonly document: JsonObject
  /** What the host called this version of it. */
  readonly entityTag: string
  /** Seconds for which the host let it be kept; `undefined` when it said nothing. */
  readonly maxAge: number | undefined
  /** Its size as it was served. */
  readonly bytes: number
}

/** Remembers documents for conditional requests. Nothing that it has may be used without asking the host. */
export interface WebMemory {
  /** Gives what is remembered of a DID. */
  get(did: string): RememberedDocument | undefined
  /** Remembers a document, in place of what was remembered of the DID before. */
  keep(did: string, entry: RememberedDocument): void
  /** Forgets a DID. */
  forget(did: string): void
}

/** The most bytes that all remembered documents may have together, as they were served. */
const MAX_BYTES = 16_777_216

/**
 * Makes a memory. When it is full, what was used the longest ago goes.
 *
 * @param maxEntries - The most documents; those that are large count against 16 MiB for all as well.
 */
export function createWebMemory(maxEntries: number): WebMemory {
  const entries = new Map<string, RememberedDocument>()
  let bytes = 0

  function forget(did: string): void {
    bytes -= entries.get(did)?.bytes ?? 0
    entries.delete(did)
  }

  return {
    get(did) {
      const entry = entries.get(did)
      if (entry === undefined) return undefined
      entries.delete(did)
      entries.set(did, entry)
      return entry
    },
    keep(did, entry) {
      forget(did)
      entries.set(did, entry)
      bytes += entry.bytes
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && bytes <= MAX_BYTES) return
        forget(oldest)
      }
    },
    forget,
  }
}
