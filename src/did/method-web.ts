import { parseJsonObject, type JsonObject } from '../encoding/index.ts'
import { ComityError, NetworkError, TrustError, VerificationError } from '../errors/index.ts'
import type { FetchBudget, GuardedFetch, GuardedResponse } from '../net/index.ts'
import { didWebUrl } from './web-url.ts'

/** Largest DID document, in bytes. */
export const MAX_DOCUMENT_BYTES = 65_536

const ACCEPT = 'application/did+json, application/did+ld+json;q=0.9, application/json;q=0.8'

/** A document as its host served it. */
export interface HostedDocument {
  readonly document: JsonObject
  /** Seconds that the host allows it to be kept; `undefined` when it says nothing. */
  readonly maxAge: number | undefined
}

/** How to fetch a document. */
export interface FetchDocumentOptions {
  /** What brings the document. */
  readonly fetch: GuardedFetch
  /** Shared bounds of several fetches. */
  readonly budget?: FetchBudget | undefined
  /** Asks caches on the way to look again, and joins no request that is under way. */
  readonly fresh?: boolean
}

async function request(url: string, options: FetchDocumentOptions): Promise<GuardedResponse> {
  const { fetch, budget, fresh = false } = options
  const headers = { accept: ACCEPT, ...(fresh && { 'cache-control': 'no-cache' }) }
  try {
    return await fetch(url, {
      headers,
      maxBytes: MAX_DOCUMENT_BYTES,
      share: !fresh,
      ...(budget !== undefined && { budget }),
    })
  } catch (cause) {
    if (!(cause instanceof NetworkError)) throw cause
    // The caller's own limits are not the DID's fault.
    if (cause.code === 'COMITY_NET_BUDGET' || cause.code === 'COMITY_NET_ABORTED') throw cause
    throw new TrustError('COMITY_DID_UNRESOLVABLE', 'the document could not be fetched', {
      cause,
      details: { reason: cause.code },
    })
  }
}

function checkStatus(status: number): void {
  if (status === 200) return
  if (status === 410)
    throw new VerificationError('COMITY_DID_DEACTIVATED', 'the host says that the DID is gone')
  if (status === 404) throw new TrustError('COMITY_DID_NOT_FOUND', 'the host has no document for the DID')
  throw new TrustError('COMITY_DID_UNRESOLVABLE', 'the host answers with another status', {
    details: { status },
  })
}

function readMaxAge(headers: Headers): number | undefined {
  const directives = (headers.get('cache-control') ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
  if (directives.includes('no-store') || directives.includes('no-cache')) return 0
  const seconds = directives
    .map((part) => /^max-age=([0-9]{1,9})$/.exec(part)?.[1])
    .find((part) => part !== undefined)
  return seconds === undefined ? undefined : Number(seconds)
}

/**
 * Fetches the document of a `did:web`. Only its size, its JSON and its `id` are checked.
 *
 * @throws {VerificationError} `COMITY_DID_INVALID` when it is no `did:web`; `COMITY_DID_DEACTIVATED` when the host
 *   answers 410 or the document says so; `COMITY_DID_DOCUMENT_INVALID` when it is no JSON object, or that of
 *   another DID.
 * @throws {TrustError} `COMITY_DID_NOT_FOUND` when the host answers 404; `COMITY_DID_UNRESOLVABLE` for any other
 *   failure of the host or the way to it.
 * @throws {NetworkError} `COMITY_NET_BUDGET` when the budget is spent.
 * @see {@link https://w3c-ccg.github.io/did-method-web/#read-resolve | did:web §2.5.2}
 */
export async function fetchDidWeb(did: string, options: FetchDocumentOptions): Promise<HostedDocument> {
  const response = await request(didWebUrl(did), options)
  checkStatus(response.status)
  let document: JsonObject
  try {
    document = parseJsonObject(response.body, { maxBytes: MAX_DOCUMENT_BYTES })
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw new VerificationError('COMITY_DID_DOCUMENT_INVALID', 'the document is not a JSON object', { cause })
  }
  if (document['id'] !== did) {
    throw new VerificationError('COMITY_DID_DOCUMENT_INVALID', 'the document is for another DID', {
      spec: 'did:web §2.5.2',
    })
  }
  if (document['deactivated'] === true) {
    throw new VerificationError('COMITY_DID_DEACTIVATED', 'the document says that the DID is deactivated')
  }
  return { document, maxAge: readMaxAge(response.headers) }
}
