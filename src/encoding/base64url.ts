import { VerificationError } from '../errors/index.ts'
import { decodeUtf8 } from './utf8.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
/** The value of what is no character of the alphabet: a group of four with one of those is negative too. */
const FOREIGN = -1
const decoder = new TextDecoder()
const encoder = new TextEncoder()
const CODES = encoder.encode(ALPHABET)
const VALUES = new Int8Array(256).fill(FOREIGN)
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
  const whole = length - (length % 4)
  let out = 0
  let all = 0
  for (let at = 0; at < whole; at += 4) {
    const group =
      (value(codes, at) << 18) |
      (value(codes, at + 1) << 12) |
      (value(codes, at + 2) << 6) |
      value(codes, at + 3)
    all |= group
    bytes[out++] = group >> 16
    bytes[out++] = group >> 8
    bytes[out++] = group
  }
  let rest = 0
  for (let at = whole; at < length; at++) rest |= value(codes, at) << (18 - 6 * (at - whole))
  if ((all | rest) < 0) throw foreign(codes)
  for (let shift = 16; out < size; shift -= 8) bytes[out++] = rest >> shift
  const spareBits = length % 4 === 2 ? 0xffff : length % 4 === 3 ? 0xff : 0
  if ((rest & spareBits) !== 0) throw invalid('the base64url text has a spare bit set', { length })
  return bytes
}

/**
 * Decodes base64url without padding whose bytes are UTF-8, to the text that they spell.
 *
 * @param text - The encoded text.
 * @param options - As for {@link decodeBase64url}.
 * @returns What `decodeUtf8` makes of the bytes.
 * @throws {VerificationError} As {@link decodeBase64url}, and `COMITY_UTF8_INVALID` as `decodeUtf8`.
 */
export function decodeBase64urlText(text: string, options: DecodeOptions = {}): string {
  return decodeAscii(text, options) ?? decodeUtf8(decodeBase64url(text, options))
}

/**
 * Decodes with the engine's own decoder, which is forgiving, and keeps only what comes out of its encoder as the same
 * text. Undefined where that is not so, or where not all bytes are ASCII, and so not each a character.
 */
function decodeAscii(text: string, { maxBytes = Infinity }: DecodeOptions): string | undefined {
  if (text.length > maxBytes || text.includes('=')) return undefined
  try {
    const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    const again = btoa(bytes).replaceAll('+', '-').replaceAll('/', '_')
    if (again !== text.padEnd(again.length, '=')) return undefined
    // A character above U+007F takes two bytes.
    return encoder.encode(bytes).length === bytes.length ? bytes : undefined
  } catch {
    return undefined
  }
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}

function code(value: number): number {
  return CODES[value & 0x3f] ?? 0
}

function value(codes: Uint8Array, at: number): number {
  return VALUES[codes[at] ?? 0] ?? FOREIGN
}

function foreign(codes: Uint8Array): VerificationError {
  const at = codes.findIndex((each) => VALUES[each] === FOREIGN)
  return invalid('the text is not base64url without padding', { at })
}

function invalid(message: string, details: Record<string, number>): VerificationError {
  return new VerificationError('COMITY_BASE64URL_INVALID', message, { spec: 'RFC 7515 §2', details })
}
