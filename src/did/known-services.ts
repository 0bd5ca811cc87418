import type { JsonObject } from '../encoding/index.ts'
import type { DocumentService } from './create.ts'
import { isDid } from './syntax.ts'

/** A service whose endpoint is one URL. */
export interface ServiceOptions {
  /** The service's name within the document. Each builder has a default. */
  readonly fragment?: string
  /** An `https` URL. */
  readonly url: string
}

/** Where the bundle of a SPIFFE trust domain is, and how its endpoint is authenticated. */
export interface SpiffeTrustDomainOptions {
  /** The service's name within the document. Defaults to `#spiffe`. */
  readonly fragment?: string
  /** The trust domain, such as `acme.example`: at most 255 of `a` to `z`, `0` to `9`, `.`, `-` and `_`. */
  readonly trustDomain: string
  /** The `https` URL of the bundle endpoint. */
  readonly bundleEndpoint: string
  /** By the web's certificates (`https_web`), or by an SVID of the bundle (`https_spiffe`). */
  readonly profile: 'https_web' | 'https_spiffe'
  /** The SPIFFE ID of the endpoint; with `https_spiffe`, and only with it. */
  readonly endpointSpiffeId?: string
  /**
   * Where the first bundle can be had by the web's certificates, and the SHA-256 of it in base64url; with
   * `https_spiffe`, and only with it: the bundle endpoint cannot be authenticated before one has a bundle.
   */
  readonly firstBundle?: { readonly url: string; readonly sha256: string }
  /**
   * Agents whose workloads are in the trust domain, besides those whose `did:web` is below the organization's: these DIDs,
   * and those that begin with one of `under` and a colon; at most 256 of each.
   */
  readonly agents?: { readonly dids?: readonly string[]; readonly under?: readonly string[] }
  /** `https` URLs of credentials that attest that the organization controls the trust domain, at most four. */
  readonly credentials?: readonly string[]
}

const MAX_LISTED = 256
const MAX_CREDENTIALS = 4
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/
const SHA256 = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

function checkUrl(name: string, url: string): string {
  const isPlain = URL.canParse(url) && new URL(url).protocol === 'https:' && new URL(url).username === ''
  if (!isPlain) throw new TypeError(`options.${name} must be an https URL`)
  return url
}

function service(
  type: string,
  fallback: string,
  { fragment = fallback, url }: ServiceOptions,
): DocumentService {
  return Object.freeze({ fragment, type, serviceEndpoint: checkUrl('url', url) })
}

/**
 * The service of a gateway: where handshake messages are posted.
 *
 * @throws {TypeError} The URL is not `https`.
 */
export function handshakeService(options: ServiceOptions): DocumentService {
  return service('ComityHandshake', '#handshake', options)
}

/**
 * The service of an organization: its stream of events.
 *
 * @throws {TypeError} The URL is not `https`.
 */
export function eventsService(options: ServiceOptions): DocumentService {
  return service('ComityEvents', '#events', options)
}

/**
 * The service of an agent: where its A2A agent card is.
 *
 * @throws {TypeError} The URL is not `https`.
 * @see {@link https://a2a-protocol.org/latest/specification/ | Agent2Agent, Agent Card}
 */
export function agentCardService(options: ServiceOptions): DocumentService {
  return service('AgentCard', '#agent-card', options)
}

/**
 * The service of an issuer: where all of its Token Status Lists are named. Verifiers of compliance proofs need all of them,
 * as a proof does not say which list its credential is in.
 *
 * @throws {TypeError} The URL is not `https`.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-9 | Token Status List §9}
 */
export function statusListAggregationService(options: ServiceOptions): DocumentService {
  return service('TokenStatusListAggregation', '#status-lists', options)
}

function checkProfile(options: SpiffeTrustDomainOptions): void {
  const { profile, trustDomain, endpointSpiffeId, firstBundle } = options
  if (profile === 'https_web') {
    if (endpointSpiffeId !== undefined || firstBundle !== undefined)
      throw new TypeError('options.endpointSpiffeId and options.firstBundle are for `https_spiffe`')
    return
  }
  if (endpointSpiffeId?.startsWith(`spiffe://${trustDomain}/`) !== true)
    throw new TypeError('options.endpointSpiffeId must be a SPIFFE ID of the trust domain')
  if (firstBundle === undefined) throw new TypeError('options.firstBundle must be given with `https_spiffe`')
  checkUrl('firstBundle.url', firstBundle.url)
  if (!SHA256.test(firstBundle.sha256))
    throw new TypeError('options.firstBundle.sha256 must be a SHA-256 in base64url')
}

function checkMembers({ agents = {}, credentials = [] }: SpiffeTrustDomainOptions): JsonObject {
  const { dids = [], under = [] } = agents
  if (![...dids, ...under].every(isDid)) throw new TypeError('options.agents must have DIDs')
  if (Math.max(dids.length, under.length) > MAX_LISTED)
    throw new TypeError(`options.agents must have at most ${String(MAX_LISTED)} DIDs of a kind`)
  if (credentials.length > MAX_CREDENTIALS)
    throw new TypeError(`options.credentials must have at most ${String(MAX_CREDENTIALS)} URLs`)
  for (const url of credentials) checkUrl('credentials', url)
  const listed = {
    ...(dids.length > 0 && { dids: [...dids] }),
    ...(under.length > 0 && { under: [...under] }),
  }
  return {
    ...(Object.keys(listed).length > 0 && { agents: listed }),
    ...(credentials.length > 0 && { credentials: [...credentials] }),
  }
}

/**
 * The service of an organization: which SPIFFE trust domain its workloads are in. It is a claim of the document, which
 * needs a reason to be believed.
 *
 * @throws {TypeError} The trust domain, a URL, a DID or the digest is malformed, what the profile needs is missing, or a list
 *   is too long.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md | SPIFFE Federation §5}
 */
export function spiffeTrustDomainService(options: SpiffeTrustDomainOptions): DocumentService {
  const {
    fragment = '#spiffe',
    trustDomain,
    bundleEndpoint,
    profile,
    endpointSpiffeId,
    firstBundle,
  } = options
  if (!TRUST_DOMAIN.test(trustDomain))
    throw new TypeError('options.trustDomain must be a SPIFFE trust domain')
  if (!['https_web', 'https_spiffe'].includes(profile))
    throw new TypeError('options.profile is not supported')
  checkUrl('bundleEndpoint', bundleEndpoint)
  checkProfile(options)
  const serviceEndpoint: JsonObject = {
    trustDomain,
    bundleEndpoint,
    profile,
    ...(endpointSpiffeId !== undefined && { endpointSpiffeId }),
    ...(firstBundle !== undefined && { firstBundle: { ...firstBundle } }),
    ...checkMembers(options),
  }
  return Object.freeze({ fragment, type: 'SpiffeTrustDomain', serviceEndpoint })
}
