import { compactVerify, errors, importJWK, type JWK } from 'jose'
import type { JsonObject } from '../encoding/index.ts'
import { TrustError, VerificationError } from '../errors/index.ts'
import type { CompactJws } from './compact-jws.ts'
import type { JwtAuthority, JwtSvidAlgorithm } from './jwt-authority.ts'
import { parseSpiffeId, type SpiffeId } from './spiffe-id.ts'

/** The last second of the year 9999. */
const LATEST = 253_402_300_799
const DEFAULT_CLOCK_TOLERANCE = 30

/** A public key and what it may sign with. */
export type TokenKey = Pick<JwtAuthority, 'jwk' | 'algorithms'>

/** The current time, and how much clocks may differ. */
export interface TimeOptions {
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
  /** Allowed clock difference in seconds, from 0. Defaults to 30. */
  readonly clockTolerance?: number
}

/**
 * Checks the caller's time.
 *
 * @returns The tolerance.
 * @throws {TypeError} It is none, or the tolerance above its limit.
 */
export function checkTimeOptions({ now, clockTolerance }: TimeOptions, maxTolerance: number): number {
  const tolerance = clockTolerance ?? DEFAULT_CLOCK_TOLERANCE
  if (!Number.isFinite(now)) throw new TypeError('options.now must be a finite number of seconds')
  if (!(tolerance >= 0 && tolerance <= maxTolerance)) {
    throw new TypeError(`options.clockTolerance must be 0 to ${maxTolerance} seconds`)
  }
  return tolerance
}

/**
 * Reads the subject of a token, and looks at the form of its times.
 *
 * @throws {VerificationError} `COMITY_JWT_CLAIM_INVALID`, `COMITY_SPIFFE_ID_INVALID`.
 */
export function readSubject(claims: JsonObject): { readonly id: SpiffeId; readonly expiresAt: number } {
  const { sub } = claims
  if (typeof sub !== 'string') throw invalidClaim('sub')
  return { id: parseSpiffeId(sub), expiresAt: readExpiry(claims) }
}

/**
 * Reads when a token expires, and looks at the form of its other times.
 *
 * @throws {VerificationError} `COMITY_JWT_CLAIM_INVALID`.
 */
export function readExpiry(claims: JsonObject): number {
  for (const name of ['nbf', 'iat'] as const) {
    if (claims[name] !== undefined && !isTime(claims[name])) throw invalidClaim(name)
  }
  const { exp } = claims
  if (!isTime(exp)) throw invalidClaim('exp')
  return exp
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= LATEST
}

/**
 * Checks that a token is not expired, and valid already.
 *
 * @throws {VerificationError} `COMITY_TOKEN_EXPIRED`, `COMITY_TOKEN_NOT_YET_VALID`.
 */
export function checkTokenTimes(claims: JsonObject, now: number, tolerance: number): void {
  if (readExpiry(claims) <= now - tolerance) {
    throw new VerificationError('COMITY_TOKEN_EXPIRED', 'the token has expired', { spec: 'RFC 7519 §4.1.4' })
  }
  const { nbf } = claims
  if (typeof nbf === 'number' && nbf > now + tolerance) {
    throw new VerificationError('COMITY_TOKEN_NOT_YET_VALID', 'the token is not valid yet', {
      spec: 'RFC 7519 §4.1.5',
    })
  }
}

/**
 * Finds the authority that a token says to be signed by.
 *
 * @throws {TrustError} `COMITY_JWT_AUTHORITY_UNKNOWN` when there is none of this `kid`, or the token has no `kid`.
 */
export function authorityFor(
  authorities: ReadonlyMap<string, JwtAuthority>,
  kid: string | undefined,
  trustDomain: string,
): JwtAuthority {
  const authority = kid === undefined ? undefined : authorities.get(kid)
  if (authority !== undefined) return authority
  throw new TrustError('COMITY_JWT_AUTHORITY_UNKNOWN', 'the bundle has no key of this kid for such tokens', {
    spec: 'JWT-SVID §6.2',
    details: { trustDomain },
  })
}

const imported = new WeakMap<TokenKey, Map<string, Promise<CryptoKey | Uint8Array | undefined>>>()

/**
 * Checks the signature of a compact JWS.
 *
 * @param key - The same object each time: what is imported of it is remembered by it.
 * @throws {VerificationError} `COMITY_ALG_NOT_ALLOWED` when the key is not for this algorithm,
 *   `COMITY_SIGNATURE_INVALID`.
 */
export async function checkTokenSignature({ alg, token }: CompactJws, key: TokenKey): Promise<void> {
  if (!key.algorithms.includes(alg)) {
    throw new VerificationError('COMITY_ALG_NOT_ALLOWED', 'the algorithm does not fit the key', {
      spec: 'RFC 8725 §3.1',
    })
  }
  const imported = await importOnce(key, alg)
  if (imported === undefined) throw badSignature()
  try {
    await compactVerify(token, imported, { algorithms: [alg] })
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError)) throw cause
    throw badSignature(cause)
  }
}

/** A key that the platform does not take for one, such as a point that is not on its curve, verifies nothing. */
async function importOnce(key: TokenKey, alg: JwtSvidAlgorithm): Promise<CryptoKey | Uint8Array | undefined> {
  const keys = imported.get(key) ?? new Map<string, Promise<CryptoKey | Uint8Array | undefined>>()
  imported.set(key, keys)
  const known = keys.get(alg) ?? importJWK(key.jwk as JWK, alg).catch(() => undefined)
  keys.set(alg, known)
  return known
}

function badSignature(cause?: unknown): VerificationError {
  return new VerificationError('COMITY_SIGNATURE_INVALID', 'the signature does not verify', {
    spec: 'RFC 7515 §5.2',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** The failure of a claim that is missing or not of its form. */
export function invalidClaim(claim: string, spec = 'JWT-SVID §3'): VerificationError {
  return new VerificationError('COMITY_JWT_CLAIM_INVALID', 'a claim is missing or malformed', {
    spec,
    details: { claim },
  })
}

/** The failure of a token of another type. */
export function otherType(spec: string): VerificationError {
  return new VerificationError('COMITY_JWT_TYP_MISMATCH', 'the token is of another type', { spec })
}
