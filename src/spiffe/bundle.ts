import { TrustError, VerificationError } from '../errors/index.ts'
import type { BundleSource } from './bundle-source.ts'
import type { Certificate } from './certificate.ts'
import type { JwtAuthority } from './jwt-authority.ts'
import type { TrustDomain } from './spiffe-id.ts'

declare const created: unique symbol

/** The authorities of one trust domain, frozen. {@link createTrustBundle} and the parsers make it. */
export interface TrustBundle {
  /** Marks the type. There is no such member. */
  readonly [created]: true
  /** Whose authorities they are. */
  readonly trustDomain: TrustDomain
  /** What signs X.509-SVIDs. None means that no X.509-SVID is valid. */
  readonly x509Authorities: readonly Certificate[]
  /** What signs JWT-SVIDs, by `kid`. None means that no JWT-SVID is valid. */
  readonly jwtAuthorities: ReadonlyMap<string, JwtAuthority>
  /** What signs WIT-SVIDs, by `kid`. */
  readonly witAuthorities: ReadonlyMap<string, JwtAuthority>
  /** Grows with each change, 0 to 2^64 - 1. */
  readonly sequence?: bigint
  /** How often to ask for a newer one, in seconds. */
  readonly refreshHint?: number
}

/** What {@link createTrustBundle} takes. */
export interface TrustBundleParts {
  /** Whose authorities they are. */
  readonly trustDomain: TrustDomain
  /** At most 256. Doubles are dropped. */
  readonly x509Authorities?: readonly Certificate[]
  /** At most 256, each with a `kid` of its own. */
  readonly jwtAuthorities?: readonly JwtAuthority[]
  /** At most 256, each with a `kid` that no other authority has. */
  readonly witAuthorities?: readonly JwtAuthority[]
  /** 0 to 2^64 - 1. */
  readonly sequence?: bigint
  /** Whole seconds, 0 to 2^31 - 1. */
  readonly refreshHint?: number
}

/** The most authorities of one kind in a bundle. */
export const MAX_AUTHORITIES: number = 256
const MAX_SEQUENCE = (1n << 64n) - 1n
const MAX_REFRESH_HINT = 2_147_483_647

/**
 * Makes a bundle.
 *
 * @throws {VerificationError} `COMITY_BUNDLE_MALFORMED` when there are too many authorities, two have one `kid`, or a
 *   number is out of range.
 */
export function createTrustBundle(parts: TrustBundleParts): TrustBundle {
  const {
    trustDomain,
    x509Authorities = [],
    jwtAuthorities = [],
    witAuthorities = [],
    sequence,
    refreshHint,
  } = parts
  if (sequence !== undefined && (sequence < 0n || sequence > MAX_SEQUENCE)) {
    throw bundleMalformed('the sequence number is out of range', '4.1.1')
  }
  if (
    refreshHint !== undefined &&
    !(Number.isInteger(refreshHint) && refreshHint >= 0 && refreshHint <= MAX_REFRESH_HINT)
  ) {
    throw bundleMalformed('the refresh hint is no number of seconds', '4.1.2')
  }
  const counts = [x509Authorities, jwtAuthorities, witAuthorities].map(({ length }) => length)
  if (counts.some((count) => count > MAX_AUTHORITIES))
    throw bundleMalformed('it has too many authorities', '4.1.3')
  return Object.freeze({
    trustDomain,
    x509Authorities: Object.freeze([
      ...new Map(x509Authorities.map((each) => [each.fingerprint, each])).values(),
    ]),
    jwtAuthorities: byKid(jwtAuthorities),
    witAuthorities: byKid(witAuthorities, jwtAuthorities),
    ...(sequence !== undefined && { sequence }),
    ...(refreshHint !== undefined && { refreshHint }),
  }) as TrustBundle
}

function byKid(
  authorities: readonly JwtAuthority[],
  others: readonly JwtAuthority[] = [],
): ReadonlyMap<string, JwtAuthority> {
  const taken = new Set(others.map(({ kid }) => kid))
  const map = new Map<string, JwtAuthority>()
  for (const authority of authorities) {
    if (map.has(authority.kid) || taken.has(authority.kid))
      throw bundleMalformed('two keys have one kid', '4.2')
    map.set(authority.kid, authority)
  }
  return map
}

/**
 * Takes a trust domain's bundle from a source, and makes sure that it is that one's.
 *
 * @throws {TrustError} `COMITY_TRUST_DOMAIN_UNKNOWN`.
 */
export function bundleFor(bundles: BundleSource, trustDomain: TrustDomain): TrustBundle {
  const bundle = bundles.getBundle(trustDomain)
  if (bundle === undefined || bundle.trustDomain.name !== trustDomain.name) {
    throw new TrustError('COMITY_TRUST_DOMAIN_UNKNOWN', 'there is no bundle of this trust domain', {
      spec: 'SPIFFE-Federation §7.3',
      details: { trustDomain: trustDomain.name },
    })
  }
  return bundle
}

/** The failure of a bundle that cannot be used. */
export function bundleMalformed(what: string, section: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_BUNDLE_MALFORMED', `the bundle is malformed: ${what}`, {
    spec: `SPIFFE-Trust-Domain-and-Bundle §${section}`,
    ...(cause === undefined ? {} : { cause }),
  })
}
