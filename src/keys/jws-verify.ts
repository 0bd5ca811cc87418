import { compactVerify, errors, importJWK } from 'jose'
import { VerificationError } from '../errors/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import { algorithmsFor, parametersOf, type SignatureAlgorithm } from './algorithms.ts'
import { createBoundedMap } from './bounded-map.ts'
import { assertParsedJws, type UnverifiedJws, type UnverifiedJwsHeader } from './jws-parse.ts'
import { ensureParsed, type PublicJwk } from './jwk.ts'

declare const verified: unique symbol

/** A token whose signature was checked. Only {@link verifyJwsSignature} makes one. */
export interface VerifiedJws {
  /** Marks the type. There is no such member. */
  readonly [verified]: true
  /** The compact form. Its bytes are no identifier: ECDSA allows a second signature of the same content. */
  readonly token: string
  /** The protected header. */
  readonly header: UnverifiedJwsHeader
  /** The payload. That the key may say so, and the times, are for the caller to check. */
  readonly claims: JsonObject
  /** The key that verified it. */
  readonly jwk: PublicJwk
}

const REMEMBERED_KEYS = 1024

const verifiedJws = new WeakSet()
/** A curve has one algorithm under all its names, so the point alone identifies the imported key. */
const importedKeys = createBoundedMap<CryptoKey>(REMEMBERED_KEYS)

/**
 * Verifies the signature of a token with a key that the caller holds for the right one.
 *
 * @param jws - What `parseJws` gave.
 * @param jwk - The signer's public key, found otherwise than in the token (or bound to the sender
 *   otherwise, as with DPoP).
 * @returns The verified token, frozen.
 * @throws {VerificationError} `COMITY_ALG_NOT_ALLOWED` when the token's algorithm is not one for this key;
 *   `COMITY_SIGNATURE_INVALID` when the signature does not verify; `COMITY_JWK_INVALID` or
 *   `COMITY_JWK_PRIVATE` when the key was not parsed and cannot be.
 * @throws {TypeError} When `jws` does not come from `parseJws`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7515#section-5.2 | RFC 7515 §5.2}
 */
export async function verifyJwsSignature(jws: UnverifiedJws, jwk: PublicJwk): Promise<VerifiedJws> {
  assertParsedJws(jws)
  const { token, header, claims } = jws
  const parsedJwk = ensureParsed(jwk)
  const key = importedKey(parsedJwk, header.alg) ?? (await importKey(parsedJwk, header.alg))
  try {
    await compactVerify(token, key, { algorithms: [header.alg] })
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError)) throw cause
    throw new VerificationError('COMITY_SIGNATURE_INVALID', 'the signature does not verify', {
      spec: 'RFC 7515 §5.2',
      cause,
    })
  }
  const result = Object.freeze({ token, header, claims, jwk: parsedJwk }) as VerifiedJws
  verifiedJws.add(result)
  return result
}

/**
 * Asserts that a token was verified here.
 *
 * @param value - A value that should come from {@link verifyJwsSignature}.
 * @throws {TypeError} When it does not.
 */
export function assertVerifiedJws(value: unknown): asserts value is VerifiedJws {
  if (typeof value !== 'object' || value === null || !verifiedJws.has(value)) {
    throw new TypeError('the value is not a token that verifyJwsSignature returned')
  }
}

/**
 * Verifies a signature over bytes: the counterpart of a signer's `sign`.
 *
 * @param jwk - The signer's public key.
 * @param alg - What it was signed with.
 * @param bytes - What was signed, unhashed.
 * @param signature - The signature; r and s for ES256 and ES384.
 * @throws {VerificationError} `COMITY_ALG_NOT_ALLOWED` when the algorithm is not one for this key;
 *   `COMITY_SIGNATURE_INVALID` when the signature has another length or does not verify;
 *   `COMITY_JWK_INVALID` or `COMITY_JWK_PRIVATE` when the key was not parsed and cannot be.
 */
export async function verifyBytes(
  jwk: PublicJwk,
  alg: SignatureAlgorithm,
  bytes: Uint8Array,
  signature: Uint8Array,
): Promise<void> {
  const parsedJwk = ensureParsed(jwk)
  const key = importedKey(parsedJwk, alg) ?? (await importKey(parsedJwk, alg))
  const parameters = parametersOf(alg)
  const verifies =
    signature.length === parameters.signatureBytes &&
    (await crypto.subtle.verify(parameters.signature, key, signature.slice(), bytes.slice()))
  if (!verifies) throw new VerificationError('COMITY_SIGNATURE_INVALID', 'the signature does not verify')
}

/**
 * The key as it was imported before. Asked for on its own, so that nobody waits for what is there.
 *
 * @throws {VerificationError} `COMITY_ALG_NOT_ALLOWED`.
 */
function importedKey(jwk: PublicJwk, alg: SignatureAlgorithm): CryptoKey | undefined {
  if (!algorithmsFor(jwk).includes(alg)) {
    throw new VerificationError('COMITY_ALG_NOT_ALLOWED', 'the algorithm does not fit the key', {
      spec: 'RFC 8725 §3.1',
      details: { alg, crv: jwk.crv },
    })
  }
  return importedKeys.get(pointOf(jwk))
}

async function importKey(jwk: PublicJwk, alg: SignatureAlgorithm): Promise<CryptoKey> {
  const { kty, crv, x, y } = jwk
  const imported = await importJWK({ kty, crv, x, ...(y !== undefined && { y }) }, alg)
  if (imported instanceof Uint8Array) throw new TypeError('a public key cannot be a secret')
  importedKeys.set(pointOf(jwk), imported)
  return imported
}

function pointOf({ crv, x, y }: PublicJwk): string {
  return `${crv}.${x}.${y ?? ''}`
}
