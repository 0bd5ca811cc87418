import { MAX_CREDENTIAL_LENGTH } from '../credentials/index.ts'
import type { DidDocument, DidResolver } from '../did/index.ts'
import type { FetchBudget, GuardedFetch } from '../net/index.ts'
import { createLruMap, type Clock } from '../runtime/index.ts'
import { requestToken } from './list-source.ts'

/** The type of the service in a DID document that says where the issuer's accreditations are. */
export const ACCREDITATION_SERVICE: string = 'ComityAccreditation'

/** The most accreditations of one issuer that are looked at. */
export const MAX_ACCREDITATIONS: number = 4

const CACHE_SECONDS = 60
const MAX_CACHED = 1024

/** What accreditations are fetched with. */
export interface AccreditationSourceOptions {
  readonly fetch: GuardedFetch
  readonly resolver: DidResolver
  readonly clock: Clock
}

/** Finds what an issuer shows of its accreditations. */
export interface AccreditationSource {
  /**
   * Where an issuer's accreditations are: at most {@link MAX_ACCREDITATIONS} URLs, in the order of its DID document.
   *
   * @throws {ComityError} As `resolveDocument`.
   */
  locate(issuer: string, budget: FetchBudget | undefined): Promise<readonly string[]>
  /**
   * The token at a URL, fetched now or in the last minute. It may have been revoked meanwhile: its status is another
   * matter.
   *
   * @throws {ComityError} As `requestToken`.
   */
  token(url: string, budget: FetchBudget | undefined): Promise<string>
}

/** Keeps tokens for a minute, 1024 at most. */
export function createAccreditationSource(options: AccreditationSourceOptions): AccreditationSource {
  const { fetch, resolver, clock } = options
  const kept = createLruMap<{ readonly token: string; readonly at: number }>({ maxEntries: MAX_CACHED })

  function recall(url: string): string | undefined {
    const entry = kept.peek(url)
    const age = entry === undefined ? -1 : clock.now() - entry.at
    return age >= 0 && age < CACHE_SECONDS ? entry?.token : undefined
  }
  return {
    async locate(issuer, budget) {
      return endpointsOf(await resolver.resolveDocument(issuer, budget === undefined ? {} : { budget }))
    },
    async token(url, budget) {
      const known = recall(url)
      if (known !== undefined) return known
      const at = clock.now()
      const token = await requestToken(fetch, url, { maxBytes: MAX_CREDENTIAL_LENGTH, budget })
      kept.set(url, { token, at })
      return token
    },
  }
}

/** Each endpoint is a URL, or a list of URLs; what is neither is passed over. */
function endpointsOf(document: DidDocument): readonly string[] {
  const endpoints = document.service
    .filter(({ type }) => type.includes(ACCREDITATION_SERVICE))
    .flatMap(({ serviceEndpoint }): readonly unknown[] => {
      return Array.isArray(serviceEndpoint) ? (serviceEndpoint as readonly unknown[]) : [serviceEndpoint]
    })
    .filter((endpoint) => typeof endpoint === 'string')
  return [...new Set(endpoints)].slice(0, MAX_ACCREDITATIONS)
}
