import { parseJsonObject, type JsonObject } from '../encoding/index.ts'
import { ComityError, NetworkError, TrustError, VerificationError } from '../errors/index.ts'
import type { FetchBudget, GuardedFetch, GuardedResponse } from '../net/index.ts'
import { readEntityTag, readMaxAge } from './cache-control.ts'
import type { WebMemory } from './web-memory.ts'
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
  /**
   * Asks caches on the way to look again, joins no request that is under way, and has the whole document sent, whatever
   * is remembered.
   */
  readonly fresh?: boolean
  /** Where documents are remembered, so that their host can be asked whether they have changed. */
  readonly memory?: WebMemory | undefined
}

async function request(
  url: string,
  entityTag: string | undefined,
  options: FetchDocumentOptions,
): Promise<GuardedResponse> {
  const { fetch, budget, fresh = false } = options
  const headers = {
    accept: ACCEPT,
    ...(fresh && { 'cache-control': 'no-cache' }),
    ...(entityTag !== undefined && { 'if-none-match': entityTag }),
  }
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

function readDocument(did: string, body: Uint8Array): JsonObject {
  let document: JsonObject
  try {
    document = parseJsonObject(body, { maxBytes: MAX_DOCUMENT_BYTES })
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
  return document
}

/**
 * Fetches the document of a `did:web`. Only its size, its JSON and its `id` are checked.
 *
 * A document that is remembered with an entity tag is asked for with `if-none-match`: when the host answers 304, it
 * stands as it is, for the time that the new answer allows or else the old one did.
 *
 * @throws {VerificationError} `COMITY_DID_INVALID` when it is no `did:web`; `COMITY_DID_DEACTIVATED` when the host
 *   answers 410 or the document says so; `COMITY_DID_DOCUMENT_INVALID` when it is no JSON object, or that of
 *   another DID.
 * @throws {TrustError} `COMITY_DID_NOT_FOUND` when the host answers 404; `COMITY_DID_UNRESOLVABLE` for any other
 *   failure of the host or the way to it, a 304 that was not asked for among them.
 * @throws {NetworkError} `COMITY_NET_BUDGET` when the budget is spent.
 * @see {@link https://w3c-ccg.github.io/did-method-web/#read-resolve | did:web §2.5.2}
 * @see {@link https://www.rfc-editor.org/rfc/rfc9111#section-4.3 | RFC 9111 §4.3}
 */
export async function fetchDidWeb(did: string, options: FetchDocumentOptions): Promise<HostedDocument> {
  const { memory, fresh = false } = options
  const url = didWebUrl(did)
  const known = fresh ? undefined : memory?.get(did)
  const { status, headers, body } = await request(url, known?.entityTag, options)
  if (status === 304 && known !== undefined) {
    return { document: known.document, maxAge: readMaxAge(headers) ?? known.maxAge }
  }
  memory?.delete(did)
  checkStatus(status)
  const document = readDocument(did, body)
  const maxAge = readMaxAge(headers)
  const entityTag = readEntityTag(headers)
  if (entityTag !== undefined) memory?.set(did, { document, entityTag, maxAge, bytes: body.length })
  return { document, maxAge }
}
