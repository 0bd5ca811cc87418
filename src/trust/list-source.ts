import { findService, type DidResolver } from '../did/index.ts'
import { decodeUtf8 } from '../encoding/index.ts'
import { ComityError, NetworkError, TrustError, VerificationError } from '../errors/index.ts'
import { createFetchBudget, type FetchBudget, type GuardedFetch } from '../net/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { MAX_TRUST_LIST_LENGTH } from './list-document.ts'
import { createListMemory } from './list-memory.ts'
import { isValidAt, verifyTrustList, type VerifiedTrustList } from './verify-list.ts'

/** The type of the service in a DID document that says where a trust list is. */
export const TRUST_LIST_SERVICE: string = 'ComityTrustList'

/** The media type that lists and accreditations are served and asked for with. */
export const TRUST_MEDIA_TYPE: string = 'application/vc+jwt'

/** However short its ttl, a list is not asked for more often than this, in seconds; nor is one that failed. */
export const MIN_REFRESH_SECONDS: number = 10

/** What fetching one list may cost. Its host is the verifier's own choice, so that no peer pays for it. */
const BUDGET = { requests: 8, bytes: 4 * 1024 * 1024, timeoutMs: 15_000 } as const

/** Which list. */
export interface ListLocation {
  readonly did: string
  readonly url?: string
}

/** What lists are loaded with. */
export interface ListSourceOptions {
  readonly fetch: GuardedFetch
  readonly resolver: DidResolver
  readonly clock: Clock
  readonly store: Store | undefined
  readonly maxCacheSeconds: number
}

/** Gives one list, kept for a while. */
export interface ListSource {
  /**
   * The list, valid at a time.
   *
   * @throws {TrustError} `COMITY_TRUST_LIST_UNAVAILABLE`.
   */
  load(now: number): Promise<VerifiedTrustList>
}

interface HeldList {
  readonly list: VerifiedTrustList
  readonly fetchedAt: number
  readonly freshUntil: number
}

/** Of many who want the list at once, one fetches it. */
export function createListSource(location: ListLocation, options: ListSourceOptions): ListSource {
  const { clock } = options
  const download = createDownload(location, options)
  let held: HeldList | undefined
  let failure: { readonly error: ComityError; readonly at: number } | undefined
  let flight: Promise<VerifiedTrustList> | undefined

  async function fetchAndKeep(): Promise<VerifiedTrustList> {
    const fetchedAt = clock.now()
    try {
      const list = await download(fetchedAt)
      const seconds = Math.max(MIN_REFRESH_SECONDS, Math.min(list.ttl, options.maxCacheSeconds))
      held = { list, fetchedAt, freshUntil: fetchedAt + seconds }
      failure = undefined
      return list
    } catch (error) {
      if (error instanceof ComityError) failure = { error, at: clock.now() }
      throw error
    }
  }
  function refresh(): Promise<VerifiedTrustList> {
    flight ??= fetchAndKeep().finally(() => {
      flight = undefined
    })
    return flight
  }
  /** Asks again, unless that has just failed. */
  async function attempt(): Promise<VerifiedTrustList> {
    const since = failure === undefined ? undefined : clock.now() - failure.at
    if (flight === undefined && failure !== undefined && since !== undefined && since >= 0) {
      if (since < MIN_REFRESH_SECONDS) throw failure.error
    }
    return refresh()
  }

  return {
    async load(now) {
      const kept = held !== undefined && isValidAt(held.list, now) ? held : undefined
      if (kept !== undefined && isFresh(kept, clock.now())) {
        // Ahead of time, so that nobody has to wait for it. What comes of it is told to the next who needs it.
        if (isDue(kept, clock.now())) void attempt().catch(() => undefined)
        return kept.list
      }
      try {
        const list = await attempt()
        if (isValidAt(list, now)) return list
        // Valid by the clock, and not at the time that the question is about.
        throw new VerificationError('COMITY_TRUST_LIST_INVALID', 'the trust list is not valid at this time')
      } catch (error) {
        if (!(error instanceof ComityError)) throw error
        if (kept !== undefined) return kept.list
        throw unavailable(error)
      }
    },
  }
}

/** By the source's clock, which can be set back. */
function isFresh({ fetchedAt, freshUntil }: HeldList, now: number): boolean {
  return now >= fetchedAt && now < freshUntil
}

function isDue({ fetchedAt, freshUntil }: HeldList, now: number): boolean {
  return now >= fetchedAt + (freshUntil - fetchedAt) / 2
}

function createDownload(
  { did, url: given }: ListLocation,
  { fetch, resolver, clock, store }: ListSourceOptions,
): (now: number) => Promise<VerifiedTrustList> {
  const memory = createListMemory(store, did, given)
  return async (now) => {
    const budget = createFetchBudget({ ...BUDGET, clock })
    const url = given ?? (await locate(did, resolver, budget))
    const token = await requestToken(fetch, url, { maxBytes: MAX_TRUST_LIST_LENGTH, budget })
    const seen = await memory.seen()
    const expected = { owner: did, url, resolver, now, budget }
    const list = await verifyTrustList(token, seen === undefined ? expected : { ...expected, seen })
    await memory.remember(list)
    return list
  }
}

async function locate(did: string, resolver: DidResolver, budget: FetchBudget): Promise<string> {
  return findService(await resolver.resolveDocument(did, { budget }), TRUST_LIST_SERVICE).serviceEndpoint
}

/**
 * Fetches a token that is served as a file.
 *
 * @throws {NetworkError} When it is not served with 200, and the codes of the guarded fetch.
 * @throws {VerificationError} `COMITY_UTF8_INVALID`.
 */
export async function requestToken(
  fetch: GuardedFetch,
  url: string,
  { maxBytes, budget }: { readonly maxBytes: number; readonly budget: FetchBudget | undefined },
): Promise<string> {
  const response = await fetch(url, {
    headers: { accept: TRUST_MEDIA_TYPE },
    // Files end with a line break more often than not.
    maxBytes: maxBytes + 2,
    ...(budget === undefined ? {} : { budget }),
  })
  if (response.status !== 200) {
    throw new NetworkError('COMITY_NET_RESPONSE_INVALID', 'the file was not served', {
      details: { status: response.status },
    })
  }
  return decodeUtf8(response.body).trimEnd()
}

function unavailable(cause: ComityError): TrustError {
  return new TrustError('COMITY_TRUST_LIST_UNAVAILABLE', 'the trust list cannot be had', {
    spec: 'Comity trust §2.3',
    details: { because: cause.code },
    cause,
  })
}
