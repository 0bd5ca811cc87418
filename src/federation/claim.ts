import type { DidDocument } from '../did/index.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { parseSpiffeId, parseTrustDomain, type SpiffeId, type TrustDomain } from '../spiffe/index.ts'

/** The type of the service in an organization's DID document that names its SPIFFE trust domain. */
export const TRUST_DOMAIN_SERVICE: string = 'SpiffeTrustDomain'

/** The most agents, and the most DIDs that agents are under, that a claim lists. */
export const MAX_LISTED: number = 256

/** The most addresses of credentials that a claim points to. */
export const MAX_CREDENTIALS: number = 4

const MAX_TEXT = 2048
const SHA256 = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

/** Where a first bundle is, and what it must be. */
export interface FirstBundle {
  /** An `https` URL, authenticated by the web's certificates. */
  readonly url: string
  /** The SHA-256 of the document there, byte for byte, in base64url. */
  readonly sha256: string
}

/** What a DID document says of its subject's trust domain, frozen. It proves nothing. */
export interface TrustDomainClaim {
  /** The trust domain that is claimed. */
  readonly trustDomain: TrustDomain
  /** Where the bundle is. */
  readonly bundleEndpoint: string
  /** How the endpoint is authenticated. */
  readonly profile: 'https_web' | 'https_spiffe'
  /** Whom the endpoint authenticates as; there with `https_spiffe`, and only then. */
  readonly endpointSpiffeId?: SpiffeId
  /** What to begin with; there with `https_spiffe`, and only then. */
  readonly firstBundle?: FirstBundle
  /** Which agents' workloads are in it, besides those whose DIDs are below the organization's own. */
  readonly agents: {
    /** These DIDs. */
    readonly dids: readonly string[]
    /** DIDs that begin with one of these and a colon. */
    readonly under: readonly string[]
  }
  /** URLs of credentials that attest the claim, at most four. */
  readonly credentials: readonly string[]
  /** The endpoint of the service, as it stands in the document. */
  readonly source: JsonObject
}

/**
 * Reads what a DID document says of a trust domain: the first service of the type {@link TRUST_DOMAIN_SERVICE} counts.
 *
 * @returns The claim; undefined where there is no such service.
 * @throws {VerificationError} `COMITY_TRUST_DOMAIN_CLAIM_INVALID` when its endpoint is malformed; `details.member` says
 *   where.
 */
export function findTrustDomainClaim(document: DidDocument): TrustDomainClaim | undefined {
  const service = document.service.find(({ type }) => type.includes(TRUST_DOMAIN_SERVICE))
  return service === undefined ? undefined : readTrustDomainClaim(service.serviceEndpoint)
}

/**
 * Reads the endpoint of a service of the type {@link TRUST_DOMAIN_SERVICE}. Members that are not known are left out.
 *
 * @throws {VerificationError} As {@link findTrustDomainClaim}.
 */
export function readTrustDomainClaim(source: unknown): TrustDomainClaim {
  if (!isJsonObject(source)) throw invalid('serviceEndpoint')
  const trustDomain = readTrustDomain(source['trustDomain'])
  const { profile } = source
  if (profile !== 'https_web' && profile !== 'https_spiffe') throw invalid('profile')
  return Object.freeze({
    trustDomain,
    bundleEndpoint: readUrl(source['bundleEndpoint'], 'bundleEndpoint'),
    profile,
    ...readStart(source, profile, trustDomain),
    agents: readAgents(source['agents']),
    credentials: readTexts(source['credentials'], 'credentials', MAX_CREDENTIALS, readUrl),
    source,
  })
}

function readTrustDomain(value: JsonValue | undefined): TrustDomain {
  // A bare name: `spiffe://…` would be a second spelling of it.
  if (typeof value !== 'string' || value.includes(':')) throw invalid('trustDomain')
  return blame('trustDomain', () => parseTrustDomain(value))
}

/** `https_spiffe` cannot begin without a bundle, and `https_web` has no use for one. */
function readStart(
  { endpointSpiffeId, firstBundle }: JsonObject,
  profile: TrustDomainClaim['profile'],
  trustDomain: TrustDomain,
): Pick<TrustDomainClaim, 'endpointSpiffeId' | 'firstBundle'> {
  if (profile === 'https_web') {
    if (endpointSpiffeId !== undefined) throw invalid('endpointSpiffeId')
    if (firstBundle !== undefined) throw invalid('firstBundle')
    return {}
  }
  const text = typeof endpointSpiffeId === 'string' ? endpointSpiffeId : ''
  const id = blame('endpointSpiffeId', () => parseSpiffeId(text))
  // An endpoint in another trust domain would need that one's bundle, which nobody here answers for.
  if (id.path === '' || id.trustDomain.name !== trustDomain.name) throw invalid('endpointSpiffeId')
  if (!isJsonObject(firstBundle)) throw invalid('firstBundle')
  const { sha256 } = firstBundle
  if (typeof sha256 !== 'string' || !SHA256.test(sha256)) throw invalid('firstBundle.sha256')
  const url = readUrl(firstBundle['url'], 'firstBundle.url')
  return { endpointSpiffeId: id, firstBundle: Object.freeze({ url, sha256 }) }
}

function readAgents(value: JsonValue | undefined): TrustDomainClaim['agents'] {
  if (value !== undefined && !isJsonObject(value)) throw invalid('agents')
  const { dids, under } = value ?? {}
  return Object.freeze({
    dids: readTexts(dids, 'agents.dids', MAX_LISTED, readText),
    under: readTexts(under, 'agents.under', MAX_LISTED, readText),
  })
}

function readTexts(
  value: JsonValue | undefined,
  member: string,
  most: number,
  read: (value: JsonValue | undefined, member: string) => string,
): readonly string[] {
  const list: unknown = value ?? []
  if (!Array.isArray(list) || list.length > most) throw invalid(member)
  return Object.freeze(list.map((entry: JsonValue) => read(entry, member)))
}

function readText(value: JsonValue | undefined, member: string): string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT) throw invalid(member)
  return value
}

function readUrl(value: JsonValue | undefined, member: string): string {
  const text = readText(value, member)
  if (!text.startsWith('https://') || !URL.canParse(text)) throw invalid(member)
  const { username, password } = new URL(text)
  if (`${username}${password}` !== '') throw invalid(member)
  return text
}

function blame<Value>(member: string, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw invalid(member, cause)
  }
}

function invalid(member: string, cause?: unknown): VerificationError {
  return new VerificationError(
    'COMITY_TRUST_DOMAIN_CLAIM_INVALID',
    'the claim of a trust domain is malformed',
    {
      spec: 'Comity federation §1',
      details: { member },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}
