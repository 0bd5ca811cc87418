import type { JsonObject } from '../../encoding/index.ts'
import { VerificationError } from '../../errors/index.ts'
import { checkTimes, parsePublicJwk, verifyJwsSignature, type PublicJwk } from '../../keys/index.ts'
import { systemClock } from '../../runtime/index.ts'
import { sdDigest } from './hash.ts'
import {
  checkOccasion,
  completeExpectation,
  confirmationOf,
  requireKeyBinding,
  type KeyBindingExpectation,
} from './key-binding.ts'
import { parseSdJwt, processSdJwt } from './parse-sd-jwt.ts'

declare const verified: unique symbol

/** What the verifier of an SD-JWT of any profile expects. */
export interface VerifySdJwtOptions {
  /** The issuer's key, found otherwise than in the token. */
  readonly issuerJwk: PublicJwk
  /** What the holder was asked to sign. Without it, key binding is not required, and not looked at where it is there. */
  readonly keyBinding?: KeyBindingExpectation
  /** The media type that the issuer's JWT must have. Without it any does: each profile names its own. */
  readonly typ?: string
  /** The current time in seconds since the Unix epoch. Defaults to the system clock. */
  readonly now?: number
  /** Allowed clock difference in seconds, 0 to 300. Defaults to 60. */
  readonly clockTolerance?: number
}

/** An SD-JWT whose issuer is known to hold a key. What its claims mean is up to its profile. */
export interface VerifiedSdJwt {
  readonly [verified]: true
  /** The header of the issuer's JWT, without `kid`. */
  readonly header: JsonObject
  /** The claims with what was disclosed, without digests, frozen. Objects have no prototype. */
  readonly payload: JsonObject
  /** What the holder signed; absent where key binding was not required. */
  readonly keyBinding?: JsonObject
}

const verifiedSdJwts = new WeakSet<object>()

/**
 * Verifies an SD-JWT of any profile, with a key that the caller knows to be the issuer's. For credentials there is
 * `verifyCredential`, which finds the key, and judges all the rest.
 *
 * The checks run in this order: size; form of the parts; the issuer's signature; the disclosures and digests; `exp`,
 * `nbf` and `iat` in the claims; and with `keyBinding`: the key in `cnf.jwk`, its signature, `sd_hash`, `iat`, `aud`,
 * `nonce`.
 *
 * @param token - The compact form, of at most 65536 characters and 256 disclosures.
 * @param options - See {@link VerifySdJwtOptions}.
 * @returns The claims, frozen.
 * @throws {VerificationError} `COMITY_CREDENTIAL_TOO_LARGE`, `COMITY_SD_JWT_MALFORMED`, `COMITY_JWS_MALFORMED`,
 *   `COMITY_ALG_NOT_ALLOWED`, `COMITY_JWT_TYP_MISMATCH`, `COMITY_SIGNATURE_INVALID`, `COMITY_SD_JWT_HASH`,
 *   `COMITY_SD_JWT_DISCLOSURE`, `COMITY_SD_JWT_DIGEST`, `COMITY_JSON_TOO_DEEP`, `COMITY_JWT_CLAIM_INVALID`,
 *   `COMITY_TOKEN_EXPIRED`, `COMITY_TOKEN_NOT_YET_VALID`, `COMITY_KEY_BINDING_MISSING`, `COMITY_KEY_BINDING_INVALID`,
 *   `COMITY_JWK_INVALID`, `COMITY_JWK_PRIVATE`, `COMITY_KEY_BINDING_NONCE`.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH`.
 * @throws {TypeError} An option is missing or out of range.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9901#section-7 | RFC 9901 §7}
 */
export async function verifySdJwt(token: string, options: VerifySdJwtOptions): Promise<VerifiedSdJwt> {
  const { issuerJwk, keyBinding, typ, now = systemClock.now(), clockTolerance = 60 } = options
  const expected = keyBinding === undefined ? undefined : completeExpectation(keyBinding)
  const sdJwt = parseSdJwt(token, { ignoreKid: true, ...(typ !== undefined && { typ }) })
  await verifyJwsSignature(sdJwt.jws, issuerJwk)
  const { payload, hash } = processSdJwt(sdJwt)
  checkTimes(payload, { now, clockTolerance })
  const { header } = sdJwt.jws
  if (expected === undefined) return seal({ header, payload })

  const holderJws = requireKeyBinding(sdJwt)
  const confirmation = confirmationOf(sdJwt.jws.claims)
  if (confirmation === undefined || !('jwk' in confirmation)) {
    throw new VerificationError('COMITY_KEY_BINDING_INVALID', 'the token is not bound to a JWK', {
      spec: 'RFC 9901 §7.3',
      details: { claim: 'cnf' },
    })
  }
  await verifyJwsSignature(holderJws, parsePublicJwk(confirmation.jwk))
  checkOccasion(holderJws.claims, sdDigest(hash, sdJwt.covered), { expected, now, clockTolerance })
  return seal({ header, payload, keyBinding: holderJws.claims })
}

/**
 * Makes sure that a value came out of {@link verifySdJwt}.
 *
 * @param value - Any value.
 * @throws {TypeError} When it did not.
 */
export function assertVerifiedSdJwt(value: unknown): asserts value is VerifiedSdJwt {
  if (typeof value === 'object' && value !== null && verifiedSdJwts.has(value)) return
  throw new TypeError('the value is not an SD-JWT that was verified')
}

function seal(members: Omit<VerifiedSdJwt, typeof verified>): VerifiedSdJwt {
  const value = Object.freeze(members) as VerifiedSdJwt
  verifiedSdJwts.add(value)
  return value
}
