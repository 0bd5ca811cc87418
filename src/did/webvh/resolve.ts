import type { DIDResolutionResult } from 'did-resolver'
import type { JsonObject } from '../../encoding/index.ts'
import { TrustError, VerificationError } from '../../errors/index.ts'
import type { FetchBudget, GuardedFetch } from '../../net/index.ts'
import { readMaxAge } from '../cache-control.ts'
import { toResult } from '../result.ts'
import { asksForVersion, type VersionQuery } from '../version-query.ts'
import type { WebvhCache } from './cache.ts'
import { fetchFile } from './fetch-file.ts'
import { MAX_LOG_BYTES } from './lines.ts'
import { parseWebvhDid } from './location.ts'
import { verifyWebvhLog, type VerifiedWebvhLog } from './log.ts'
import { metadataOf, type WebvhMetadata } from './metadata.ts'
import { withImplicitServices } from './services.ts'
import { findWebvhVersion, type FoundWebvhVersion } from './version.ts'
import { MAX_WITNESS_BYTES } from './witness.ts'

/** How a `did:webvh` is resolved. */
export interface ResolveWebvhOptions extends VersionQuery {
  /** What brings the log, and the proofs of witnesses where it needs some. */
  readonly fetch: GuardedFetch
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
  /** Keeps verified logs, and notices when a host goes back to an older one. */
  readonly cache?: WebvhCache
  /** Shared bounds of several fetches. */
  readonly budget?: FetchBudget | undefined
  /** Whether caches on the way shall look again. The host is asked always. */
  readonly fresh?: boolean | undefined
}

interface HostedLog {
  readonly log: VerifiedWebvhLog
  /** Seconds that the host allows the log to be kept; `undefined` when it says nothing. */
  readonly maxAge: number | undefined
}

async function loadLog(did: string, options: ResolveWebvhOptions): Promise<HostedLog> {
  const { now, cache } = options
  const { logUrl, witnessUrl } = parseWebvhDid(did)
  const file = await fetchFile(
    logUrl,
    'text/jsonl, application/jsonl;q=0.9, */*;q=0.1',
    MAX_LOG_BYTES,
    options,
  )
  if (file === undefined) throw new TrustError('COMITY_DID_NOT_FOUND', 'the host has no log for the DID')
  const log = await verifyWebvhLog(did, {
    log: file.body,
    now,
    previous: cache?.get(did),
    witness: async () => (await fetchFile(witnessUrl, 'application/json', MAX_WITNESS_BYTES, options))?.body,
  })
  cache?.keep(log)
  return { log, maxAge: readMaxAge(file.headers) }
}

/**
 * Completes the document of a version. One from before a move is of the DID that the log was under then; the last one
 * must be of the DID that was asked for.
 */
function completeDocument({ state, next }: FoundWebvhVersion, did: string): JsonObject {
  if (next === undefined && state['id'] !== did)
    throw new VerificationError(
      'COMITY_DID_DOCUMENT_INVALID',
      'the DID has moved, and its document is for another DID',
      { spec: 'did:webvh 1.0, DID Portability' },
    )
  return withImplicitServices(state)
}

/**
 * Resolves a `did:webvh`: fetches its log, verifies it as a whole, and gives one version of the document.
 *
 * The document is what the controller signed, and is not checked further: `parseDidDocument` does that, and the
 * resolver and the method for did-resolver do so before they give it away.
 *
 * @returns The document with its metadata, in did-resolver's form. When the DID is deactivated and no version is asked
 *   for, there is no document, and `deactivated` is `true` in the metadata; it is so beside earlier versions too.
 * @throws {VerificationError} As {@link verifyWebvhLog}; `COMITY_DID_LOG_ROLLBACK` when the cache has seen a later
 *   version than the host serves; `COMITY_DID_DOCUMENT_INVALID` when the DID has moved.
 * @throws {TrustError} `COMITY_DID_NOT_FOUND` when the host has no log, or the log no such version;
 *   `COMITY_DID_UNRESOLVABLE` for any other failure of the host or the way to it.
 * @throws {NetworkError} `COMITY_NET_BUDGET` when the budget is spent.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#read-resolve | did:webvh, Read}
 */
export async function resolveWebvh(did: string, options: ResolveWebvhOptions): Promise<DIDResolutionResult> {
  const { log, maxAge = Infinity } = await loadLog(did, options)
  const version = findWebvhVersion(log, options)
  const metadata: WebvhMetadata = metadataOf(log, version)
  if (metadata.deactivated && !asksForVersion(options))
    return { didResolutionMetadata: {}, didDocument: null, didDocumentMetadata: metadata }
  const result = toResult(completeDocument(version, did), Math.min(maxAge, log.parameters.ttl))
  return { ...result, didDocumentMetadata: metadata }
}
