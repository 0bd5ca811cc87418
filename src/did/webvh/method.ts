import type { DIDResolutionOptions, DIDResolver } from 'did-resolver'
import type { FetchBudget, GuardedFetch } from '../../net/index.ts'
import { systemClock, type Clock } from '../../runtime/index.ts'
import { parseDidDocument } from '../document.ts'
import { mergeVersionQueries, readVersionQuery, type VersionQuery } from '../version-query.ts'
import { createWebvhCache, type WebvhCache } from './cache.ts'
import { resolveWebvh } from './resolve.ts'

/** What the method is made with. */
export interface WebvhMethodOptions {
  /** What brings the files. */
  readonly fetch: GuardedFetch
  /** Defaults to the system clock. */
  readonly clock?: Clock
  /** Where verified logs are kept. Defaults to a cache of its own. */
  readonly cache?: WebvhCache
}

interface Asked extends DIDResolutionOptions, VersionQuery {
  readonly budget?: FetchBudget
  readonly fresh?: boolean
}

/**
 * Makes the method `did:webvh` for a registry of did-resolver. It throws what {@link resolveWebvh} throws, and
 * `COMITY_DID_DOCUMENT_INVALID` for a document that is malformed.
 *
 * Versions are asked for by DID URL or by options, which count more.
 */
export function createWebvhMethod(options: WebvhMethodOptions): DIDResolver {
  const { fetch, clock = systemClock, cache = createWebvhCache() } = options
  return async (did, parsed, _resolver, asked: Asked) => {
    const result = await resolveWebvh(did, {
      ...mergeVersionQueries(readVersionQuery(parsed.query ?? ''), asked),
      fetch,
      cache,
      now: clock.now(),
      budget: asked.budget,
      fresh: asked.fresh,
    })
    // A version from before a move is of another DID.
    if (result.didDocument !== null) parseDidDocument(result.didDocument, result.didDocument.id)
    return result
  }
}
