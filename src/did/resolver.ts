import { Resolver, type DIDResolutionResult, type ResolverRegistry } from 'did-resolver'
import type { ComityError, ComityErrorCode } from '../errors/index.ts'
import type { FetchBudget, GuardedFetch } from '../net/index.ts'
import { systemClock, type Clock } from '../runtime/index.ts'
import { createDidCache, type DidCache } from './cache.ts'
import { parseDidDocument, type DidDocument } from './document.ts'
import { createDidMethods, guardMethod, versionUnsupported, type MethodOptions } from './methods.ts'
import { represent } from './representation.ts'
import { cleanMetadata, failureOf, isComityError, toFailure } from './result.ts'
import { parseDid, parseDidUrl } from './syntax.ts'
import { asksForVersion, mergeVersionQueries, readVersionQuery, type VersionQuery } from './version-query.ts'

/** How one resolution is done. */
export interface ResolveOptions {
  /** Shared bounds of several fetches. */
  readonly budget?: FetchBudget
  /** Whether to pass over what is kept, here and on the way. The result is kept again. */
  readonly fresh?: boolean
}

/** How a DID or DID URL is resolved into DID Core's form. */
export interface ResolveResultOptions extends ResolveOptions, VersionQuery {
  /** Media types as in the header of that name. Defaults to `application/did+json`. */
  readonly accept?: string
}

/** Finds out what keys and services a DID has. */
export interface DidResolver {
  /**
   * Resolves a DID or DID URL into DID Core's form, as other libraries take it. Never throws: a failure is in
   * `didResolutionMetadata`, as `error` in the specification's words and `code` in ours. A deactivated DID has no
   * `error`, no document, and `deactivated` in `didDocumentMetadata`.
   *
   * Of a DID URL only the parameters `versionId`, `versionTime` and `versionNumber` are looked at; the same options count
   * more. A version is given also of a DID that is deactivated by now, is not kept, and is never what
   * {@link DidResolver.resolveDocument} gives. A method that has no versions refuses them.
   *
   * @see {@link https://www.w3.org/TR/did-1.0/#did-resolution | DID Core §7.1}
   */
  resolve(did: string, options?: ResolveResultOptions): Promise<DIDResolutionResult>
  /**
   * Resolves a DID into a checked document.
   *
   * @throws {VerificationError} `COMITY_DID_INVALID`, `COMITY_DID_DOCUMENT_INVALID` or `COMITY_DID_DEACTIVATED`.
   * @throws {VerificationError} A `COMITY_DID_LOG_…` code when the log of a `did:webvh` does not verify.
   * @throws {TrustError} `COMITY_DID_METHOD_UNSUPPORTED`; `COMITY_DID_KEY_UNKNOWN` when the DID is a key of another
   *   kind; `COMITY_DID_NOT_FOUND` when the host has no document; `COMITY_DID_UNRESOLVABLE` for any other failure on the way, with the network's code in `details.reason`.
   * @throws {NetworkError} `COMITY_NET_BUDGET` when the budget is spent.
   */
  resolveDocument(did: string, options?: ResolveOptions): Promise<DidDocument>
  /**
   * Forgets a DID: the next resolution asks its host again, has the whole document sent, and has caches on the way look
   * again.
   */
  invalidate(did: string): void
}

/** What a resolver is made with. */
export interface DidResolverOptions {
  /** What brings the files of `did:web` and `did:webvh`. */
  readonly fetch: GuardedFetch
  /** Methods beside `did:jwk`, `did:key`, `did:web` and `did:webvh`, by name. */
  readonly methods?: ResolverRegistry
  /** Seconds to keep a document, 0 to 300; less where its host asks for less. Defaults to 60. */
  readonly cacheSeconds?: number
  /** Seconds to keep a failure, so that nobody can make us ask a dead host again and again; 0 to 60. Defaults to 2. */
  readonly failureCacheSeconds?: number
  /** Documents and failures kept, 1 to 1 000 000. Defaults to 1024. */
  readonly maxCached?: number
  /** Defaults to the system clock. */
  readonly clock?: Clock
}

interface Outcome {
  readonly result: DIDResolutionResult
  readonly answer: { readonly document: DidDocument } | { readonly error: ComityError }
}

/** Failures that are not the DID's, or that are found again without asking anybody. */
const NOT_KEPT: ReadonlySet<ComityErrorCode> = new Set<ComityErrorCode>([
  'COMITY_DID_INVALID',
  'COMITY_DID_KEY_UNKNOWN',
  'COMITY_DID_METHOD_UNSUPPORTED',
  'COMITY_NET_ABORTED',
  'COMITY_NET_BUDGET',
])

function failed(error: unknown): Outcome {
  if (!isComityError(error)) throw error
  return { result: toFailure(error), answer: { error } }
}

function judge(result: DIDResolutionResult, did: string): Outcome {
  const error = failureOf(result)
  const didDocumentMetadata = cleanMetadata(result.didDocumentMetadata)
  if (error !== undefined) return { result: toFailure(error, didDocumentMetadata), answer: { error } }
  try {
    const document = parseDidDocument(result.didDocument, did)
    return { result: { ...result, didDocumentMetadata }, answer: { document } }
  } catch (cause) {
    return failed(cause)
  }
}

/** Judges a version. Its document may be of another DID where its method let the DID move, and has seen to it itself. */
function judgeVersion(result: DIDResolutionResult, did: string): DIDResolutionResult {
  const error = failureOf(result, true)
  const didDocumentMetadata = cleanMetadata(result.didDocumentMetadata)
  if (error !== undefined) return toFailure(error, didDocumentMetadata)
  // A method that passes over the question gives the current document.
  if (typeof didDocumentMetadata.versionId !== 'string') return toFailure(versionUnsupported())
  const { method } = parseDid(did)
  parseDidDocument(result.didDocument, method === 'webvh' ? (result.didDocument?.id ?? did) : did)
  return { ...result, didDocumentMetadata }
}

function readBound(name: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most)) {
    throw new TypeError(`options.${name} must be from ${String(least)} to ${String(most)}`)
  }
  return value
}

function createRegistry(options: DidResolverOptions, maxRemembered: number): ResolverRegistry {
  const { fetch, clock = systemClock, methods = {} } = options
  const registry = createDidMethods({ fetch, clock, maxRemembered })
  for (const [name, method] of Object.entries(methods)) {
    if (name in registry) throw new TypeError(`options.methods must not have \`${name}\``)
    // A copy, as results are kept, and so that what is no data fails here.
    registry[name] = guardMethod(async (...question) => structuredClone(await method(...question)))
  }
  return registry
}

/** Whether an outcome says something about the DID, and not about who asks. */
function isAnswer({ answer }: Outcome): boolean {
  return !('error' in answer && NOT_KEPT.has(answer.error.code))
}

/** Seconds for which an outcome may be kept. */
function lifetime({ result, answer }: Outcome, documents: number, failures: number): number {
  if ('error' in answer) return failures
  const { maxAge } = result.didResolutionMetadata as { maxAge?: unknown }
  return typeof maxAge === 'number' ? Math.min(documents, maxAge) : documents
}

/** Finds the current document of a DID: in the cache, with somebody else who is asking, or by its method. */
interface LookUp {
  readonly look: (did: string, options: ResolveOptions) => Promise<Outcome>
  readonly forget: (did: string) => void
}

function createLookUp(
  resolver: Resolver,
  cache: DidCache<Outcome>,
  lifetimes: { readonly documentSeconds: number; readonly failureSeconds: number },
): LookUp {
  const flights = new Map<string, Promise<Outcome>>()

  async function load(did: string, methodOptions: MethodOptions): Promise<Outcome> {
    const ticket = cache.begin(did)
    try {
      const outcome = judge(await resolver.resolve(did, methodOptions), did)
      if (isAnswer(outcome))
        ticket.keep(outcome, lifetime(outcome, lifetimes.documentSeconds, lifetimes.failureSeconds))
      return outcome
    } finally {
      ticket.done()
    }
  }

  function share(did: string): Promise<Outcome> {
    const current = flights.get(did)
    if (current !== undefined) return current
    const flight = load(did, { fresh: cache.isOvertaken(did) }).finally(() => {
      if (flights.get(did) === flight) flights.delete(did)
    })
    flights.set(did, flight)
    return flight
  }

  async function look(did: string, { budget, fresh = false }: ResolveOptions): Promise<Outcome> {
    const kept = fresh ? undefined : cache.get(did)
    if (kept !== undefined) return kept
    if (budget === undefined && !fresh) return share(did)
    return load(did, { fresh: fresh || cache.isOvertaken(did), ...(budget !== undefined && { budget }) })
  }

  return {
    look,
    forget(did) {
      flights.delete(did)
      cache.invalidate(did)
    },
  }
}

/**
 * Makes a resolver for `did:jwk`, `did:key`, `did:web`, `did:webvh` and what methods are added, with a bounded cache.
 *
 * A document of `did:web` whose time is over is asked for again on condition that it has changed, where its host named
 * it by an entity tag. Nothing that is out of date is used because a host does not answer.
 *
 * Resolutions of one DID that are under way at once share one, but for those with a budget or `fresh`.
 *
 * @throws {TypeError} A bound is out of range, or a method is given that is there already.
 */
export function createDidResolver(options: DidResolverOptions): DidResolver {
  const { clock = systemClock } = options
  const documentSeconds = readBound('cacheSeconds', options.cacheSeconds ?? 60, 0, 300)
  const failureSeconds = readBound('failureCacheSeconds', options.failureCacheSeconds ?? 2, 0, 60)
  const maxCached = Math.floor(readBound('maxCached', options.maxCached ?? 1024, 1, 1_000_000))
  const cache = createDidCache<Outcome>(maxCached, clock)
  const resolver = new Resolver(createRegistry(options, maxCached))
  const { look, forget } = createLookUp(resolver, cache, { documentSeconds, failureSeconds })

  async function resolveVersion(did: string, { budget, fresh }: ResolveOptions, version: VersionQuery) {
    const methodOptions: MethodOptions = {
      ...version,
      fresh: fresh === true || cache.isOvertaken(did),
      ...(budget !== undefined && { budget }),
    }
    return judgeVersion(await resolver.resolve(did, methodOptions), did)
  }

  async function resolveResult(didUrl: string, asked: ResolveResultOptions): Promise<DIDResolutionResult> {
    const { did, query = '' } = parseDidUrl(didUrl)
    const version = mergeVersionQueries(readVersionQuery(query), asked)
    const result = asksForVersion(version)
      ? await resolveVersion(did, asked, version)
      : // The kept result is not for others to change.
        structuredClone((await look(did, asked)).result)
    return represent(result, asked.accept)
  }

  return Object.freeze({
    async resolve(didUrl: string, resolveOptions: ResolveResultOptions = {}) {
      return resolveResult(didUrl, resolveOptions).catch((error: unknown) => failed(error).result)
    },
    async resolveDocument(did: string, resolveOptions: ResolveOptions = {}) {
      const { answer } = await look(parseDid(did).did, resolveOptions)
      if ('error' in answer) throw answer.error
      return answer.document
    },
    invalidate(did: string) {
      forget(did)
    },
  })
}
