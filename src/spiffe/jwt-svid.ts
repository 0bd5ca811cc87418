import type { JsonObject } from '../encoding/index.ts'
import { PolicyError } from '../errors/index.ts'
import type { BundleSource } from './bundle-source.ts'
import { bundleFor } from './bundle.ts'
import { parseCompactJws, type CompactJws } from './compact-jws.ts'
import type { SpiffeId } from './spiffe-id.ts'
import {
  authorityFor,
  checkTimeOptions,
  checkTokenSignature,
  checkTokenTimes,
  invalidClaim,
  otherType,
  readSubject,
} from './token-checks.ts'

/** A JWT-SVID that anybody may have written. It serves to see whose it says to be, for instance one's own. */
export interface UnverifiedJwtSvid {
  /** Who it says to be. */
  readonly id: SpiffeId
  /** Whom it says to be for. */
  readonly audience: readonly string[]
  /** Until when, in seconds since the Unix epoch. */
  readonly expiresAt: number
  /** The compact form. */
  readonly token: string
}

declare const verified: unique symbol

/** A JWT-SVID whose signature, times and audience were checked. Only {@link verifyJwtSvid} makes one. */
export interface VerifiedJwtSvid {
  /** Marks the type. There is no such member. */
  readonly [verified]: true
  /** Who it is. */
  readonly id: SpiffeId
  /** Whom it is for, 1 to 64 names. */
  readonly audience: readonly string[]
  /** Seconds since the Unix epoch. The session that this SVID opens must end by then. */
  readonly expiresAt: number
  /** The authority that signed it, for the audit record. */
  readonly kid: string
  /** All claims. What they say further is true within the trust domain of {@link id}, and nowhere else. */
  readonly claims: JsonObject
}

/** What the verifier expects. */
export interface VerifyJwtSvidOptions {
  /** The bundles that are trusted. Only the one of the subject's own trust domain counts. */
  readonly bundles: BundleSource
  /** This service's own names, 1 to 256; the token's `aud` must have one of them, compared as an exact string. */
  readonly audience: string | readonly string[]
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
  /** Allowed clock difference in seconds, 0 to 300. Defaults to 30. */
  readonly clockTolerance?: number
}

const MAX_CLOCK_TOLERANCE = 300
const MAX_AUDIENCES = 64
const MAX_EXPECTED_AUDIENCES = 256
const TYPES: readonly unknown[] = [undefined, 'JWT', 'JOSE']

const verifiedSvids = new WeakSet()

/**
 * Verifies a JWT-SVID for this service.
 *
 * The checks run in this order: size, form, algorithm, type, SPIFFE ID, audience's and times' form, trust domain,
 * authority, signature, times, audience. A replayed token is not noticed: its audience should be one that cannot be
 * used twice, see docs/spec/handshake.md.
 *
 * @param token - Compact JWS of at most 16 384 characters, in canonical base64url.
 * @param options - See {@link VerifyJwtSvidOptions}.
 * @returns The verified identity, frozen.
 * @throws {VerificationError} `COMITY_JWS_TOO_LARGE`, `COMITY_JWS_MALFORMED`, `COMITY_ALG_NOT_ALLOWED`,
 *   `COMITY_JWT_TYP_MISMATCH`, `COMITY_SPIFFE_ID_INVALID`, `COMITY_JWT_CLAIM_INVALID`, `COMITY_SIGNATURE_INVALID`,
 *   `COMITY_TOKEN_EXPIRED`, `COMITY_TOKEN_NOT_YET_VALID`.
 * @throws {TrustError} `COMITY_TRUST_DOMAIN_UNKNOWN`; `COMITY_JWT_AUTHORITY_UNKNOWN` when the bundle has no key of that
 *   `kid` for JWT-SVIDs, or the token has no `kid`.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH`.
 * @throws {TypeError} An option is missing or out of range.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/JWT-SVID.md | JWT-SVID §2 to §4}
 */
export async function verifyJwtSvid(token: string, options: VerifyJwtSvidOptions): Promise<VerifiedJwtSvid> {
  const expected = checkAudience(options.audience)
  const tolerance = checkTimeOptions(options, MAX_CLOCK_TOLERANCE)
  const jws = parseCompactJws(token)
  const { id, audience, expiresAt } = readClaims(jws)
  const bundle = bundleFor(options.bundles, id.trustDomain)
  const authority = authorityFor(bundle.jwtAuthorities, jws.kid, id.trustDomain.name)
  await checkTokenSignature(jws, authority)
  checkTokenTimes(jws.claims, options.now, tolerance)
  if (!audience.some((name) => expected.includes(name))) {
    throw new PolicyError('COMITY_AUDIENCE_MISMATCH', 'the token is for another audience', {
      spec: 'JWT-SVID §3.2',
    })
  }
  const { kid } = authority
  const svid = Object.freeze({ id, audience, expiresAt, kid, claims: jws.claims }) as VerifiedJwtSvid
  verifiedSvids.add(svid)
  return svid
}

/**
 * Reads a JWT-SVID without verifying it, such as one that the Workload API gave.
 *
 * @throws {VerificationError} As {@link verifyJwtSvid} up to the form of the times.
 */
export function parseJwtSvid(token: string): UnverifiedJwtSvid {
  return Object.freeze({ ...readClaims(parseCompactJws(token)), token })
}

/**
 * Asserts that a value comes from {@link verifyJwtSvid}.
 *
 * @throws {TypeError} When it does not.
 */
export function assertVerifiedJwtSvid(value: unknown): asserts value is VerifiedJwtSvid {
  if (typeof value !== 'object' || value === null || !verifiedSvids.has(value)) {
    throw new TypeError('the value is not an SVID that verifyJwtSvid returned')
  }
}

function checkAudience(audience: string | readonly string[]): readonly string[] {
  const names = namesOf(audience, MAX_EXPECTED_AUDIENCES)
  if (names !== undefined) return names
  throw new TypeError('options.audience must be a non-empty string, or 1 to 256 of them')
}

function readClaims({ header, claims }: CompactJws): Omit<UnverifiedJwtSvid, 'token'> {
  if (!TYPES.includes(header['typ'])) throw otherType('JWT-SVID §2.3')
  const subject = readSubject(claims)
  const audience = namesOf(claims['aud'], MAX_AUDIENCES)
  if (audience === undefined) throw invalidClaim('aud', 'JWT-SVID §3.2')
  return { ...subject, audience }
}

/** One name or several, none of them empty. */
function namesOf(value: unknown, maxCount: number): readonly string[] | undefined {
  const list: readonly unknown[] = typeof value === 'string' ? [value] : Array.isArray(value) ? value : []
  const names = list.filter((name): name is string => typeof name === 'string' && name !== '')
  const isWhole = names.length === list.length && names.length > 0 && names.length <= maxCount
  return isWhole ? Object.freeze(names) : undefined
}
