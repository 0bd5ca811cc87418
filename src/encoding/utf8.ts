import { VerificationError } from '../errors/index.ts'

const encoder = new TextEncoder()
// A byte order mark is kept as a character, so that no two byte strings decode to the same text.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Matches a lone surrogate only: with the `u` flag a pair counts as one character. */
const LONE_SURROGATE = /\p{Cs}/u

/**
 * Says whether a text holds half of a surrogate pair, which no UTF-8 can spell.
 *
 * @param text - Any text.
 * @returns Whether a lone surrogate is in it.
 */
export function hasLoneSurrogate(text: string): boolean {
  return LONE_SURROGATE.test(text)
}

/**
 * Encodes text as UTF-8.
 *
 * `TextEncoder` alone would replace a lone surrogate, and two texts would then share one encoding.
 *
 * @param text - Well-formed text.
 * @returns Its bytes, without a byte order mark of its own.
 * @throws {VerificationError} `COMITY_UTF8_INVALID` when the text holds a lone surrogate.
 */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  if (hasLoneSurrogate(text)) {
    throw new VerificationError('COMITY_UTF8_INVALID', 'the text holds a lone surrogate')
  }
  return encoder.encode(text)
}

/**
 * Decodes UTF-8, and nothing that merely looks like it.
 *
 * A byte order mark is a character like any other here: it comes back as U+FEFF.
 *
 * @param bytes - The encoded text. The caller bounds its length.
 * @returns The text.
 * @throws {VerificationError} `COMITY_UTF8_INVALID` when the bytes are not well-formed UTF-8: cut off,
 *   overlong, a surrogate, or above U+10FFFF.
 * @see {@link https://www.rfc-editor.org/rfc/rfc3629 | RFC 3629 §3}
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new VerificationError('COMITY_UTF8_INVALID', 'the bytes are not UTF-8', {
      spec: 'RFC 3629 §3',
      cause,
    })
  }
}
