import { expand, extract } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as nobleSha256, sha384 as nobleSha384, sha512 as nobleSha512 } from '@noble/hashes/sha2.js'

const HASH_BYTES = 32
const MAX_OUTPUT_BYTES = 255 * HASH_BYTES

/**
 * Hashes with SHA-256.
 *
 * @param bytes - Any bytes.
 * @returns 32 bytes.
 * @see {@link https://doi.org/10.6028/NIST.FIPS.180-4 | FIPS 180-4 §6.2}
 */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return nobleSha256(bytes)
}

/**
 * Hashes the beginning of some bytes with SHA-256, and all of them, in one pass.
 *
 * @param bytes - Any bytes.
 * @param length - How many of them are the beginning, 0 to all.
 * @returns The digest of the beginning and the digest of all, 32 bytes each.
 * @throws {TypeError} When the length is out of range.
 */
export function sha256OfPrefix(
  bytes: Uint8Array,
  length: number,
): readonly [prefix: Uint8Array<ArrayBuffer>, whole: Uint8Array<ArrayBuffer>] {
  if (!Number.isSafeInteger(length) || length < 0 || length > bytes.length) {
    throw new TypeError('length must be 0 to the number of bytes')
  }
  const hash = nobleSha256.create().update(bytes.subarray(0, length))
  const prefix = hash.clone().digest()
  return [prefix, hash.update(bytes.subarray(length)).digest()]
}

/**
 * Hashes with SHA-384.
 *
 * @param bytes - Any bytes.
 * @returns 48 bytes.
 * @see {@link https://doi.org/10.6028/NIST.FIPS.180-4 | FIPS 180-4 §6.5}
 */
export function sha384(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return nobleSha384(bytes)
}

/**
 * Hashes with SHA-512.
 *
 * @param bytes - Any bytes.
 * @returns 64 bytes.
 * @see {@link https://doi.org/10.6028/NIST.FIPS.180-4 | FIPS 180-4 §6.4}
 */
export function sha512(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return nobleSha512(bytes)
}

/**
 * Authenticates bytes with HMAC-SHA-256. Compare the result with `equalBytes`.
 *
 * @param key - The secret key, of any length.
 * @param data - The bytes to authenticate.
 * @returns 32 bytes.
 * @see {@link https://www.rfc-editor.org/rfc/rfc2104 | RFC 2104 §2}
 */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array<ArrayBuffer> {
  return hmac(nobleSha256, key, data)
}

/**
 * Extracts a pseudorandom key from key material, with HKDF-SHA-256.
 *
 * @param salt - A salt, which need not be secret; empty counts as 32 zero bytes.
 * @param ikm - The input key material.
 * @returns The pseudorandom key, 32 bytes.
 * @see {@link https://www.rfc-editor.org/rfc/rfc5869#section-2.2 | RFC 5869 §2.2}
 */
export function hkdfExtract(salt: Uint8Array, ikm: Uint8Array): Uint8Array<ArrayBuffer> {
  return extract(nobleSha256, ikm, salt)
}

/**
 * Expands a pseudorandom key into key material, with HKDF-SHA-256.
 *
 * @param prk - A pseudorandom key of at least 32 bytes, as {@link hkdfExtract} gives.
 * @param info - What the result is for; other purposes must have other bytes here.
 * @param length - How many bytes to make, 1 to 8160.
 * @returns The key material.
 * @throws {TypeError} When the key is too short or the length is out of range.
 * @see {@link https://www.rfc-editor.org/rfc/rfc5869#section-2.3 | RFC 5869 §2.3}
 */
export function hkdfExpand(prk: Uint8Array, info: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  if (prk.length < HASH_BYTES) throw new TypeError(`prk must be at least ${String(HASH_BYTES)} bytes`)
  if (!Number.isSafeInteger(length) || length < 1 || length > MAX_OUTPUT_BYTES) {
    throw new TypeError(`length must be 1 to ${String(MAX_OUTPUT_BYTES)}`)
  }
  return expand(nobleSha256, prk, info, length)
}
