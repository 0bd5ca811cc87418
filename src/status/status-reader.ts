import {
  parseStatusEntry,
  parseStatusReference,
  type AnyStatusEntry,
  type TokenStatusReference,
} from '../credentials/index.ts'
import type { DidResolver } from '../did/index.ts'
import { VerificationError } from '../errors/index.ts'
import type { GuardedFetch } from '../net/index.ts'
import { systemClock, type Clock } from '../runtime/index.ts'
import { createListLoader, type ListLoader, type StatusReadContext } from './list-loader.ts'
import { readStatusBits } from './status-list.ts'
import { readTokenStatus } from './token-list.ts'

const MAX_CACHE_SECONDS = 300
const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024
const MAX_STALE_SECONDS = 86_400

/** What a {@link StatusReader} is made with. */
export interface StatusReaderOptions {
  /** Fetches the lists. */
  readonly fetch: GuardedFetch
  /** Resolves the issuer of a list. */
  readonly resolver: DidResolver
  /** Tells how old a cached list is. Defaults to the system's clock. */
  readonly clock?: Clock
  /**
   * The most seconds for which a list is used again without asking, 0 to 300. Defaults to 300. The list's own `ttl`
   * can only shorten it; a list without one counts as having 60 seconds.
   */
  readonly maxCacheSeconds?: number
  /** The most bytes of decoded lists to keep, 0 to 1 GiB. Defaults to 64 MiB. */
  readonly maxCacheBytes?: number
  /**
   * What a list means that cannot be had. `fail`, the default, refuses. `accept-stale` goes by the list that was had
   * before, while it is younger than `maxStaleSeconds` and its own end has not come; without one it refuses too. It
   * is for outages alone: an answer other than 429 and 5xx, a list that does not verify and a budget that is spent
   * refuse, and what {@link StatusReader.invalidate} has dropped is not used any more.
   */
  readonly unreachable?: 'fail' | 'accept-stale'
  /** Required with `accept-stale`, and only then: seconds since a list was asked for, 1 to 86400. */
  readonly maxStaleSeconds?: number
}

/** Reads statuses out of published lists. */
export interface StatusReader {
  /**
   * Reads the status that an entry or reference points to.
   *
   * @param reference - An entry of any purpose and size, or a reference to a Token Status List.
   * @returns 0 where it is not set. Of a Token Status List 1 is invalid, 2 suspended, and others are not known.
   * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID` when reference or list is malformed, the list is not
   *   signed by the issuer, is of another purpose, is not valid now, or is too short for the index.
   * @throws {TrustError} `COMITY_STATUS_UNAVAILABLE` when the list or its issuer's document cannot be had.
   */
  read(reference: AnyStatusEntry | TokenStatusReference, context: StatusReadContext): Promise<number>
  /** Forgets the cached lists of an issuer: it said that something has changed. */
  invalidate(issuer: string): void
}

/**
 * Makes a reader of status lists of both kinds, with one cache of decoded lists.
 *
 * The checks of a list run in this order: answer (200, at most 8 MiB); form, key, signature and times of the
 * credential or token, by the issuer and nobody else; its name, type, purpose; size and checksum of the bits; index in
 * range.
 *
 * @param options - See {@link StatusReaderOptions}.
 * @throws {TypeError} When an option is out of range.
 * @see {@link https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm | Bitstring Status List 1.0 §3.2}
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-8.3 | Token Status List §8.3}
 */
export function createStatusReader(options: StatusReaderOptions): StatusReader {
  const { fetch, resolver, clock = systemClock } = options
  const { maxCacheSeconds = MAX_CACHE_SECONDS, maxCacheBytes = DEFAULT_CACHE_BYTES } = options
  if (!(maxCacheSeconds >= 0 && maxCacheSeconds <= MAX_CACHE_SECONDS)) {
    throw new TypeError(`options.maxCacheSeconds must be 0 to ${MAX_CACHE_SECONDS}`)
  }
  if (!(maxCacheBytes >= 0 && maxCacheBytes <= 2 ** 30)) {
    throw new TypeError('options.maxCacheBytes must be 0 to 2^30')
  }
  const maxStaleSeconds = staleSeconds(options)
  const loader = createListLoader({ fetch, resolver, clock, maxCacheSeconds, maxCacheBytes, maxStaleSeconds })
  return Object.freeze({
    read: async (reference: AnyStatusEntry | TokenStatusReference, context: StatusReadContext) =>
      (reference as { readonly type?: unknown } | undefined)?.type === 'TokenStatusList'
        ? readToken(loader, reference, context)
        : readEntry(loader, reference, context),
    invalidate: (issuer: string) => {
      loader.invalidate(issuer)
    },
  })
}

// Whoever calls may have made the reference by hand: an index such as '' would read as 0.

async function readEntry(loader: ListLoader, value: unknown, context: StatusReadContext): Promise<number> {
  const entry = parseStatusEntry(value)
  if (entry === undefined) throw invalid('the status entry is malformed')
  const { type, statusListCredential: url, statusPurpose, statusListIndex, statusSize = 1 } = entry
  const { bytes, purposes } = await loader.load({ type, url }, context)
  if (!purposes.includes(statusPurpose)) throw invalid('the list is not for this purpose')
  return readStatusBits(bytes, Number(statusListIndex), statusSize)
}

async function readToken(loader: ListLoader, value: unknown, context: StatusReadContext): Promise<number> {
  const reference = parseStatusReference(value)
  if (reference?.type !== 'TokenStatusList') throw invalid('the status reference is malformed')
  const { type, uri: url, idx } = reference
  const { bytes, bits } = await loader.load({ type, url }, context)
  return readTokenStatus(bytes, idx, bits)
}

function staleSeconds({ unreachable = 'fail', maxStaleSeconds }: StatusReaderOptions): number {
  if (unreachable === 'fail') {
    if (maxStaleSeconds === undefined) return 0
    throw new TypeError("options.maxStaleSeconds is for options.unreachable 'accept-stale'")
  }
  if ((unreachable as unknown) !== 'accept-stale') {
    throw new TypeError("options.unreachable must be 'fail' or 'accept-stale'")
  }
  if (maxStaleSeconds === undefined || !(maxStaleSeconds >= 1 && maxStaleSeconds <= MAX_STALE_SECONDS)) {
    throw new TypeError(`options.maxStaleSeconds must be 1 to ${MAX_STALE_SECONDS}`)
  }
  return maxStaleSeconds
}

function invalid(message: string): VerificationError {
  return new VerificationError('COMITY_STATUS_LIST_INVALID', message, {
    spec: 'Bitstring Status List 1.0 §3.2',
  })
}
