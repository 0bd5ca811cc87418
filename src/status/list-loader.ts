import type { StatusReference } from '../credentials/index.ts'
import type { DidResolver } from '../did/index.ts'
import { decodeUtf8 } from '../encoding/index.ts'
import { ComityError, NetworkError, TrustError, VerificationError } from '../errors/index.ts'
import type { FetchBudget, GuardedFetch, GuardedResponse } from '../net/index.ts'
import type { Clock } from '../runtime/index.ts'
import { createListCache, type LoadedList } from './list-cache.ts'
import {
  CLOCK_TOLERANCE,
  LIST_KINDS,
  MAX_RESPONSE_BYTES,
  type ListKind,
  type ReadList,
} from './list-kinds.ts'
import { isOutage } from './outage.ts'

const DEFAULT_TTL_SECONDS = 60

/** For so many seconds a list that is stale is used without asking for it again. */
const RETRY_SECONDS = 5

/** In whose name a status is looked up. */
export interface StatusReadContext {
  /** The DID that must have signed the list. */
  readonly issuer: string
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
  /** Bounds the look-ups. */
  readonly budget?: FetchBudget
}

/** Which list: its kind, and where it is. */
export interface ListName {
  readonly type: StatusReference['type']
  readonly url: string
}

/** What lists are loaded with. */
export interface ListLoaderOptions {
  readonly fetch: GuardedFetch
  readonly resolver: DidResolver
  readonly clock: Clock
  readonly maxCacheSeconds: number
  readonly maxCacheBytes: number
  /** How old a list may be, in seconds, that is used because no newer one can be had; 0 for never. */
  readonly maxStaleSeconds: number
}

/** Loads lists. */
export interface ListLoader {
  /** Gives a list, fetched and verified now or not long ago. */
  load(name: ListName, context: StatusReadContext): Promise<LoadedList>
  /** Forgets the lists of an issuer, also those that are under way. */
  invalidate(issuer: string): void
}

/** Makes a loader with a cache. Of many who want one list at once, one fetches it. */
export function createListLoader(options: ListLoaderOptions): ListLoader {
  const cache = createListCache(options.maxCacheBytes)
  const flights = new Map<string, Promise<LoadedList>>()

  const load = async (name: ListName, context: StatusReadContext): Promise<LoadedList> => {
    const key = `${context.issuer} ${name.type} ${name.url}`
    const cached = cache.get(key)
    if (cached !== undefined && isFresh(cached, options.clock.now()) && isValid(cached, context.now))
      return cached
    const shared = flights.get(key)
    if (shared !== undefined) {
      // It may have failed for its own caller's reasons, such as a budget that was spent.
      const joined = await shared.catch(() => undefined)
      if (joined !== undefined && isValid(joined, context.now)) return joined
    }
    const own = download(name, context, options)
    flights.set(key, own)
    try {
      const loaded = await own
      // What was asked for before an invalidation may be what it was about.
      if (flights.get(key) === own) cache.set(key, loaded)
      return loaded
    } catch (error) {
      const stale = isOutage(error) ? staleList(cache.get(key), context.now, options) : undefined
      if (stale === undefined) throw error
      cache.set(key, stale)
      return stale
    } finally {
      if (flights.get(key) === own) flights.delete(key)
    }
  }
  const invalidate = (issuer: string): void => {
    cache.removeUnder(`${issuer} `)
    for (const key of flights.keys()) if (key.startsWith(`${issuer} `)) flights.delete(key)
  }
  return { load, invalidate }
}

async function download(
  { type, url }: ListName,
  context: StatusReadContext,
  options: ListLoaderOptions,
): Promise<LoadedList> {
  const kind = LIST_KINDS[type]
  const fetchedAt = options.clock.now()
  const response = await request(options.fetch, { kind, url, budget: context.budget })
  const { ttlSeconds = DEFAULT_TTL_SECONDS, ...list } = await verify(response, kind, {
    ...context,
    url,
    resolver: options.resolver,
  })
  return { ...list, fetchedAt, freshUntil: fetchedAt + Math.min(ttlSeconds, options.maxCacheSeconds) }
}

/** By the loader's clock, which can be set back. */
function isFresh({ fetchedAt, freshUntil }: LoadedList, now: number): boolean {
  return now >= fetchedAt && now < freshUntil
}

/** By the caller's time. */
function isValid({ validFrom, validUntil }: LoadedList, now: number): boolean {
  return validFrom <= now + CLOCK_TOLERANCE && validUntil > now - CLOCK_TOLERANCE
}

/** The list that was had before, where it may still be used; it counts as fresh until it is time to ask again. */
function staleList(
  cached: LoadedList | undefined,
  callerNow: number,
  { clock, maxStaleSeconds }: ListLoaderOptions,
): LoadedList | undefined {
  if (cached === undefined || !isValid(cached, callerNow)) return undefined
  const now = clock.now()
  const end = cached.fetchedAt + maxStaleSeconds
  if (!(now >= cached.fetchedAt && now < end)) return undefined
  return { ...cached, freshUntil: Math.min(now + RETRY_SECONDS, end) }
}

async function request(
  fetch: GuardedFetch,
  {
    kind,
    url,
    budget,
  }: { readonly kind: ListKind; readonly url: string; readonly budget: FetchBudget | undefined },
): Promise<GuardedResponse> {
  try {
    const response = await fetch(url, {
      headers: { accept: kind.mediaType },
      maxBytes: MAX_RESPONSE_BYTES,
      // The loader shares what may be shared; what was asked for before an invalidation may not.
      share: false,
      ...(budget === undefined ? {} : { budget }),
    })
    if (response.status === 200) return response
    throw unavailable(kind, 'the status list was not served', { status: response.status })
  } catch (cause) {
    if (cause instanceof NetworkError)
      throw unavailable(kind, 'the status list cannot be fetched', { because: cause.code }, cause)
    throw cause
  }
}

async function verify(
  response: GuardedResponse,
  kind: ListKind,
  source: StatusReadContext & { readonly url: string; readonly resolver: DidResolver },
): Promise<ReadList> {
  try {
    // Files end with a line break more often than not.
    return await kind.read(decodeUtf8(response.body).trimEnd(), source)
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    if (cause.code === 'COMITY_STATUS_LIST_INVALID') throw cause
    const details = { because: cause.code }
    if (cause instanceof TrustError || cause instanceof NetworkError) {
      throw unavailable(kind, 'the issuer of the status list cannot be resolved', details, cause)
    }
    throw new VerificationError('COMITY_STATUS_LIST_INVALID', 'the status list does not verify', {
      spec: kind.spec,
      details,
      cause,
    })
  }
}

function unavailable(
  { spec }: ListKind,
  message: string,
  details: Record<string, string | number>,
  cause?: unknown,
): TrustError {
  return new TrustError('COMITY_STATUS_UNAVAILABLE', message, {
    spec,
    details,
    ...(cause === undefined ? {} : { cause }),
  })
}
