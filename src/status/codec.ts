import { decodeMultibase, encodeBase64url } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { compress, decompress } from './compression.ts'
import {
  MAX_COMPRESSED_BYTES,
  MAX_LIST_BYTES,
  MIN_LIST_LENGTH,
  statusListOf,
  type StatusList,
} from './status-list.ts'

const MIN_BYTES = MIN_LIST_LENGTH / 8

/**
 * Encodes a list for the member `encodedList`: gzip, then base64url with the multibase prefix `u`.
 *
 * @param list - The list.
 * @returns The text. The same list may have other texts: compressors differ.
 * @see {@link https://www.w3.org/TR/vc-bitstring-status-list/#bitstring-generation-algorithm | Bitstring Status List 1.0 §3.3}
 */
export async function encodeStatusList(list: StatusList): Promise<string> {
  return `u${encodeBase64url(await compress(list.bytes, 'gzip'))}`
}

/**
 * Decodes the member `encodedList` of a list.
 *
 * The checks run in this order: multibase prefix and size; base64url; gzip, with its checksum and nothing behind
 * it, stopped as soon as it would give more than 8 MiB; at least 16 KiB.
 *
 * @param text - The text.
 * @returns The list.
 * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID`.
 * @see {@link https://www.w3.org/TR/vc-bitstring-status-list/#bitstring-expansion-algorithm | Bitstring Status List 1.0 §3.4}
 */
export async function decodeStatusList(text: string): Promise<StatusList> {
  if (!text.startsWith('u')) throw invalid('encodedList is not multibase base64url')
  const bytes = await decompress(decodeCompressed(text), 'gzip', MAX_LIST_BYTES)
  if (bytes === undefined) throw invalid('encodedList is not gzip, or holds too much')
  if (bytes.length < MIN_BYTES)
    throw invalid('the list is too short', { bytes: bytes.length, minBytes: MIN_BYTES })
  return statusListOf(bytes)
}

function decodeCompressed(text: string): Uint8Array<ArrayBuffer> {
  try {
    return decodeMultibase(text, { maxBytes: MAX_COMPRESSED_BYTES })
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw invalid('encodedList is not multibase base64url', {}, cause)
  }
}

function invalid(message: string, details: Record<string, number> = {}, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_STATUS_LIST_INVALID', message, {
    spec: 'Bitstring Status List 1.0 §3.4',
    details,
    ...(cause === undefined ? {} : { cause }),
  })
}
