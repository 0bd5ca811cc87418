import { findService, findVerificationKey, type DidDocument, type DidResolver } from '../did/index.ts'
import { decodeUtf8 } from '../encoding/index.ts'
import { ComityError, NetworkError, TrustError, VerificationError } from '../errors/index.ts'
import type { FetchBudget, GuardedFetch } from '../net/index.ts'
import {
  MAX_AGGREGATION_BYTES,
  STATUS_LIST_AGGREGATION_MEDIA_TYPE,
  STATUS_LIST_AGGREGATION_SERVICE,
  parseStatusListAggregation,
} from './aggregation.ts'
import { CLOCK_TOLERANCE, TOKEN_STATUS_LIST_MEDIA_TYPE } from './list-kinds.ts'
import { parseStatusListToken, verifyParsedToken } from './list-token.ts'
import type { TokenStatusList } from './token-list.ts'

const DEFAULT_MAX_BYTES = 4 * 1024 * 1024

/** A Token Status List of an issuer, verified. Frozen. */
export interface IssuerList {
  /** Where it was fetched, and its `sub`. */
  readonly uri: string
  /** The token, as it was served. */
  readonly token: string
  /** The statuses. */
  readonly list: TokenStatusList
}

/** All Token Status Lists of an issuer, read just now. Frozen. */
export interface IssuerLists {
  /** The issuer's DID document, which was asked for just now too. */
  readonly document: DidDocument
  /** The lists, in the order of the aggregation. */
  readonly lists: readonly IssuerList[]
}

/** As of when lists are read, and at what cost. */
export interface IssuerListContext {
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
  /** Bounds the look-ups. */
  readonly budget?: FetchBudget
}

/** What an {@link IssuerListReader} is made with. */
export interface IssuerListReaderOptions {
  /** Fetches the aggregation and the lists. */
  readonly fetch: GuardedFetch
  /** Resolves the issuer. */
  readonly resolver: DidResolver
  /** The most bytes of one list's token, 1 to 8 MiB. Defaults to 4 MiB. */
  readonly maxBytes?: number
}

/** Reads all Token Status Lists of an issuer. */
export interface IssuerListReader {
  /**
   * Reads an issuer's DID document, the aggregation that it names, and each list in it: all of them now, whatever was kept.
   *
   * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID` when the aggregation or a list is malformed, not the
   *   issuer's, or not valid now.
   * @throws {TrustError} `COMITY_STATUS_UNAVAILABLE` when the document, the aggregation or a list cannot be had, or the
   *   document names no aggregation.
   */
  read(issuer: string, context: IssuerListContext): Promise<IssuerLists>
}

/** What is expected of a Token Status List by {@link verifyIssuerList}. */
export interface VerifyIssuerListOptions extends IssuerListContext {
  /** The DID that must have signed it. */
  readonly issuer: string
  /** Where it is: its `sub` must say the same. */
  readonly uri: string
  /** Resolves the issuer. */
  readonly resolver: DidResolver
}

/**
 * Verifies a Token Status List of an issuer that somebody else has passed on.
 *
 * @param token - A compact JWS.
 * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID` when it is malformed, another list, not signed by a key of the
 *   issuer's `assertionMethod`, or not valid now.
 * @throws {TrustError} `COMITY_STATUS_UNAVAILABLE` when the issuer cannot be resolved.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-5.1 | Token Status List §5.1}
 */
export async function verifyIssuerList(
  token: string,
  { issuer, uri, resolver, now, budget }: VerifyIssuerListOptions,
): Promise<IssuerList> {
  return translated(async () => {
    const document = await resolver.resolveDocument(issuer, budget === undefined ? {} : { budget })
    return verifyBy(document, { token, uri, now })
  })
}

/**
 * Makes a reader of all lists that an issuer has. It keeps nothing: whoever needs all lists at once needs them as they
 * are, and not as they were.
 *
 * @throws {TypeError} `maxBytes` is out of range.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-9 | Token Status List §9}
 */
export function createIssuerListReader(options: IssuerListReaderOptions): IssuerListReader {
  const { fetch, resolver, maxBytes = DEFAULT_MAX_BYTES } = options
  if (!(maxBytes >= 1 && maxBytes <= 2 * DEFAULT_MAX_BYTES)) {
    throw new TypeError(`options.maxBytes must be 1 to ${2 * DEFAULT_MAX_BYTES}`)
  }
  const read = async (issuer: string, { now, budget }: IssuerListContext): Promise<IssuerLists> => {
    const bounds = budget === undefined ? {} : { budget }
    const document = await resolver.resolveDocument(issuer, { fresh: true, ...bounds })
    const { serviceEndpoint } = findService(document, STATUS_LIST_AGGREGATION_SERVICE)
    const aggregation = await request(fetch, serviceEndpoint, {
      accept: STATUS_LIST_AGGREGATION_MEDIA_TYPE,
      maxBytes: MAX_AGGREGATION_BYTES,
      ...bounds,
    })
    const lists: IssuerList[] = []
    // One after the other: what is decompressed at a time is one list, and not all that the issuer can think of.
    for (const uri of parseStatusListAggregation(aggregation)) {
      const accept = TOKEN_STATUS_LIST_MEDIA_TYPE
      const token = (await request(fetch, uri, { accept, maxBytes, ...bounds })).trimEnd()
      lists.push(await verifyBy(document, { token, uri, now }))
    }
    return Object.freeze({ document, lists: Object.freeze(lists) })
  }
  return Object.freeze({
    read: (issuer: string, context: IssuerListContext) => translated(async () => read(issuer, context)),
  })
}

async function verifyBy(
  document: DidDocument,
  { token, uri, now }: { readonly token: string; readonly uri: string; readonly now: number },
): Promise<IssuerList> {
  const jws = parseStatusListToken(token)
  const { kid } = jws.header
  const { iss } = jws.claims
  if (kid === undefined || (iss !== undefined && iss !== document.id)) {
    throw new VerificationError('COMITY_STATUS_LIST_INVALID', 'the list is not signed by the issuer')
  }
  const key = findVerificationKey(document, kid, 'assertionMethod')
  const { list } = await verifyParsedToken(jws, { key, uri, now, clockTolerance: CLOCK_TOLERANCE })
  return Object.freeze({ uri, token, list })
}

async function request(
  fetch: GuardedFetch,
  url: string,
  bounds: { readonly accept: string; readonly maxBytes: number; readonly budget?: FetchBudget },
): Promise<string> {
  const { accept, ...limits } = bounds
  const response = await fetch(url, {
    // Caches on the way must look again as well.
    headers: { accept, 'cache-control': 'no-cache' },
    share: false,
    ...limits,
  })
  if (response.status === 200) return decodeUtf8(response.body)
  throw unavailable({ status: response.status })
}

/** Says whose fault a failure is: what was served, or that nothing was. */
async function translated<Result>(run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    if (cause.code === 'COMITY_STATUS_LIST_INVALID' || cause.code === 'COMITY_STATUS_UNAVAILABLE') throw cause
    if (cause instanceof TrustError || cause instanceof NetworkError) {
      throw unavailable({ because: cause.code }, cause)
    }
    throw new VerificationError('COMITY_STATUS_LIST_INVALID', 'the status list does not verify', {
      spec: 'Token Status List §5.1',
      details: { because: cause.code },
      cause,
    })
  }
}

function unavailable(details: Record<string, string | number>, cause?: unknown): TrustError {
  return new TrustError('COMITY_STATUS_UNAVAILABLE', 'the status lists of the issuer cannot be had', {
    spec: 'Token Status List §9',
    details,
    ...(cause === undefined ? {} : { cause }),
  })
}
