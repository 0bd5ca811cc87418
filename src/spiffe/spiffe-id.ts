import { VerificationError } from '../errors/index.ts'

/** The longest SPIFFE ID that is made here, in bytes, which are characters: no others than ASCII are allowed. */
export const MAX_SPIFFE_ID_LENGTH: number = 2048

/** The longest that is read: others may make longer ones than they should. */
const MAX_READ_LENGTH = 8192

/** The longest name of a trust domain, in bytes. */
export const MAX_TRUST_DOMAIN_LENGTH: number = 255

const PREFIX = 'spiffe://'
const TRUST_DOMAIN = /^[a-z0-9._-]+$/
const SEGMENT = /^[A-Za-z0-9._-]+$/

declare const parsed: unique symbol

/** A trust domain, frozen. {@link parseTrustDomain} makes it; two with the same `name` are equal. */
export interface TrustDomain {
  readonly [parsed]: 'trust domain'
  /** The name, such as `acme.example`: lower-case letters, digits, `.`, `-` and `_`; at most 255. */
  readonly name: string
  /** The trust domain's own SPIFFE ID: `spiffe://` and the name. */
  readonly uri: string
}

/** A SPIFFE ID, frozen. {@link parseSpiffeId} makes it; two with the same `uri` are equal. */
export interface SpiffeId {
  readonly [parsed]: 'SPIFFE ID'
  /** The whole of it, in the one spelling that it has. */
  readonly uri: string
  /** Its trust domain. */
  readonly trustDomain: TrustDomain
  /** Empty, or `/` and its segments. */
  readonly path: string
}

/**
 * Reads the name of a trust domain, or the SPIFFE ID of anything in it.
 *
 * Upper case is refused, not folded: names are compared as exact strings everywhere.
 *
 * @param text - Such as `acme.example`, `spiffe://acme.example` or `spiffe://acme.example/agents/a`.
 * @throws {VerificationError} `COMITY_SPIFFE_ID_INVALID`.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md#21-trust-domain | SPIFFE-ID §2.1}
 */
export function parseTrustDomain(text: string): TrustDomain {
  checkLength(text)
  // Whatever has a colon is meant as a URI, and must be a good one.
  return text.includes(':') ? parseSpiffeId(text).trustDomain : trustDomainOf(text)
}

/**
 * Reads a SPIFFE ID.
 *
 * There is one spelling for each: no upper case in scheme or trust domain, no port, user, query, fragment or percent
 * sign, no empty segments, no `.` and `..`, no slash at the end.
 *
 * @param text - At most 8192 characters. More than 2048 nobody should have made.
 * @throws {VerificationError} `COMITY_SPIFFE_ID_INVALID`.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md#2-spiffe-identity | SPIFFE-ID §2}
 */
export function parseSpiffeId(text: string): SpiffeId {
  checkLength(text)
  if (!text.startsWith(PREFIX)) throw invalid('the scheme is not `spiffe`', '2')
  const rest = text.slice(PREFIX.length)
  const slash = rest.indexOf('/')
  const trustDomain = trustDomainOf(slash === -1 ? rest : rest.slice(0, slash))
  const path = slash === -1 ? '' : rest.slice(slash)
  if (path !== '') checkPath(path)
  return Object.freeze({ uri: text, trustDomain, path }) as SpiffeId
}

/**
 * Makes the SPIFFE ID of a path in a trust domain.
 *
 * @param trustDomain - The trust domain.
 * @param segments - The segments of the path, none for the trust domain itself.
 * @throws {VerificationError} `COMITY_SPIFFE_ID_INVALID` when a segment is empty, `.`, `..`, or has another character
 *   than letters, digits, `.`, `-` and `_`; or when the whole is longer than 2048.
 */
export function createSpiffeId(trustDomain: TrustDomain, ...segments: readonly string[]): SpiffeId {
  segments.forEach(checkSegment)
  return made([trustDomain.uri, ...segments].join('/'))
}

/**
 * Puts segments behind the path of an ID.
 *
 * @throws {VerificationError} As {@link createSpiffeId}.
 */
export function appendSegments(id: SpiffeId, ...segments: readonly string[]): SpiffeId {
  segments.forEach(checkSegment)
  return made([id.uri, ...segments].join('/'))
}

/**
 * Makes the SPIFFE ID of a path in a trust domain.
 *
 * @param path - Empty, or `/` and segments.
 * @throws {VerificationError} `COMITY_SPIFFE_ID_INVALID`.
 */
export function spiffeIdOfPath(trustDomain: TrustDomain, path: string): SpiffeId {
  if (path !== '') checkPath(path)
  return made(trustDomain.uri + path)
}

/** Says whether an ID is in a trust domain. */
export function isMemberOf(id: SpiffeId, trustDomain: TrustDomain): boolean {
  return id.trustDomain.name === trustDomain.name
}

/**
 * Checks the path of a SPIFFE ID.
 *
 * @param path - `/` and segments; not empty.
 * @throws {VerificationError} `COMITY_SPIFFE_ID_INVALID`.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md#22-path | SPIFFE-ID §2.2}
 */
export function checkPath(path: string): void {
  if (!path.startsWith('/')) throw invalid('the path does not start with a slash', '2.2')
  path.slice(1).split('/').forEach(checkSegment)
}

/** Checks one segment of a path, see {@link checkPath}. */
export function checkSegment(segment: string): void {
  if (segment === '') throw invalid('a segment of the path is empty', '2.2')
  if (segment === '.' || segment === '..') throw invalid('a segment of the path is a dot segment', '2.2')
  if (!SEGMENT.test(segment)) throw invalid('the path has a character that is not allowed', '2.2')
}

function made(text: string): SpiffeId {
  if (text.length > MAX_SPIFFE_ID_LENGTH) throw invalid('it is too long', '2.3')
  return parseSpiffeId(text)
}

function trustDomainOf(name: string): TrustDomain {
  if (name === '') throw invalid('the trust domain is missing', '2.1')
  if (name.length > MAX_TRUST_DOMAIN_LENGTH) throw invalid('the trust domain is too long', '2.3')
  if (!TRUST_DOMAIN.test(name)) throw invalid('the trust domain has a character that is not allowed', '2.1')
  return Object.freeze({ name, uri: PREFIX + name }) as TrustDomain
}

function checkLength(text: unknown): void {
  if (typeof text !== 'string') throw invalid('it is no text', '2')
  if (text.length > MAX_READ_LENGTH) throw invalid('it is too long', '2.3')
}

function invalid(what: string, section: string): VerificationError {
  return new VerificationError('COMITY_SPIFFE_ID_INVALID', `not a SPIFFE ID: ${what}`, {
    spec: `SPIFFE-ID §${section}`,
  })
}
