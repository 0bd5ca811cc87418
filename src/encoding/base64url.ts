import { VerificationError } from '../errors/index.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const FOREIGN = 64
/** The code of `A`, whose value is 0. */
const NO_BITS = 0x41
const decoder = new TextDecoder()
const encoder = new TextEncoder()
const CODES = encoder.encode(ALPHABET)
const VALUES = new Uint8Array(256).fill(FOREIGN)
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
  const { length } = bytes
  const codes = new Uint8Array(Math.ceil((length * 4) / 3))
  let out = 0
  let at = 0
  for (; at + 2 < length; at += 3) {
    const group = (byte(bytes, at) << 16) | (byte(bytes, at + 1) << 8) | byte(bytes, at + 2)
    codes[out++] = code(group >> 18)
    codes[out++] = code(group >> 12)
    codes[out++] = code(group >> 6)
    codes[out++] = code(group)
  }
  const rest = (byte(bytes, at) << 16) | (byte(bytes, at + 1) << 8)
  for (let shift = 18; out < codes.length; shift -= 6) codes[out++] = code(rest >> shift)
  return decoder.decode(codes)
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
  const codes = encoder.encode(text)
  const bytes = new Uint8Array(size)
  let out = 0
  let all = 0
  for (let at = 0; at < length; at += 4) {
    const first = value(codes, at)
    const second = value(codes, at + 1)
    const third = value(codes, at + 2)
    const fourth = value(codes, at + 3)
    all |= first | second | third | fourth
    // The last group may be short: what would come after the last byte is not kept.
    bytes[out++] = (first << 2) | (second >> 4)
    bytes[out++] = (second << 4) | (third >> 2)
    bytes[out++] = (third << 6) | fourth
  }
  if (all >= FOREIGN) throw foreign(codes)
  const spareBits = length % 4 === 2 ? 0b1111 : length % 4 === 3 ? 0b11 : 0
  if ((value(codes, length - 1) & spareBits) !== 0) {
    throw invalid('the base64url text has a spare bit set', { length })
  }
  return bytes
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}

function code(value: number): number {
  return CODES[value & 0x3f] ?? 0
}

/** The value of a character; past the end, no bits. */
function value(codes: Uint8Array, at: number): number {
  return VALUES[codes[at] ?? NO_BITS] ?? FOREIGN
}

function foreign(codes: Uint8Array): VerificationError {
  const at = codes.findIndex((each) => VALUES[each] === FOREIGN)
  return invalid('the text is not base64url without padding', { at })
}

function invalid(message: string, details: Record<string, number>): VerificationError {
  return new VerificationError('COMITY_BASE64URL_INVALID', message, { spec: 'RFC 7515 §2', details })
}
