import { encodeBase64url, encodeUtf8, type JsonObject } from '../encoding/index.ts'
import { PolicyError, VerificationError } from '../errors/index.ts'
import { sha256 } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import type { BundleSource } from './bundle-source.ts'
import { parseCompactJws } from './compact-jws.ts'
import type { SpiffeId } from './spiffe-id.ts'
import {
  checkTimeOptions,
  checkTokenSignature,
  checkTokenTimes,
  invalidClaim,
  otherType,
  readExpiry,
} from './token-checks.ts'
import { checkWitSvid } from './wit-svid.ts'

declare const verified: unique symbol

/** A WIT-SVID that was shown by whoever has its key. Only {@link verifyWitSvid} makes one. Frozen. */
export interface VerifiedWitSvid {
  /** Marks the type. There is no such member. */
  readonly [verified]: true
  /** Who it is. */
  readonly id: SpiffeId
  /** Seconds since the Unix epoch at which the WIT-SVID ends. */
  readonly expiresAt: number
  /** The authority that signed it, for the audit record. */
  readonly kid: string
  /** The public key of the holder, as a JWK. */
  readonly holderJwk: JsonObject
  /** All claims. What they say further is true within the trust domain of {@link id}, and nowhere else. */
  readonly claims: JsonObject
}

/** What a workload shows: two headers of a request. */
export interface PresentedWitSvid {
  /** The WIT-SVID, from `Workload-Identity-Token`. Never from `Authorization`: it is no bearer token. */
  readonly token: string
  /** The Workload Proof Token, from `Workload-Proof-Token`. */
  readonly proof: string
}

/** What the verifier expects. */
export interface VerifyWitSvidOptions {
  /** The bundles that are trusted. Only the one of the subject's own trust domain counts. */
  readonly bundles: BundleSource
  /** What the proof must be for: the URL of the request without query and fragment, compared as an exact string. */
  readonly audience: string
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
  /** Allowed clock difference in seconds, 0 to 120. Defaults to 30. */
  readonly clockTolerance?: number
  /** The longest that a proof may have to live, in seconds, 1 to 300. Defaults to 60. */
  readonly maxProofLifetime?: number
  /** Where used proofs are remembered. Without it a proof can be shown again until it ends. */
  readonly replay?: Store
}

const MAX_CLOCK_TOLERANCE = 120
const DEFAULT_PROOF_LIFETIME = 60
const MAX_PROOF_LIFETIME = 300
const MAX_JTI_LENGTH = 256
const WPT = 'draft-ietf-wimse-wpt §2'

const verifiedSvids = new WeakSet()

/**
 * Verifies a WIT-SVID and the proof that whoever shows it has its key.
 *
 * The checks run in this order: all of the WIT-SVID; the proof's form, type, algorithm and signature; that it is for
 * this WIT-SVID and this audience; its times; and last whether it was shown before.
 *
 * @param presented - Both tokens.
 * @param options - See {@link VerifyWitSvidOptions}.
 * @throws {VerificationError} `COMITY_JWS_TOO_LARGE`, `COMITY_JWS_MALFORMED`, `COMITY_ALG_NOT_ALLOWED`,
 *   `COMITY_JWT_TYP_MISMATCH`, `COMITY_SPIFFE_ID_INVALID`, `COMITY_JWT_CLAIM_INVALID`, `COMITY_SIGNATURE_INVALID`,
 *   `COMITY_TOKEN_EXPIRED`, `COMITY_TOKEN_NOT_YET_VALID`; `COMITY_WIT_PROOF_REPLAYED` when the proof was shown before.
 * @throws {TrustError} `COMITY_TRUST_DOMAIN_UNKNOWN`, `COMITY_JWT_AUTHORITY_UNKNOWN`.
 * @throws {PolicyError} `COMITY_AUDIENCE_MISMATCH`; `COMITY_STORE_FULL` of the store for replays.
 * @throws {TypeError} An option is missing or out of range.
 * @see {@link https://datatracker.ietf.org/doc/draft-ietf-wimse-wpt/ | WIMSE Workload Proof Token}
 */
export async function verifyWitSvid(
  presented: PresentedWitSvid,
  options: VerifyWitSvidOptions,
): Promise<VerifiedWitSvid> {
  const { bundles, audience, now, maxProofLifetime = DEFAULT_PROOF_LIFETIME } = options
  const clockTolerance = checkTimeOptions(options, MAX_CLOCK_TOLERANCE)
  if (typeof audience !== 'string' || audience === '') {
    throw new TypeError('options.audience must be a non-empty string')
  }
  if (!(maxProofLifetime >= 1 && maxProofLifetime <= MAX_PROOF_LIFETIME)) {
    throw new TypeError(`options.maxProofLifetime must be 1 to ${MAX_PROOF_LIFETIME} seconds`)
  }
  const { id, expiresAt, kid, holder, claims, token } = await checkWitSvid(presented.token, {
    bundles,
    now,
    clockTolerance,
  })
  const proof = parseCompactJws(presented.proof)
  if (proof.header['typ'] !== 'wpt+jwt') throw otherType(WPT)
  await checkTokenSignature(proof, holder)
  const jti = checkProof(proof.claims, token, audience)
  checkTokenTimes(proof.claims, now, clockTolerance)
  const proofEnd = readExpiry(proof.claims)
  if (proofEnd > now + clockTolerance + maxProofLifetime) throw invalidClaim('exp', WPT)
  if (options.replay !== undefined) await useUp(options.replay, token, jti, proofEnd + clockTolerance)
  const svid = Object.freeze({ id, expiresAt, kid, holderJwk: holder.jwk, claims }) as VerifiedWitSvid
  verifiedSvids.add(svid)
  return svid
}

/**
 * Asserts that a value comes from {@link verifyWitSvid}.
 *
 * @throws {TypeError} When it does not.
 */
export function assertVerifiedWitSvid(value: unknown): asserts value is VerifiedWitSvid {
  if (typeof value !== 'object' || value === null || !verifiedSvids.has(value)) {
    throw new TypeError('the value is not an SVID that verifyWitSvid returned')
  }
}

function checkProof({ wth, jti, aud }: JsonObject, token: string, audience: string): string {
  if (wth !== tokenHash(token)) throw invalidClaim('wth', WPT)
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) throw invalidClaim('jti', WPT)
  if (aud === audience) return jti
  throw new PolicyError('COMITY_AUDIENCE_MISMATCH', 'the proof is for another audience', { spec: WPT })
}

/** What a proof names its WIT-SVID by. */
export function tokenHash(token: string): string {
  return encodeBase64url(sha256(encodeUtf8(token)))
}

/** The `jti` of the WIT-SVID is not asked for: it is shown many times, and only proofs are used once. */
async function useUp(replay: Store, token: string, jti: string, expiresAt: number): Promise<void> {
  const key = `wit-proof/${tokenHash(token)}/${tokenHash(jti)}`
  if (await replay.putIfAbsent(key, '1', { expiresAt })) return
  throw new VerificationError('COMITY_WIT_PROOF_REPLAYED', 'the proof was shown before', { spec: WPT })
}
