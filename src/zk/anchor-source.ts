import { isDid, type DidResolver } from '../did/index.ts'
import { decodeUtf8 } from '../encoding/index.ts'
import { NetworkError, TrustError } from '../errors/index.ts'
import type { FetchBudget, GuardedFetch } from '../net/index.ts'
import { createLruMap, systemClock, type Clock } from '../runtime/index.ts'
import {
  ANCHOR_DOCUMENT_MEDIA_TYPE,
  MAX_ANCHOR_DOCUMENT,
  parseAnchorDocument,
  statusListsOf,
  type AnchorDocument,
} from './anchor-document.ts'
import {
  createLeafFinder,
  createTreeCache,
  type AnchoredCredential,
  type AnchoredLeaf,
  type TreeCache,
} from './anchor-leaf.ts'
import { malformed } from './anchor-payload.ts'
import { anchorHash, type AnchorSet } from './anchor-set.ts'
import { checkAnchorTimes, verifyAnchorList } from './anchors.ts'

const DEFAULT_CACHE_CHARACTERS = 16 * 1024 * 1024
const MAX_CACHE_CHARACTERS = 1024 * 1024 * 1024
const TIMEOUT_MS = 15_000

/** What an {@link AnchorSource} is made with. */
export interface AnchorSourceOptions {
  /** Fetches the lists. */
  readonly fetch: GuardedFetch
  /** Resolves verifiers, and the issuers of one's own credentials. */
  readonly resolver: DidResolver
  /** Defaults to the system's clock. */
  readonly clock?: Clock
  /** The most characters of downloads that are kept, 0 to 1 Gi. Defaults to 16 Mi. */
  readonly maxCacheCharacters?: number
}

/** Whose list it is, and where. */
export interface AnchorLocation {
  /** The DID of the verifier, who must have signed it. */
  readonly verifier: string
  /** The `https` URL that it is under, such as `https://globex.example/comity/anchors`. */
  readonly endpoint: string
  /** Bounds the look-ups. */
  readonly budget?: FetchBudget
}

/** An anchor list that was downloaded and verified, with the status lists of all of its issuers. */
export interface AnchorDownload {
  /** The list. */
  readonly anchors: AnchorSet
  /**
   * Finds the place of a credential. The status lists of its issuer, and of nobody else, are verified now: the verifier
   * must not have made them up, or whoever can prove something would be whom it picked.
   *
   * @throws {TrustError} `COMITY_ZK_ISSUER_NOT_ANCHORED` when the list is for another type, or has not this key of the
   *   issuer, or not this status list; `COMITY_ZK_STATUS_COLLISION` when the credential is not taken back and another one
   *   is that has the same index in another list of the issuer: a new credential has another index; `COMITY_STATUS_UNAVAILABLE` when
   *   the issuer cannot be resolved.
   * @throws {VerificationError} `COMITY_ZK_CREDENTIAL_REVOKED` when it is revoked or suspended;
   *   `COMITY_ZK_ANCHORS_STATUS_LIST` when a status list is not the issuer's, or not the one that the anchor list is made
   *   from.
   * @throws {PolicyError} `COMITY_ZK_STATUS_LIST_TOO_LONG`.
   */
  leafOf(credential: AnchoredCredential): Promise<AnchoredLeaf>
}

/** Gets anchor lists for those who make proofs. */
export interface AnchorSource {
  /**
   * Gets the list of a demand.
   *
   * The checks run in this order: answer (200, at most 4 MiB), form, and those of `verifyAnchorList`; the download must
   * have the status lists that the anchor list names and no others.
   *
   * @param digest - `meta.anchors` of the query.
   * @throws {TrustError} `COMITY_ZK_ANCHORS_UNAVAILABLE` when `digest` is no name of a list, or the list or its verifier
   *   cannot be had.
   * @throws {VerificationError} `COMITY_ZK_ANCHORS_FORGED`, `COMITY_ZK_ANCHORS_MALFORMED`,
   *   `COMITY_ZK_ANCHORS_KEY_TWICE`, `COMITY_ZK_ANCHORS_NOT_YET_VALID`, `COMITY_ZK_ANCHORS_ROOT`,
   *   `COMITY_ZK_KEY_INVALID`.
   * @throws {PolicyError} `COMITY_ZK_ANCHORS_STALE` when its epoch is over.
   * @throws {TypeError} The verifier is no DID, or the endpoint no text.
   */
  get(digest: string, location: AnchorLocation): Promise<AnchorDownload>
}

/**
 * Makes a source of anchor lists, which keeps those that it had last. Of many who want one list at once, one fetches it.
 *
 * @throws {TypeError} An option is out of range.
 * @see docs/spec/zk.md, "Anchors"
 */
export function createAnchorSource(options: AnchorSourceOptions): AnchorSource {
  const { clock = systemClock, maxCacheCharacters = DEFAULT_CACHE_CHARACTERS } = options
  if (!(maxCacheCharacters >= 0 && maxCacheCharacters <= MAX_CACHE_CHARACTERS)) {
    throw new TypeError(`options.maxCacheCharacters must be 0 to ${MAX_CACHE_CHARACTERS}`)
  }
  const kept = createLruMap<Kept>({ maxWeight: maxCacheCharacters, weigh: ({ characters }) => characters })
  const trees = createTreeCache()
  const flights = new Map<string, Promise<Kept>>()
  const fetchList = createFetchList({ ...options, clock, trees })

  return Object.freeze({
    async get(digest: string, location: AnchorLocation): Promise<AnchorDownload> {
      const { verifier, endpoint } = location
      if (!isDid(verifier)) throw new TypeError('location.verifier must be a DID')
      if (typeof endpoint !== 'string') throw new TypeError('location.endpoint must be a text')
      const name = `${verifier} ${digest}`
      const flight = `${name} ${endpoint}`
      let found = kept.get(name)
      const shared = found === undefined ? flights.get(flight) : undefined
      // It may have failed for its own caller's reasons, such as a budget that was spent.
      if (shared !== undefined) found = await shared.catch(() => undefined)
      found ??= await share(flights, flight, () => fetchList(digest, location))
      checkAnchorTimes(found.download.anchors, clock.now())
      kept.set(name, found)
      return found.download
    },
  })
}

interface Kept {
  readonly download: AnchorDownload
  readonly characters: number
}

async function share(
  flights: Map<string, Promise<Kept>>,
  name: string,
  run: () => Promise<Kept>,
): Promise<Kept> {
  const flight = run()
  flights.set(name, flight)
  try {
    return await flight
  } finally {
    if (flights.get(name) === flight) flights.delete(name)
  }
}

type FetchList = (digest: string, location: AnchorLocation) => Promise<Kept>

function createFetchList({
  fetch,
  resolver,
  clock,
  trees,
}: AnchorSourceOptions & {
  readonly clock: Clock
  readonly trees: TreeCache
}): FetchList {
  return async (digest, { verifier, endpoint, budget }) => {
    const hash = anchorHash(digest)
    if (hash === undefined) throw unavailable('the demand does not name a list of issuers')
    const text = await request(fetch, `${endpoint.replace(/\/$/, '')}/${hash}`, budget)
    const document = parseAnchorDocument(text)
    const anchors = await verifyAnchorList(document.anchors, {
      digest,
      issuer: verifier,
      resolver,
      now: clock.now(),
      ...(budget === undefined ? {} : { budget }),
    })
    checkStatusLists(document, anchors)
    const leafOf = createLeafFinder(anchors, document, { resolver, trees })
    return { download: Object.freeze({ anchors, leafOf }), characters: text.length }
  }
}

async function request(fetch: GuardedFetch, url: string, budget: FetchBudget | undefined): Promise<string> {
  try {
    const response = await fetch(url, {
      headers: { accept: ANCHOR_DOCUMENT_MEDIA_TYPE },
      maxBytes: MAX_ANCHOR_DOCUMENT,
      timeoutMs: TIMEOUT_MS,
      ...(budget === undefined ? {} : { budget }),
    })
    if (response.status === 200) return decodeUtf8(response.body)
    throw unavailable('the list of issuers was not served', { status: response.status })
  } catch (cause) {
    if (!(cause instanceof NetworkError)) throw cause
    throw unavailable('the list of issuers cannot be fetched', { because: cause.code }, cause)
  }
}

/** All or nothing: whoever leaves out a status list sees who has to come back for it. */
function checkStatusLists({ statusLists }: AnchorDocument, anchors: AnchorSet): void {
  const named = statusListsOf(anchors)
  if (named.size !== statusLists.size || [...named].some((uri) => !statusLists.has(uri))) {
    throw malformed('the download has other status lists than the list names')
  }
}

function unavailable(
  message: string,
  details: Record<string, string | number> = {},
  cause?: unknown,
): TrustError {
  return new TrustError('COMITY_ZK_ANCHORS_UNAVAILABLE', message, {
    spec: 'zk.md, Anchors',
    details,
    ...(cause === undefined ? {} : { cause }),
  })
}
