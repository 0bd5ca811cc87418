import { NetworkError, TrustError } from '../../errors/index.ts'
import type { FetchBudget, GuardedFetch, GuardedResponse } from '../../net/index.ts'

/** How the files of a DID are fetched. */
export interface FetchFileOptions {
  /** What brings them. */
  readonly fetch: GuardedFetch
  /** Shared bounds of several fetches. */
  readonly budget?: FetchBudget | undefined
  /** Whether caches on the way shall look again, and no request that is under way is joined. */
  readonly fresh?: boolean | undefined
}

/** A file as its host served it. */
export interface HostedFile {
  readonly body: Uint8Array
  readonly headers: Headers
}

/**
 * Fetches a file of a DID.
 *
 * @param maxBytes - Its largest size.
 * @returns The file; `undefined` when the host answers 404 or 410.
 * @throws {TrustError} `COMITY_DID_UNRESOLVABLE` for any other failure of the host or the way to it.
 * @throws {NetworkError} `COMITY_NET_BUDGET` when the budget is spent.
 */
export async function fetchFile(
  url: string,
  accept: string,
  maxBytes: number,
  { fetch, budget, fresh = false }: FetchFileOptions,
): Promise<HostedFile | undefined> {
  const headers = { accept, ...(fresh && { 'cache-control': 'no-cache' }) }
  let response: GuardedResponse
  try {
    response = await fetch(url, { headers, maxBytes, share: !fresh, ...(budget !== undefined && { budget }) })
  } catch (cause) {
    if (!(cause instanceof NetworkError)) throw cause
    // The caller's own limits are not the DID's fault.
    if (cause.code === 'COMITY_NET_BUDGET' || cause.code === 'COMITY_NET_ABORTED') throw cause
    throw new TrustError('COMITY_DID_UNRESOLVABLE', 'a file of the DID could not be fetched', {
      cause,
      details: { reason: cause.code },
    })
  }
  const { status, body } = response
  if (status === 200) return { body, headers: response.headers }
  if (status === 404 || status === 410) return undefined
  throw new TrustError('COMITY_DID_UNRESOLVABLE', 'the host answers with another status', {
    details: { status },
  })
}
