import { isJsonObject, type JsonObject } from '../encoding/index.ts'
import type { BundleSource } from './bundle-source.ts'
import { bundleFor } from './bundle.ts'
import { parseCompactJws, type CompactJws } from './compact-jws.ts'
import { JWT_SVID_ALGORITHMS, readAuthorityKey, type JwtSvidAlgorithm } from './jwt-authority.ts'
import type { SpiffeId } from './spiffe-id.ts'
import {
  authorityFor,
  checkTokenSignature,
  checkTokenTimes,
  invalidClaim,
  otherType,
  readSubject,
  type TokenKey,
} from './token-checks.ts'

/** A WIT-SVID that anybody may have written. Whoever shows it must prove to have the key, see `verifyWitSvid`. */
export interface UnverifiedWitSvid {
  /** Who it says to be. */
  readonly id: SpiffeId
  /** Until when, in seconds since the Unix epoch. */
  readonly expiresAt: number
  /** The key of whom it was made out to, and the one algorithm that this key signs with. */
  readonly holder: TokenKey & { readonly alg: JwtSvidAlgorithm }
  /** The compact form. */
  readonly token: string
}

/** What a WIT-SVID is judged by, before any proof. */
export interface CheckWitSvidOptions {
  readonly bundles: BundleSource
  readonly now: number
  readonly clockTolerance: number
}

/** A WIT-SVID whose signature and times hold. That says nothing about who shows it. */
export interface CheckedWitSvid extends UnverifiedWitSvid {
  readonly kid: string
  readonly claims: JsonObject
}

/**
 * Reads a WIT-SVID without verifying it, such as one's own.
 *
 * @param token - Compact JWS of at most 16 384 characters.
 * @throws {VerificationError} `COMITY_JWS_TOO_LARGE`, `COMITY_JWS_MALFORMED`, `COMITY_ALG_NOT_ALLOWED`,
 *   `COMITY_JWT_TYP_MISMATCH`, `COMITY_SPIFFE_ID_INVALID`, `COMITY_JWT_CLAIM_INVALID`.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/WIT-SVID.md | WIT-SVID}
 */
export function parseWitSvid(token: string): UnverifiedWitSvid {
  return readWitSvid(token, parseCompactJws(token))
}

/**
 * Checks a WIT-SVID by itself. Not for use outside: it must not be accepted without a proof.
 *
 * @throws {VerificationError} As {@link parseWitSvid}, and `COMITY_SIGNATURE_INVALID`, `COMITY_TOKEN_EXPIRED`,
 *   `COMITY_TOKEN_NOT_YET_VALID`.
 * @throws {TrustError} `COMITY_TRUST_DOMAIN_UNKNOWN`, `COMITY_JWT_AUTHORITY_UNKNOWN`.
 */
export async function checkWitSvid(token: string, options: CheckWitSvidOptions): Promise<CheckedWitSvid> {
  const jws = parseCompactJws(token)
  const svid = readWitSvid(token, jws)
  const { trustDomain } = svid.id
  const bundle = bundleFor(options.bundles, trustDomain)
  const authority = authorityFor(bundle.witAuthorities, jws.kid, trustDomain.name)
  await checkTokenSignature(jws, authority)
  checkTokenTimes(jws.claims, options.now, options.clockTolerance)
  return { ...svid, kid: authority.kid, claims: jws.claims }
}

function readWitSvid(token: string, { header, claims, kid }: CompactJws): UnverifiedWitSvid {
  if (header['typ'] !== 'wit+jwt') throw otherType('WIT-SVID §2.2')
  if (kid === undefined || kid === '') throw invalidClaim('kid', 'WIT-SVID §2.1')
  // It is not made out to anybody: what it is shown for stands in the proof.
  if (claims['aud'] !== undefined) throw invalidClaim('aud', 'WIT-SVID §3.8')
  return Object.freeze({ ...readSubject(claims), holder: readHolder(claims), token })
}

function readHolder({ cnf }: JsonObject): UnverifiedWitSvid['holder'] {
  const jwk = isJsonObject(cnf) ? cnf['jwk'] : undefined
  if (!isJsonObject(jwk) || Object.hasOwn(jwk, 'd')) throw invalidClaim('cnf', 'WIT-SVID §3.2')
  const alg = JWT_SVID_ALGORITHMS.find((each) => each === jwk['alg'])
  const key = readAuthorityKey(jwk)
  if (alg === undefined || key?.algorithms.includes(alg) !== true) throw invalidClaim('cnf', 'WIT-SVID §3.2')
  return Object.freeze({ jwk: key.jwk, algorithms: Object.freeze([alg]), alg })
}
