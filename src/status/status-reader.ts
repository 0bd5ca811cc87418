import { parseStatusEntry, type AnyStatusEntry } from '../credentials/index.ts'
import type { DidResolver } from '../did/index.ts'
import { VerificationError } from '../errors/index.ts'
import type { GuardedFetch } from '../net/index.ts'
import { systemClock, type Clock } from '../runtime/index.ts'
import { createListLoader, type StatusReadContext } from './list-loader.ts'
import { readStatusBits } from './status-list.ts'

const MAX_CACHE_SECONDS = 300
const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024

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
}

/** Reads statuses out of published lists. */
export interface StatusReader {
  /**
   * Reads the status that an entry points to.
   *
   * @returns 0 where it is not set.
   * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID` when entry or list is malformed, the list is not signed
   *   by the issuer, is of another purpose, is not valid now, or is too short for the index.
   * @throws {TrustError} `COMITY_STATUS_UNAVAILABLE` when the list or its issuer's document cannot be had.
   */
  read(entry: AnyStatusEntry, context: StatusReadContext): Promise<number>
  /** Forgets the cached lists of an issuer: it said that something has changed. */
  invalidate(issuer: string): void
}

/**
 * Makes a reader of Bitstring status lists, with a cache of decoded lists.
 *
 * The checks of a list run in this order: answer (200, at most 8 MiB); form, key, signature and times of the
 * credential, by the issuer and nobody else; its `id`, type, purpose; size and checksum of the bits; index in range.
 *
 * @param options - See {@link StatusReaderOptions}.
 * @throws {TypeError} When an option is out of range.
 * @see {@link https://www.w3.org/TR/vc-bitstring-status-list/#validate-algorithm | Bitstring Status List 1.0 §3.2}
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
  const loader = createListLoader({ fetch, resolver, clock, maxCacheSeconds, maxCacheBytes })
  return Object.freeze({
    async read(entry: AnyStatusEntry, context: StatusReadContext): Promise<number> {
      // Whoever calls may have made the entry by hand: an index such as '' would read as 0.
      const parsed = parseStatusEntry(entry)
      if (parsed === undefined) throw invalid('the status entry is malformed')
      const { list, purposes } = await loader.load(parsed.statusListCredential, context)
      if (!purposes.includes(parsed.statusPurpose)) throw invalid('the list is not for this purpose')
      return readStatusBits(list.bytes, Number(parsed.statusListIndex), parsed.statusSize ?? 1)
    },
    invalidate: (issuer: string) => {
      loader.invalidate(issuer)
    },
  })
}

function invalid(message: string): VerificationError {
  return new VerificationError('COMITY_STATUS_LIST_INVALID', message, {
    spec: 'Bitstring Status List 1.0 §3.2',
  })
}
