import type { DIDResolutionOptions, DIDResolutionResult, DIDResolver, ResolverRegistry } from 'did-resolver'
import { TrustError } from '../errors/index.ts'
import type { FetchBudget, GuardedFetch } from '../net/index.ts'
import { expandDidKey } from './method-key.ts'
import { fetchDidWeb } from './method-web.ts'
import { isComityError, toFailure, toResult } from './result.ts'

/** What our methods understand among did-resolver's options. */
export interface MethodOptions extends DIDResolutionOptions {
  /** Shared bounds of several fetches. */
  readonly budget?: FetchBudget
  /** Whether caches on the way shall look again. */
  readonly fresh?: boolean
}

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

/**
 * Gives the methods `did:key` and `did:web`, for did-resolver's `Resolver` or what is built on it.
 *
 * They never throw: failures are results, whose metadata have the specification's `error` and our `code`.
 *
 * @param options - `fetch` brings the documents of `did:web`.
 */
export function guardedMethods(options: { readonly fetch: GuardedFetch }): ResolverRegistry {
  const { fetch } = options
  // Without a prototype, as method names are looked up in it and `constructor` could be one.
  const registry = Object.create(null) as ResolverRegistry
  registry['key'] = guardMethod(async (did) => toResult(expandDidKey(did)))
  registry['web'] = guardMethod(async (did, _parsed, _resolver, { budget, fresh }: MethodOptions) => {
    const { document, maxAge } = await fetchDidWeb(did, { fetch, budget, fresh: fresh === true })
    return toResult(document, maxAge)
  })
  return registry
}
