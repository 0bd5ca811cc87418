import { encodeUtf8, equalBytes } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import {
  jwkThumbprint,
  parseJws,
  parsePublicJwk,
  SIGNATURE_ALGORITHMS,
  verifyJwsSignature,
  type PublicJwk,
  type SignatureAlgorithm,
  type UnverifiedJws,
} from '../keys/index.ts'
import { systemClock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { accessTokenHash, DPOP_TYP } from './dpop-proof.ts'
import { digestOf } from './session-keys.ts'
import { normalizeTargetUri } from './target-uri.ts'

/** The request that a proof has to be about, and by which rules. */
export interface VerifyDpopProofOptions {
  /** The request's method, as received. Compared case-sensitively. */
  readonly method: string
  /** The request's absolute URL, as the client knows it. */
  readonly url: string
  /** The access token that came with the request; the proof must then name it. Left out where none belongs to it. */
  readonly accessToken?: string
  /** The thumbprint of the key that must have signed. Left out only where no key is known yet. */
  readonly jkt?: string
  /** The nonces that are good now. Where given, the proof must have one of them. */
  readonly nonces?: readonly string[]
  /** Where used proofs are remembered; undefined only if the caller cannot be replayed to. */
  readonly replay: Store | undefined
  /** The oldest proof that is accepted, in seconds, 1 to 300. Defaults to 60. */
  readonly maxAge?: number
  /** Allowed clock difference in seconds, 0 to 300. Defaults to 30. */
  readonly clockTolerance?: number
  /** The algorithms that are accepted. Defaults to all that Comity knows. */
  readonly algorithms?: readonly SignatureAlgorithm[]
  /** Seconds since the epoch. Defaults to the system clock. */
  readonly now?: number
}

declare const verified: unique symbol

/** A proof of possession that verified, and is now used up. */
export interface VerifiedDpopProof {
  readonly [verified]: true
  /** The RFC 7638 thumbprint of the key that signed. */
  readonly jkt: string
  /** The public key that signed. */
  readonly publicJwk: PublicJwk
  /** When it was made, in seconds since the epoch. */
  readonly issuedAt: number
}

/**
 * Verifies the proof that a request comes from the holder of a key.
 *
 * The checks run in this order: exactly one header value, size, form, `typ`, algorithm, embedded public key, claims
 * present; signature; key; method, URL, token hash, nonce; age; replay. Replay is last, so that nobody but the
 * holder of the key can use up a `jti`.
 *
 * @param header - The value of the `DPoP` header, or null where there is none. At most 8192 characters.
 * @param options - See {@link VerifyDpopProofOptions}.
 * @returns The proof's key and time, frozen.
 * @throws {VerificationError} `COMITY_DPOP_INVALID` when the proof is missing, malformed, forged, of another request
 *   or too old (`details.reason` says which; `nonce` asks for a nonce); `COMITY_DPOP_KEY_MISMATCH` when another key
 *   signed it; `COMITY_DPOP_REPLAYED` when it was used before.
 * @throws {TypeError} An option is out of range.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-4.3 | RFC 9449 §4.3}
 */
export async function verifyDpopProof(
  header: string | null,
  options: VerifyDpopProofOptions,
): Promise<VerifiedDpopProof> {
  return await checkDpopProof(parseDpopProof(header, options.algorithms), options)
}

/** A proof that has the right form, of which nothing is verified. */
export interface UnverifiedDpopProof {
  readonly jws: UnverifiedJws
  readonly publicJwk: PublicJwk
  readonly jkt: string
  readonly jti: string
  readonly method: string
  readonly uri: string
  readonly issuedAt: number
}

/** The first half of {@link verifyDpopProof}: what can be said without a key. */
export function parseDpopProof(
  header: string | null,
  algorithms: readonly SignatureAlgorithm[] = SIGNATURE_ALGORITHMS,
): UnverifiedDpopProof {
  if (header === null || header === '') throw invalid('missing', 'the request has no `DPoP` header')
  if (header.length > MAX_LENGTH) throw invalid('size', 'the proof is too long')
  if (header.includes(',')) throw invalid('repeated', 'the request has more than one `DPoP` header')
  const jws = coded('form', () => parseJws(header, { maxLength: MAX_LENGTH, typ: DPOP_TYP }))
  if (!algorithms.includes(jws.header.alg)) throw invalid('alg', 'the algorithm of the proof is not accepted')
  const publicJwk = coded('jwk', () => parsePublicJwk(jws.header.jwk))
  const { jti, htm, htu, iat } = jws.claims
  if (typeof jti !== 'string' || jti === '' || jti.length > MAX_JTI_LENGTH) {
    throw invalid('jti', '`jti` must be a string of 1 to 128 characters')
  }
  if (typeof htm !== 'string') throw invalid('htm', '`htm` must be a string')
  const uri = typeof htu === 'string' ? normalizeTargetUri(htu) : undefined
  if (uri === undefined) throw invalid('htu', '`htu` must be an absolute http or https URI')
  if (typeof iat !== 'number') throw invalid('iat', '`iat` must be a number')
  return { jws, publicJwk, jkt: jwkThumbprint(publicJwk), jti, method: htm, uri, issuedAt: iat }
}

/** The second half of {@link verifyDpopProof}: signature, request, age, replay. */
export async function checkDpopProof(
  proof: UnverifiedDpopProof,
  options: VerifyDpopProofOptions,
): Promise<VerifiedDpopProof> {
  const { maxAge = 60, clockTolerance = 30, now = systemClock.now() } = options
  if (!(maxAge >= 1 && maxAge <= MAX_AGE)) throw new TypeError('options.maxAge must be 1 to 300 seconds')
  if (!(clockTolerance >= 0 && clockTolerance <= MAX_CLOCK_TOLERANCE)) {
    throw new TypeError('options.clockTolerance must be 0 to 300 seconds')
  }
  await verifySignature(proof)
  if (options.jkt !== undefined && options.jkt !== proof.jkt) {
    throw new VerificationError(
      'COMITY_DPOP_KEY_MISMATCH',
      'the proof is signed with another key than the token names',
      {
        spec: 'RFC 9449 §4.3',
      },
    )
  }
  checkRequest(proof, options)
  if (proof.issuedAt > now + clockTolerance) throw invalid('iat', 'the proof is from the future')
  const staleAt = proof.issuedAt + maxAge + clockTolerance
  if (now > staleAt) throw invalid('iat', 'the proof is too old')
  if (options.replay !== undefined) await useUp(proof, options.replay, staleAt)
  const { jkt, publicJwk, issuedAt } = proof
  return Object.freeze({ jkt, publicJwk, issuedAt }) as VerifiedDpopProof
}

async function verifySignature({ jws, publicJwk }: UnverifiedDpopProof): Promise<void> {
  try {
    await verifyJwsSignature(jws, publicJwk)
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw invalid('signature', 'the signature of the proof does not verify', cause)
  }
}

function checkRequest(proof: UnverifiedDpopProof, options: VerifyDpopProofOptions): void {
  const { ath, nonce } = proof.jws.claims
  if (proof.method !== options.method) throw invalid('htm', 'the proof is for another method')
  if (proof.uri !== normalizeTargetUri(options.url)) throw invalid('htu', 'the proof is for another URL')
  if (options.accessToken !== undefined && !equalText(ath, accessTokenHash(options.accessToken))) {
    throw invalid('ath', 'the proof is for another access token')
  }
  if (options.nonces?.some((expected) => equalText(nonce, expected)) === false) {
    throw invalid('nonce', 'the proof has not the nonce of this server')
  }
}

async function useUp(proof: UnverifiedDpopProof, replay: Store, staleAt: number): Promise<void> {
  // A stranger chose the `jti`: hashed, it is a key of one length in one alphabet.
  const key = `replay/${proof.jkt}/${coded('jti', () => digestOf(proof.jti))}`
  if (await replay.putIfAbsent(key, '1', { expiresAt: staleAt + REPLAY_MARGIN })) return
  throw new VerificationError('COMITY_DPOP_REPLAYED', 'the proof was used before', { spec: 'RFC 9449 §11.1' })
}

function equalText(value: unknown, expected: string): boolean {
  return typeof value === 'string' && equalBytes(encodeUtf8(value), encodeUtf8(expected))
}

const MAX_LENGTH = 8192
const MAX_JTI_LENGTH = 128
const MAX_AGE = 300
const MAX_CLOCK_TOLERANCE = 300
// The store forgets by its own clock, which may be ahead of ours.
const REPLAY_MARGIN = 10

function coded<Result>(reason: string, work: () => Result): Result {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw invalid(reason, 'the proof is malformed', cause)
  }
}

function invalid(reason: string, message: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_DPOP_INVALID', message, {
    spec: 'RFC 9449 §4.3',
    details: { reason },
    cause,
  })
}
