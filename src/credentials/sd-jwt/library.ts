/**
 * The only file that uses the SD-JWT library. It replaces claims by digests; what it makes is read again by the strict parser
 * here before anybody gets it, and verifying does not use it at all.
 */
import { pack } from '@sd-jwt/core'
import { encodeBase64url, encodeUtf8, type JsonObject } from '../../encoding/index.ts'
import { randomBytes, sha256 } from '../../runtime/index.ts'

/** RFC 9901 §4.2.1 recommends 128 random bits. */
const SALT_BYTES = 16

/**
 * Which claims of an object, or elements of an array, get disclosures of their own: those in `_sd`, and within the others
 * what their own frames say. `_sd_decoy` is how many digests of nothing are added.
 */
export interface DisclosureFrame {
  readonly _sd?: readonly (string | number)[]
  readonly _sd_decoy?: number
  readonly [member: string]: DisclosureFrame | readonly (string | number)[] | number | undefined
}

/** A payload with digests for claims, and the disclosures of those. */
export interface PackedClaims {
  readonly payload: JsonObject
  readonly disclosures: readonly string[]
}

/**
 * Replaces claims by their SHA-256 digests, each with a fresh salt of 128 random bits.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9901#section-4.2 | RFC 9901 §4.2}
 */
export async function packClaims(claims: JsonObject, frame: DisclosureFrame): Promise<PackedClaims> {
  const hasher = (data: string | ArrayBuffer): Uint8Array =>
    sha256(typeof data === 'string' ? encodeUtf8(data) : new Uint8Array(data))
  const { packedClaims, disclosures } = await pack(
    claims as Record<string, unknown>,
    frame as unknown as Parameters<typeof pack<Record<string, unknown>>>[1],
    { hasher, alg: 'sha-256' },
    () => encodeBase64url(randomBytes(SALT_BYTES)),
  )
  return {
    payload: packedClaims as JsonObject,
    disclosures: disclosures.map((disclosure) => disclosure.encode()),
  }
}
