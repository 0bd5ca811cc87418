import { base58 } from '@scure/base'
import { VerificationError } from '../errors/index.ts'
import { decodeBase64url, type DecodeOptions } from './base64url.ts'

const DEFAULT_MAX_BYTES = 1024
/** Decoding base58 takes time that grows with the square of the length: no caller may raise this bound. */
const MAX_BASE58_BYTES = 2048
/** 58^1.37 is just above 256: so many characters at most for a byte. */
const BASE58_CHARACTERS_PER_BYTE = 1.37

/**
 * Encodes bytes as multibase base58btc, with its `z` in front.
 *
 * @param bytes - Up to 2048 bytes.
 * @returns The text, the only base58btc spelling of these bytes.
 * @throws {TypeError} When there are more bytes than that.
 * @see {@link https://www.w3.org/TR/cid-1.0/#multibase-0 | Controlled Identifiers §2.4}
 */
export function encodeMultibase(bytes: Uint8Array): string {
  if (bytes.length > MAX_BASE58_BYTES) {
    throw new TypeError(`base58btc is for at most ${String(MAX_BASE58_BYTES)} bytes`)
  }
  return `z${base58.encode(bytes)}`
}

/**
 * Decodes multibase text in base58btc (`z`) or base64url without padding (`u`).
 *
 * The size is checked before base58 is decoded, as that takes quadratic time.
 *
 * @param text - The prefix and the encoded bytes.
 * @param options - `maxBytes` is 1024 by default, and at most 2048 counts for base58btc.
 * @returns The bytes.
 * @throws {VerificationError} `COMITY_MULTIBASE_INVALID` when the text is too long, has another prefix or
 *   none, or is not in the alphabet, canonically.
 * @throws {TypeError} When `maxBytes` is not a positive integer.
 * @see {@link https://www.w3.org/TR/cid-1.0/#multibase-0 | Controlled Identifiers §2.4}
 */
export function decodeMultibase(text: string, options: DecodeOptions = {}): Uint8Array<ArrayBuffer> {
  const { maxBytes = DEFAULT_MAX_BYTES } = options
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1) {
    throw new TypeError('options.maxBytes must be a positive integer')
  }
  switch (text[0]) {
    case 'z':
      return decodeBase58(text.slice(1), Math.min(maxBytes, MAX_BASE58_BYTES))
    case 'u':
      return decodeUrlBase(text.slice(1), maxBytes)
    default:
      throw invalid('the multibase prefix is neither z nor u', { length: text.length })
  }
}

function decodeBase58(text: string, maxBytes: number): Uint8Array<ArrayBuffer> {
  if (text.length > Math.ceil(maxBytes * BASE58_CHARACTERS_PER_BYTE)) {
    throw invalid('the base58btc text is too long', { length: text.length, maxBytes })
  }
  let bytes: Uint8Array<ArrayBuffer>
  try {
    bytes = Uint8Array.from(base58.decode(text))
  } catch {
    // The library's message repeats the text, so it is not kept as the cause.
    throw invalid('the text is not base58btc', { length: text.length })
  }
  if (bytes.length > maxBytes)
    throw invalid('the base58btc text is too long', { length: text.length, maxBytes })
  return bytes
}

function decodeUrlBase(text: string, maxBytes: number): Uint8Array<ArrayBuffer> {
  try {
    return decodeBase64url(text, { maxBytes })
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause
    throw new VerificationError('COMITY_MULTIBASE_INVALID', cause.message, { details: cause.details, cause })
  }
}

function invalid(message: string, details: Record<string, number>): VerificationError {
  return new VerificationError('COMITY_MULTIBASE_INVALID', message, { details })
}
