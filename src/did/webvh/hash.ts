import { decodeMultibase, encodeMultibase, encodeUtf8 } from '../../encoding/index.ts'
import { ComityError } from '../../errors/index.ts'
import { sha256 } from '../../runtime/index.ts'

/** Multihash code of SHA-256, and the length of its digest: the only hash of did:webvh 1.0. */
const SHA256_HEADER = [0x12, 0x20] as const

/** Base58btc characters of a SHA-256 multihash. */
export const HASH_LENGTH = 46

/**
 * Hashes a text as did:webvh does.
 *
 * @returns The SHA-256 multihash in base58btc without a multibase prefix, 46 characters.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#entry-hash-generation-and-verification | did:webvh, entry hash}
 */
export function hashText(text: string): string {
  const multihash = Uint8Array.of(...SHA256_HEADER, ...sha256(encodeUtf8(text)))
  return encodeMultibase(multihash).slice(1)
}

/** Says whether a text is the SHA-256 multihash of something, in its one spelling. */
export function isHash(text: string): boolean {
  if (text.length !== HASH_LENGTH) return false
  try {
    const bytes = decodeMultibase(`z${text}`, { maxBytes: 34 })
    return bytes.length === 34 && SHA256_HEADER.every((byte, index) => bytes[index] === byte)
  } catch (cause) {
    if (cause instanceof ComityError) return false
    throw cause
  }
}
