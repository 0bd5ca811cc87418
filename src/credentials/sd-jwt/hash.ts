import { encodeBase64url, encodeUtf8 } from '../../encoding/index.ts'
import { VerificationError } from '../../errors/index.ts'
import { sha256, sha384, sha512 } from '../../runtime/index.ts'

/** A hash function that digests of disclosures are made with, by its name in the IANA registry. */
export type SdHashName = 'sha-256' | 'sha-384' | 'sha-512'

const HASHES: Readonly<Record<SdHashName, (bytes: Uint8Array) => Uint8Array>> = {
  'sha-256': sha256,
  'sha-384': sha384,
  'sha-512': sha512,
}

/**
 * Reads `_sd_alg`.
 *
 * @param value - The member of the payload; undefined where it has none.
 * @returns The name of the hash function, `sha-256` where the payload names none.
 * @throws {VerificationError} `COMITY_SD_JWT_HASH` when it is not one of the three. Those with shorter digests, such as
 *   `sha-256-128`, are not strong enough.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9901#section-4.1.1 | RFC 9901 §4.1.1}
 */
export function parseHashName(value: unknown): SdHashName {
  if (value === undefined) return 'sha-256'
  if (typeof value === 'string' && Object.hasOwn(HASHES, value)) return value as SdHashName
  throw new VerificationError('COMITY_SD_JWT_HASH', 'the hash function is not supported', {
    spec: 'RFC 9901 §4.1.1',
  })
}

/**
 * The digest of a text as SD-JWTs have them: over its characters as they stand, in base64url.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9901#section-4.2.3 | RFC 9901 §4.2.3}
 */
export function sdDigest(hash: SdHashName, text: string): string {
  return encodeBase64url(HASHES[hash](encodeUtf8(text)))
}
