import { isJsonObject, type JsonObject } from '../../encoding/index.ts'
import { PolicyError, VerificationError } from '../../errors/index.ts'
import { checkTimes, type UnverifiedJws } from '../../keys/index.ts'
import type { CredentialFormat } from '../format.ts'
import type { UnverifiedSdJwt } from './parse-sd-jwt.ts'

const DEFAULT_MAX_AGE = 300

/** What the holder of an SD-JWT must have signed. */
export interface KeyBindingExpectation {
  /** What the verifier gave the holder to sign: fresh, random, used once. Seeing to that is up to the caller. */
  readonly nonce: string
  /** The verifier's own name, which `aud` must be, exactly. */
  readonly audience: string
  /** The most seconds since `iat`. Defaults to 300. */
  readonly maxAge?: number
}

/** The occasion and the clock that a key binding is held against. */
export interface KeyBindingOccasion {
  readonly expected: Required<KeyBindingExpectation>
  readonly now: number
  readonly clockTolerance: number
}

/**
 * Fills in the defaults of the option `keyBinding`.
 *
 * @returns The expectation, complete; undefined for a format without key binding.
 * @throws {TypeError} When it is missing with `dc+sd-jwt`, there with another format, or has a bad member.
 */
export function keyBindingExpectation(
  format: CredentialFormat,
  given: KeyBindingExpectation | undefined,
): Required<KeyBindingExpectation> | undefined {
  if (format !== 'dc+sd-jwt') {
    if (given === undefined) return undefined
    throw new TypeError('options.keyBinding goes with the format dc+sd-jwt')
  }
  if (given === undefined) throw new TypeError('options.keyBinding is required with the format dc+sd-jwt')
  return completeExpectation(given)
}

/** @throws {TypeError} When a member is missing or out of range. */
export function completeExpectation(given: KeyBindingExpectation): Required<KeyBindingExpectation> {
  const { nonce, audience, maxAge = DEFAULT_MAX_AGE } = given
  for (const [name, text] of Object.entries({ nonce, audience })) {
    if (typeof text !== 'string' || text === '') {
      throw new TypeError(`options.keyBinding.${name} must be a non-empty string`)
    }
  }
  if (!(maxAge > 0)) throw new TypeError('options.keyBinding.maxAge must be above 0 seconds')
  return Object.freeze({ nonce, audience, maxAge })
}

/** @throws {VerificationError} `COMITY_KEY_BINDING_MISSING` where the holder has signed nothing. */
export function requireKeyBinding({ keyBinding }: UnverifiedSdJwt): UnverifiedJws {
  if (keyBinding !== undefined) return keyBinding
  throw new VerificationError('COMITY_KEY_BINDING_MISSING', 'the holder has not signed', {
    spec: 'RFC 9901 §7.3',
  })
}

/**
 * Which key a credential is bound to: a JWK, or the DID URL of a key.
 *
 * @returns Undefined where `cnf` is absent or names no key in one of these two ways. A JWK goes before a name for it.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7800#section-3 | RFC 7800 §3}
 */
export function confirmationOf(
  claims: JsonObject,
): { readonly jwk: JsonObject } | { readonly kid: string } | undefined {
  const cnf = claims['cnf']
  if (!isJsonObject(cnf)) return undefined
  const [jwk, kid] = [cnf['jwk'], cnf['kid']]
  if (jwk !== undefined) return isJsonObject(jwk) ? { jwk } : undefined
  return typeof kid === 'string' && kid !== '' ? { kid } : undefined
}

/**
 * Makes sure that a key binding was made for just this presentation: the same disclosures, now, for this verifier and
 * what the verifier asked. The signature is checked elsewhere.
 *
 * @param claims - What the holder signed.
 * @param coveredDigest - The digest of what it must have signed.
 * @throws {VerificationError} `COMITY_KEY_BINDING_INVALID` when `sd_hash` is missing or of other text, or `aud` or
 *   `nonce` is no text; `COMITY_JWT_CLAIM_INVALID`, also when `iat` is missing; `COMITY_TOKEN_NOT_YET_VALID`,
 *   `COMITY_TOKEN_EXPIRED` when it was made too long ago; `COMITY_KEY_BINDING_NONCE`.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9901#section-7.3 | RFC 9901 §7.3, step 5}
 */
export function checkOccasion(
  claims: JsonObject,
  coveredDigest: string,
  { expected, now, clockTolerance }: KeyBindingOccasion,
): void {
  if (claims['sd_hash'] !== coveredDigest) {
    throw invalid('the holder signed something else', 'sd_hash')
  }
  const { issuedAt = -Infinity } = checkTimes(claims, { now, clockTolerance, require: ['iat'] })
  if (now - issuedAt > expected.maxAge + clockTolerance) {
    throw new VerificationError('COMITY_TOKEN_EXPIRED', 'the holder signed too long ago', {
      spec: 'RFC 9901 §7.3',
      details: { maxAge: expected.maxAge },
    })
  }
  const { aud, nonce } = claims
  if (typeof aud !== 'string') throw invalid('aud is not one text', 'aud')
  if (typeof nonce !== 'string') throw invalid('nonce is not a text', 'nonce')
  if (aud !== expected.audience) {
    throw new PolicyError('COMITY_AUDIENCE_MISMATCH', 'the holder signed for another verifier', {
      spec: 'RFC 9901 §4.3',
    })
  }
  if (nonce === expected.nonce) return
  throw new VerificationError('COMITY_KEY_BINDING_NONCE', 'the holder did not sign for this occasion', {
    spec: 'RFC 9901 §4.3',
  })
}

function invalid(message: string, claim: string): VerificationError {
  return new VerificationError('COMITY_KEY_BINDING_INVALID', message, {
    spec: 'RFC 9901 §7.3',
    details: { claim },
  })
}
