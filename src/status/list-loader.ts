import { verifySignedCredential, type SignedCredential } from '../credentials/index.ts'
import type { DidResolver } from '../did/index.ts'
import { decodeUtf8 } from '../encoding/index.ts'
import { ComityError, NetworkError, TrustError, VerificationError } from '../errors/index.ts'
import type { FetchBudget, GuardedFetch, GuardedResponse } from '../net/index.ts'
import type { Clock } from '../runtime/index.ts'
import { decodeStatusList } from './codec.ts'
import { createListCache, type LoadedList } from './list-cache.ts'
import { readListDocument } from './list-document.ts'

/** The media type that lists are served and asked for with. */
export const STATUS_LIST_MEDIA_TYPE: string = 'application/vc+jwt'

const MAX_RESPONSE_BYTES = 8 * 1024 * 1024
const DEFAULT_TTL_SECONDS = 60
const CLOCK_TOLERANCE = 60

/** In whose name a status is looked up. */
export interface StatusReadContext {
  /** The DID that must have signed the list. */
  readonly issuer: string
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
  /** Bounds the look-ups. */
  readonly budget?: FetchBudget
}

/** What lists are loaded with. */
export interface ListLoaderOptions {
  readonly fetch: GuardedFetch
  readonly resolver: DidResolver
  readonly clock: Clock
  readonly maxCacheSeconds: number
  readonly maxCacheBytes: number
}

/** Loads lists. */
export interface ListLoader {
  /** Gives the list at a URL, fetched and verified now or not long ago. */
  load(url: string, context: StatusReadContext): Promise<LoadedList>
  /** Forgets the lists of an issuer, also those that are under way. */
  invalidate(issuer: string): void
}

/** Makes a loader with a cache. Of many who want one list at once, one fetches it. */
export function createListLoader(options: ListLoaderOptions): ListLoader {
  const cache = createListCache(options.maxCacheBytes)
  const flights = new Map<string, Promise<LoadedList>>()

  const load = async (url: string, context: StatusReadContext): Promise<LoadedList> => {
    const key = `${context.issuer} ${url}`
    const cached = cache.get(key)
    if (cached !== undefined && isFresh(cached, options.clock.now()) && isValid(cached, context.now))
      return cached
    const shared = flights.get(key)
    if (shared !== undefined) {
      // It may have failed for its own caller's reasons, such as a budget that was spent.
      const joined = await shared.catch(() => undefined)
      if (joined !== undefined && isValid(joined, context.now)) return joined
    }
    const own = download(url, context, options)
    flights.set(key, own)
    try {
      const loaded = await own
      // What was asked for before an invalidation may be what it was about.
      if (flights.get(key) === own) cache.set(key, loaded)
      return loaded
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
  url: string,
  context: StatusReadContext,
  options: ListLoaderOptions,
): Promise<LoadedList> {
  const fetchedAt = options.clock.now()
  const response = await request(options.fetch, url, context.budget)
  const credential = await verifyList(response, options.resolver, context)
  const { purposes, encodedList, ttlMs } = readListDocument(credential.document, url)
  const ttl = ttlMs === undefined ? DEFAULT_TTL_SECONDS : ttlMs / 1000
  return {
    list: await decodeStatusList(encodedList),
    purposes,
    validFrom: credential.validFrom,
    validUntil: credential.validUntil,
    fetchedAt,
    freshUntil: fetchedAt + Math.min(ttl, options.maxCacheSeconds),
  }
}

/** By the loader's clock, which can be set back. */
function isFresh({ fetchedAt, freshUntil }: LoadedList, now: number): boolean {
  return now >= fetchedAt && now < freshUntil
}

/** By the caller's time. */
function isValid({ validFrom, validUntil }: LoadedList, now: number): boolean {
  return validFrom <= now + CLOCK_TOLERANCE && validUntil > now - CLOCK_TOLERANCE
}

async function request(
  fetch: GuardedFetch,
  url: string,
  budget: FetchBudget | undefined,
): Promise<GuardedResponse> {
  const headers = { accept: STATUS_LIST_MEDIA_TYPE }
  try {
    const response = await fetch(url, {
      headers,
      maxBytes: MAX_RESPONSE_BYTES,
      // The loader shares what may be shared; what was asked for before an invalidation may not.
      share: false,
      ...(budget === undefined ? {} : { budget }),
    })
    if (response.status === 200) return response
    throw unavailable('the status list was not served', { status: response.status })
  } catch (cause) {
    if (cause instanceof NetworkError)
      throw unavailable('the status list cannot be fetched', { because: cause.code }, cause)
    throw cause
  }
}

async function verifyList(
  response: GuardedResponse,
  resolver: DidResolver,
  { issuer, now, budget }: StatusReadContext,
): Promise<SignedCredential> {
  try {
    // Files end with a line break more often than not.
    return await verifySignedCredential(decodeUtf8(response.body).trimEnd(), {
      resolver,
      issuer,
      now,
      clockTolerance: CLOCK_TOLERANCE,
      maxLength: MAX_RESPONSE_BYTES,
      ...(budget === undefined ? {} : { budget }),
    })
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    const details = { because: cause.code }
    if (cause instanceof TrustError || cause instanceof NetworkError) {
      throw unavailable('the issuer of the status list cannot be resolved', details, cause)
    }
    throw invalid('the status list does not verify', details, cause)
  }
}

function unavailable(message: string, details: Record<string, string | number>, cause?: unknown): TrustError {
  return new TrustError('COMITY_STATUS_UNAVAILABLE', message, {
    spec: 'Bitstring Status List 1.0 §3.2',
    details,
    ...(cause === undefined ? {} : { cause }),
  })
}

function invalid(message: string, details: Record<string, string> = {}, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_STATUS_LIST_INVALID', message, {
    spec: 'Bitstring Status List 1.0 §3.2',
    details,
    ...(cause === undefined ? {} : { cause }),
  })
}
