import { VerificationError } from '../errors/index.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const FOREIGN = 64
const ascii = new TextDecoder()
const CODES = new TextEncoder().encode(ALPHABET)
const VALUES = new Uint8Array(128).fill(FOREIGN)
for (const [value, code] of CODES.entries()) VALUES[code] = value

/** Bounds for a decoder. */
export interface DecodeOptions {
  /** The most bytes that the text may decode to. Checked before decoding. */
  readonly maxBytes?: number
}

/**
 * Encodes bytes as base64url without padding.
 *
 * @param bytes - Any bytes.
 * @returns The only text that {@link decodeBase64url} accepts for them.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7515#section-2 | RFC 7515 §2}
 */
export function encodeBase64url(bytes: Uint8Array): string {
  const codes = new Uint8Array(Math.ceil((bytes.length * 4) / 3))
  let out = 0
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = ((held & 0x3f) << 8) | byte
    bits += 8
    while (bits >= 6) {
      bits -= 6
      codes[out++] = code(held >> bits)
    }
  }
  if (bits > 0) codes[out] = code(held << (6 - bits))
  return ascii.decode(codes)
}

/**
 * Decodes base64url without padding, one spelling for each value.
 *
 * The checks run in this order: size, length, alphabet, spare bits.
 *
 * @param text - The encoded bytes; the empty text is zero bytes.
 * @param options - `maxBytes` has no default: decoding is linear, so the text's own bound will do.
 * @returns The bytes.
 * @throws {VerificationError} `COMITY_BASE64URL_INVALID` when the text is too long, holds padding, white
 *   space or any other foreign character, has an impossible length, or has a spare bit set.
 * @see {@link https://www.rfc-editor.org/rfc/rfc4648#section-3.5 | RFC 4648 §3.5, §5}
 */
export function decodeBase64url(text: string, options: DecodeOptions = {}): Uint8Array<ArrayBuffer> {
  const { length } = text
  const size = Math.floor((length * 3) / 4)
  if (options.maxBytes !== undefined && size > options.maxBytes) {
    throw invalid('the base64url text is too long', { length, maxBytes: options.maxBytes })
  }
  if (length % 4 === 1) throw invalid('the base64url text has an impossible length', { length })
  const bytes = new Uint8Array(size)
  let out = 0
  let bits = 0
  let held = 0
  for (let at = 0; at < length; at++) {
    const value = VALUES[text.charCodeAt(at)] ?? FOREIGN
    if (value === FOREIGN) throw invalid('the text is not base64url without padding', { at })
    held = ((held & 0xff) << 6) | value
    bits += 6
    if (bits >= 8) {
      bits -= 8
      bytes[out++] = held >> bits
    }
  }
  if ((held & ((1 << bits) - 1)) !== 0) throw invalid('the base64url text has a spare bit set', { length })
  return bytes
}

function code(value: number): number {
  return CODES[value & 0x3f] ?? 0
}

function invalid(message: string, details: Record<string, number>): VerificationError {
  return new VerificationError('COMITY_BASE64URL_INVALID', message, { spec: 'RFC 7515 §2', details })
}
