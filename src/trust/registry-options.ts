import type { StatusChecker } from '../credentials/index.ts'
import type { DidResolver } from '../did/index.ts'
import type { GuardedFetch } from '../net/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { MAX_HOPS } from './accreditation-document.ts'
import type { Accreditor } from './chain.ts'
import type { TrustListSource } from './list-rule.ts'
import { MIN_REFRESH_SECONDS, type ListSourceOptions } from './list-source.ts'
import { checkDid, copyAudiences, isNames, readCoverage } from './static-rules.ts'

const DEFAULT_CACHE_SECONDS = 300
const MAX_CACHE_SECONDS = 3600
const MAX_LISTS = 16
const MAX_ACCREDITORS = 64

/** What reaches out, of the options of a registry. */
interface NetworkOptions {
  readonly fetch?: GuardedFetch
  readonly resolver?: DidResolver
  readonly status?: StatusChecker
  readonly store?: Store
  readonly maxCacheSeconds?: number
}

/**
 * Copies lists out of a configuration.
 *
 * @throws {TypeError} When one is malformed, or there are more than 16, or one stands there twice.
 */
export function readLists(lists: readonly TrustListSource[]): readonly TrustListSource[] {
  if (!Array.isArray(lists) || lists.length > MAX_LISTS) {
    throw new TypeError(`options.lists must be a list of at most ${String(MAX_LISTS)}`)
  }
  const read = lists.map(({ did, url, types, audiences }: TrustListSource, index) => {
    const name = `options.lists[${String(index)}]`
    if (types !== undefined && !isNames(types)) {
      throw new TypeError(`${name}.types must list types of credentials, without wildcards`)
    }
    return {
      did: checkDid(did, `${name}.did`),
      ...(url === undefined ? {} : { url: checkUrl(url, `${name}.url`) }),
      ...(types === undefined ? {} : { types: [...types] }),
      ...copyAudiences(audiences, name),
    }
  })
  const places = read.map(({ did, url }) => `${did} ${url ?? ''}`)
  if (new Set(places).size !== places.length) throw new TypeError('options.lists must have each list once')
  return read
}

/**
 * Copies accreditors out of a configuration.
 *
 * @throws {TypeError} When one is malformed, or there are more than 64.
 */
export function readAccreditors(accreditors: readonly Accreditor[]): readonly Accreditor[] {
  if (!Array.isArray(accreditors) || accreditors.length > MAX_ACCREDITORS) {
    throw new TypeError(`options.accreditors must be a list of at most ${String(MAX_ACCREDITORS)}`)
  }
  return accreditors.map((accreditor: Accreditor, index) => {
    const name = `options.accreditors[${String(index)}]`
    const { did, maxDepth = MAX_HOPS } = accreditor
    if (!Number.isInteger(maxDepth) || maxDepth < 1 || maxDepth > MAX_HOPS) {
      throw new TypeError(`${name}.maxDepth must be 1 to ${String(MAX_HOPS)}`)
    }
    return { did: checkDid(did, `${name}.did`), ...readCoverage(accreditor, name), maxDepth }
  })
}

/**
 * What lists and accreditations are looked up with.
 *
 * @throws {TypeError} When something that is needed is missing, or out of range.
 */
export function readNetwork(
  options: NetworkOptions,
  clock: Clock,
  needsStatus: boolean,
): ListSourceOptions & { readonly status: StatusChecker | undefined } {
  const { fetch, resolver, status, store, maxCacheSeconds = DEFAULT_CACHE_SECONDS } = options
  if (typeof fetch !== 'function') throw new TypeError('options.fetch must be a guarded fetch')
  if (typeof resolver?.resolveDocument !== 'function') {
    throw new TypeError('options.resolver must be a DID resolver')
  }
  if (needsStatus && typeof status?.check !== 'function') {
    throw new TypeError('options.status must have a method check')
  }
  if (!(maxCacheSeconds >= MIN_REFRESH_SECONDS && maxCacheSeconds <= MAX_CACHE_SECONDS)) {
    throw new TypeError(
      `options.maxCacheSeconds must be ${String(MIN_REFRESH_SECONDS)} to ${String(MAX_CACHE_SECONDS)}`,
    )
  }
  return { fetch, resolver, store, clock, maxCacheSeconds, status: needsStatus ? status : undefined }
}

function checkUrl(text: string, name: string): string {
  if (typeof text !== 'string' || !URL.canParse(text) || !text.startsWith('https://')) {
    throw new TypeError(`${name} must be an https URL`)
  }
  return text
}
