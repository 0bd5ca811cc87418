import type { JsonObject } from '../encoding/index.ts'
import { createLruMap, type LruMap } from '../runtime/index.ts'

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

/** Documents by DID, for conditional requests. Nothing that it has may be used without asking the host. */
export type WebMemory = LruMap<RememberedDocument>

/** The most bytes that all remembered documents may have together, as they were served. */
const MAX_BYTES = 16_777_216

/**
 * Makes a memory. When it is full, what was used the longest ago goes.
 *
 * @param maxEntries - The most documents; those that are large count against 16 MiB for all as well.
 */
export function createWebMemory(maxEntries: number): WebMemory {
  return createLruMap({ maxEntries, maxWeight: MAX_BYTES, weigh: ({ bytes }) => bytes })
}
