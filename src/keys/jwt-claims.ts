import { PolicyError, VerificationError } from '../errors/index.ts'
import type { JsonObject } from '../encoding/index.ts'

/** The registered claims that hold a time. */
export type TimeClaim = 'iat' | 'exp' | 'nbf'

/** What the verifier expects of a token's times. */
export interface CheckTimesOptions {
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
  /** Allowed clock difference in seconds, 0 to 300. Defaults to 60. */
  readonly clockTolerance?: number
  /** The most seconds from `iat` to `exp`, which are then both required. No bound by default. */
  readonly maxLifetime?: number
  /** The claims that must be there. None by default. */
  readonly require?: readonly TimeClaim[]
}

/** The times of a token, in seconds since the Unix epoch, where it has them. */
export interface TokenTimes {
  /** `iat`: when it was issued. */
  readonly issuedAt?: number
  /** `exp`: from when on it must not be accepted. */
  readonly expiresAt?: number
  /** `nbf`: before when it must not be accepted. */
  readonly notBefore?: number
}

const DEFAULT_CLOCK_TOLERANCE = 60
const MAX_CLOCK_TOLERANCE = 300
const MAX_AUDIENCES = 32
/** The last second of the year 9999. Whatever is later was meant as milliseconds, or as an attack. */
const LATEST = 253_402_300_799

/**
 * Checks the time claims of a token.
 *
 * The checks run in this order: form, presence, contradiction, lifetime, expiry, start. A time is a
 * number of seconds, possibly with a fraction, from 1970 to 9999. `exp` must be later than `iat` and
 * `nbf`. A token that was issued in the future is not valid yet.
 *
 * @param claims - The payload.
 * @param options - See {@link CheckTimesOptions}.
 * @returns The times that the token has, frozen.
 * @throws {VerificationError} `COMITY_JWT_CLAIM_INVALID` when a time is no time, missing, contradicts another
 *   or makes the token live too long; `COMITY_TOKEN_EXPIRED` when `exp` is `now - clockTolerance` or
 *   earlier; `COMITY_TOKEN_NOT_YET_VALID` when `nbf` or `iat` is later than `now + clockTolerance`.
 * @throws {TypeError} When an option is out of range.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7519#section-4.1.4 | RFC 7519 §4.1.4 to §4.1.6}
 */
export function checkTimes(claims: JsonObject, options: CheckTimesOptions): TokenTimes {
  const { now, clockTolerance = DEFAULT_CLOCK_TOLERANCE, maxLifetime, require = [] } = options
  if (!Number.isFinite(now)) throw new TypeError('options.now must be a finite number of seconds')
  if (!(clockTolerance >= 0 && clockTolerance <= MAX_CLOCK_TOLERANCE)) {
    throw new TypeError(`options.clockTolerance must be 0 to ${MAX_CLOCK_TOLERANCE} seconds`)
  }
  if (maxLifetime !== undefined && !(maxLifetime > 0)) {
    throw new TypeError('options.maxLifetime must be a positive number of seconds')
  }
  const issuedAt = readTime(claims, 'iat', maxLifetime !== undefined || require.includes('iat'))
  const expiresAt = readTime(claims, 'exp', maxLifetime !== undefined || require.includes('exp'))
  const notBefore = readTime(claims, 'nbf', require.includes('nbf'))

  if (expiresAt !== undefined) {
    if (issuedAt !== undefined && expiresAt <= issuedAt) throw invalid('exp', 'exp is not later than iat')
    if (notBefore !== undefined && expiresAt <= notBefore) throw invalid('exp', 'exp is not later than nbf')
    if (maxLifetime !== undefined && issuedAt !== undefined && expiresAt - issuedAt > maxLifetime) {
      throw invalid('exp', 'the token is meant to live too long')
    }
    if (expiresAt <= now - clockTolerance) {
      throw new VerificationError('COMITY_TOKEN_EXPIRED', 'the token has expired', {
        spec: 'RFC 7519 §4.1.4',
      })
    }
  }
  const start = Math.max(notBefore ?? 0, issuedAt ?? 0)
  if (start > now + clockTolerance) {
    throw new VerificationError('COMITY_TOKEN_NOT_YET_VALID', 'the token is not valid yet', {
      spec: 'RFC 7519 §4.1.5',
    })
  }
  return Object.freeze({
    ...(issuedAt !== undefined && { issuedAt }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(notBefore !== undefined && { notBefore }),
  })
}

/**
 * Reads a claim that must be a text.
 *
 * @param claims - The payload.
 * @param name - The claim's name.
 * @returns The text, not empty.
 * @throws {VerificationError} `COMITY_JWT_CLAIM_INVALID` when the claim is missing, empty or no text.
 */
export function requireString(claims: JsonObject, name: string): string {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  if (typeof value !== 'string' || value === '') throw invalid(name, 'a claim is not a non-empty text')
  return value
}

/**
 * Checks that a token is for this verifier.
 *
 * @param claims - The payload. `aud` is a text or a list of 1 to 32 texts.
 * @param audience - The verifier's own name, compared as an exact string.
 * @throws {VerificationError} `COMITY_JWT_CLAIM_INVALID` when `aud` is missing or of another form.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH` when `aud` does not name the verifier.
 * @throws {TypeError} When `audience` is empty.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3 | RFC 7519 §4.1.3}
 */
export function requireAudience(claims: JsonObject, audience: string): void {
  if (typeof audience !== 'string' || audience === '')
    throw new TypeError('audience must be a non-empty string')
  const value = Object.hasOwn(claims, 'aud') ? claims.aud : undefined
  const audiences: readonly unknown[] =
    typeof value === 'string' ? [value] : Array.isArray(value) ? value : []
  const wellFormed =
    audiences.length > 0 &&
    audiences.length <= MAX_AUDIENCES &&
    audiences.every((entry) => typeof entry === 'string' && entry !== '')
  if (!wellFormed) throw invalid('aud', 'aud is neither a text nor a list of texts')
  if (!audiences.includes(audience)) {
    throw new PolicyError('COMITY_AUDIENCE_MISMATCH', 'the token is for another audience', {
      spec: 'RFC 7519 §4.1.3',
    })
  }
}

function readTime(claims: JsonObject, name: TimeClaim, required: boolean): number | undefined {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  if (value === undefined) {
    if (required) throw invalid(name, 'a time is missing')
    return undefined
  }
  if (typeof value !== 'number' || !(value >= 0 && value <= LATEST)) {
    throw invalid(name, 'a time is not a number of seconds')
  }
  return value
}

function invalid(claim: string, message: string): VerificationError {
  return new VerificationError('COMITY_JWT_CLAIM_INVALID', message, {
    spec: 'RFC 7519 §4.1',
    details: { claim },
  })
}
