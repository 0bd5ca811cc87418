import { VerificationError } from '../errors/index.ts'
import { concatBytes } from './bytes.ts'

/** Eight groups of seven bits hold every safe integer; the format itself allows nine. */
const MAX_VARINT_BYTES = 8

/** A key, or other bytes, with the code that says what they are. */
export interface Multicodec {
  /** The code from the multicodec table, such as `0xed` for an Ed25519 public key. */
  readonly code: number
  /** The bytes after the code. Their length is not checked here. */
  readonly key: Uint8Array<ArrayBuffer>
}

/**
 * Puts a multicodec code in front of bytes.
 *
 * @param code - A code of the multicodec table: an integer from 0 to 2^53 − 1.
 * @param key - The bytes that the code describes.
 * @returns The code as unsigned varint, then the bytes.
 * @throws {TypeError} When the code is not such an integer.
 * @see {@link https://github.com/multiformats/unsigned-varint | unsigned-varint}
 */
export function encodeMulticodec(code: number, key: Uint8Array): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(code) || code < 0) throw new TypeError('code must be a safe integer, 0 or more')
  const varint: number[] = []
  let rest = code
  while (rest >= 0x80) {
    varint.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  varint.push(rest)
  return concatBytes(Uint8Array.from(varint), key)
}

/**
 * Takes the multicodec code off the front of bytes.
 *
 * @param bytes - An unsigned varint and what it describes.
 * @returns The code and a copy of the bytes after it.
 * @throws {VerificationError} `COMITY_MULTICODEC_INVALID` when the varint is cut off, longer than it needs
 *   to be, or above 2^53 − 1.
 * @see {@link https://github.com/multiformats/unsigned-varint | unsigned-varint}
 */
export function decodeMulticodec(bytes: Uint8Array): Multicodec {
  let code = 0
  let scale = 1
  for (let at = 0; at < MAX_VARINT_BYTES; at++) {
    const byte = bytes[at]
    if (byte === undefined) throw invalid('the multicodec varint is cut off', bytes)
    code += (byte & 0x7f) * scale
    if (byte < 0x80) {
      if (byte === 0 && at > 0) throw invalid('the multicodec varint is longer than it needs to be', bytes)
      if (!Number.isSafeInteger(code)) break
      return { code, key: Uint8Array.from(bytes.subarray(at + 1)) }
    }
    scale *= 0x80
  }
  throw invalid('the multicodec code is too large', bytes)
}

function invalid(message: string, bytes: Uint8Array): VerificationError {
  return new VerificationError('COMITY_MULTICODEC_INVALID', message, { details: { length: bytes.length } })
}
