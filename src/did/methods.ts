import type { DIDResolutionOptions, DIDResolutionResult, DIDResolver, ResolverRegistry } from 'did-resolver'
import { TrustError, VerificationError } from '../errors/index.ts'
import type { FetchBudget, GuardedFetch } from '../net/index.ts'
import type { Clock } from '../runtime/index.ts'
import { parseDidDocument } from './document.ts'
import { expandDidJwk } from './method-jwk.ts'
import { expandDidKey } from './method-key.ts'
import { fetchDidWeb } from './method-web.ts'
import { represent } from './representation.ts'
import { cleanMetadata, isComityError, toFailure, toResult } from './result.ts'
import { asksForVersion, mergeVersionQueries, readVersionQuery, type VersionQuery } from './version-query.ts'
import { createWebMemory } from './web-memory.ts'
import { createWebvhMethod } from './webvh/method.ts'

/** What our methods understand among did-resolver's options. */
export interface MethodOptions extends DIDResolutionOptions, VersionQuery {
  /** Shared bounds of several fetches. */
  readonly budget?: FetchBudget
  /** Whether caches on the way shall look again, and nothing that is remembered is made use of. */
  readonly fresh?: boolean
}

/** What {@link createDidMethods} makes methods with. */
export interface DidMethodsOptions {
  /** What brings the files of `did:web` and `did:webvh`. */
  readonly fetch: GuardedFetch
  /** Defaults to the system clock. */
  readonly clock?: Clock
  /**
   * Documents of `did:web` that are remembered, for their hosts to be asked whether they have changed; 1 to 1 000 000.
   * Defaults to 1024.
   */
  readonly maxRemembered?: number
}

const MAX_REMEMBERED = 1_000_000

async function settle(resolve: () => Promise<DIDResolutionResult>): Promise<DIDResolutionResult> {
  try {
    return await resolve()
  } catch (error) {
    if (isComityError(error)) return toFailure(error)
    return toFailure(new TrustError('COMITY_DID_UNRESOLVABLE', 'the DID method failed', { cause: error }))
  }
}

/** Makes a method that never throws, as did-resolver expects it, of one that may. */
export function guardMethod(method: DIDResolver): DIDResolver {
  return (did, parsed, resolver, options) => settle(() => method(did, parsed, resolver, options))
}

function deactivated(): VerificationError {
  return new VerificationError('COMITY_DID_DEACTIVATED', 'the DID is deactivated')
}

/** The failure of a method that has no versions, or of a version that it does not have. */
export function versionUnsupported(): TrustError {
  return new TrustError('COMITY_DID_VERSION_UNSUPPORTED', 'the method has no versions of the DID', {
    spec: 'DID Core §3.2.1',
  })
}

/** Makes a method of ours out of what resolves the current document: it must be asked for no other. */
function current(
  resolve: (did: string, options: MethodOptions) => Promise<DIDResolutionResult>,
): DIDResolver {
  return guardMethod(async (did, parsed, _resolver, options: MethodOptions) => {
    // The document of another time is another document: today's must not pass for it.
    if (asksForVersion(mergeVersionQueries(readVersionQuery(parsed.query ?? ''), options))) {
      throw versionUnsupported()
    }
    const result = await resolve(did, options)
    parseDidDocument(result.didDocument, did)
    return represent(result, options.accept)
  })
}

/** Makes the method `did:webvh`, which has versions, and checks its documents itself. */
function versioned(method: DIDResolver): DIDResolver {
  return guardMethod(async (did, parsed, resolver, options) => {
    const result = await method(did, parsed, resolver, options)
    const didDocumentMetadata = cleanMetadata(result.didDocumentMetadata)
    const isOver = result.didDocument === null && didDocumentMetadata.deactivated === true
    if (isOver) return toFailure(deactivated(), didDocumentMetadata)
    return represent({ ...result, didDocumentMetadata }, options.accept)
  })
}

/**
 * Gives the methods `did:jwk`, `did:key`, `did:web` and `did:webvh`, for did-resolver's `Resolver` or what is built on
 * it: `new Resolver(createDidMethods({ fetch }))`.
 *
 * They never throw: failures are results, whose metadata have the specification's `error` and our `code`. Documents are
 * checked as a whole, and given as they were served. Each resolution asks the host again; a cache is
 * {@link createDidResolver}'s business.
 *
 * @throws {TypeError} A bound is out of range.
 */
export function createDidMethods(options: DidMethodsOptions): ResolverRegistry {
  const { fetch, maxRemembered = 1024 } = options
  if (!Number.isInteger(maxRemembered) || maxRemembered < 1 || maxRemembered > MAX_REMEMBERED) {
    throw new TypeError(`options.maxRemembered must be an integer from 1 to ${String(MAX_REMEMBERED)}`)
  }
  const memory = createWebMemory(maxRemembered)
  // Without a prototype, as method names are looked up in it and `constructor` could be one.
  const registry = Object.create(null) as ResolverRegistry
  registry['jwk'] = current(async (did) => toResult(expandDidJwk(did)))
  registry['key'] = current(async (did) => toResult(expandDidKey(did)))
  registry['web'] = current(async (did, { budget, fresh }) => {
    const { document, maxAge } = await fetchDidWeb(did, { fetch, budget, memory, fresh: fresh === true })
    return toResult(document, maxAge)
  })
  registry['webvh'] = versioned(createWebvhMethod(options))
  return registry
}
