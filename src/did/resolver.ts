import { Resolver, type DIDResolutionResult, type ResolverRegistry } from 'did-resolver'
import type { ComityError, ComityErrorCode } from '../errors/index.ts'
import type { FetchBudget, GuardedFetch } from '../net/index.ts'
import { systemClock, type Clock } from '../runtime/index.ts'
import { createDidCache } from './cache.ts'
import { parseDidDocument, type DidDocument } from './document.ts'
import { guardedMethods, guardMethod, type MethodOptions } from './methods.ts'
import { failureOf, isComityError, toFailure } from './result.ts'
import { parseDid, parseDidUrl } from './syntax.ts'

/** How one resolution is done. */
export interface ResolveOptions {
  /** Shared bounds of several fetches. */
  readonly budget?: FetchBudget
  /** Whether to pass over what is kept, here and on the way. The result is kept again. */
  readonly fresh?: boolean
}

/** Finds out what keys and services a DID has. */
export interface DidResolver {
  /**
   * Resolves a DID or DID URL into did-resolver's form, as other libraries take it. Never throws: a failure is in
   * `didResolutionMetadata`, as `error` in the specification's words and `code` in ours.
   */
  resolve(did: string, options?: ResolveOptions): Promise<DIDResolutionResult>
  /**
   * Resolves a DID into a checked document.
   *
   * @throws {VerificationError} `COMITY_DID_INVALID`, `COMITY_DID_DOCUMENT_INVALID` or `COMITY_DID_DEACTIVATED`.
   * @throws {TrustError} `COMITY_DID_METHOD_UNSUPPORTED`; `COMITY_DID_NOT_FOUND` when the host has no document;
   *   `COMITY_DID_UNRESOLVABLE` for any other failure on the way, with the network's code in `details.reason`.
   * @throws {NetworkError} `COMITY_NET_BUDGET` when the budget is spent.
   */
  resolveDocument(did: string, options?: ResolveOptions): Promise<DidDocument>
  /** Forgets a DID, so that the next resolution asks its host again. */
  invalidate(did: string): void
}

/** What a resolver is made with. */
export interface DidResolverOptions {
  /** What brings the documents of `did:web`. */
  readonly fetch: GuardedFetch
  /** Methods beside `did:key` and `did:web`, by name. */
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
  if (error !== undefined) return { result: toFailure(error), answer: { error } }
  try {
    return { result, answer: { document: parseDidDocument(result.didDocument, did) } }
  } catch (cause) {
    return failed(cause)
  }
}

function readBound(name: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most)) {
    throw new TypeError(`options.${name} must be from ${String(least)} to ${String(most)}`)
  }
  return value
}

function createRegistry({ fetch, methods = {} }: DidResolverOptions): ResolverRegistry {
  const registry = guardedMethods({ fetch })
  for (const [name, method] of Object.entries(methods)) {
    if (name in registry) throw new TypeError(`options.methods must not have \`${name}\``)
    // A copy, as results are kept, and so that what is no data fails here.
    registry[name] = guardMethod(async (...question) => structuredClone(await method(...question)))
  }
  return registry
}

/** Seconds for which an outcome may be kept. */
function lifetime({ result, answer }: Outcome, documents: number, failures: number): number {
  if ('error' in answer) return NOT_KEPT.has(answer.error.code) ? 0 : failures
  const { maxAge } = result.didResolutionMetadata as { maxAge?: unknown }
  return typeof maxAge === 'number' ? Math.min(documents, maxAge) : documents
}

/**
 * Makes a resolver for `did:key`, `did:web` and what methods are added, with a bounded cache.
 *
 * Resolutions of one DID that are under way at once share one, but for those with a budget or `fresh`.
 *
 * @throws {TypeError} A bound is out of range, or a method is given that is there already.
 */
export function createDidResolver(options: DidResolverOptions): DidResolver {
  const { clock = systemClock } = options
  const documentSeconds = readBound('cacheSeconds', options.cacheSeconds ?? 60, 0, 300)
  const failureSeconds = readBound('failureCacheSeconds', options.failureCacheSeconds ?? 2, 0, 60)
  const cache = createDidCache<Outcome>(
    readBound('maxCached', options.maxCached ?? 1024, 1, 1_000_000),
    clock,
  )
  const resolver = new Resolver(createRegistry(options))
  const flights = new Map<string, Promise<Outcome>>()

  async function load(did: string, methodOptions: MethodOptions): Promise<Outcome> {
    const ticket = cache.begin(did)
    try {
      const outcome = judge(await resolver.resolve(did, methodOptions), did)
      ticket.keep(outcome, lifetime(outcome, documentSeconds, failureSeconds))
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

  return Object.freeze({
    async resolve(didUrl: string, resolveOptions: ResolveOptions = {}) {
      const { result } = await (async () => look(parseDidUrl(didUrl).did, resolveOptions))().catch(failed)
      // The kept result is not for others to change.
      return structuredClone(result)
    },
    async resolveDocument(did: string, resolveOptions: ResolveOptions = {}) {
      const { answer } = await look(parseDid(did).did, resolveOptions)
      if ('error' in answer) throw answer.error
      return answer.document
    },
    invalidate(did: string) {
      flights.delete(did)
      cache.invalidate(did)
    },
  })
}
