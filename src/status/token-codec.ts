import { decodeBase64url, encodeBase64url, isJsonObject } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { compress, decompress } from './compression.ts'
import { MAX_COMPRESSED_BYTES, MAX_LIST_BYTES } from './status-list.ts'
import { isStatusBits, tokenStatusListOf, type TokenStatusBits, type TokenStatusList } from './token-list.ts'

/** The claim `status_list` of a Status List Token. A type alias, so that it is a JSON object to the compiler too. */
export type EncodedTokenStatusList = {
  /** How many bits each status has. */
  readonly bits: TokenStatusBits
  /** The statuses: zlib, then base64url without padding. */
  readonly lst: string
}

/**
 * Encodes a list for the claim `status_list`.
 *
 * @param list - The list.
 * @returns The value of the claim. The same list may have other texts: compressors differ.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-4.2 | Token Status List §4.2}
 */
export async function encodeTokenStatusList(list: TokenStatusList): Promise<EncodedTokenStatusList> {
  return { bits: list.bits, lst: encodeBase64url(await compress(list.bytes, 'zlib')) }
}

/**
 * Decodes the claim `status_list`.
 *
 * The checks run in this order: form and `bits`; size and base64url of `lst`; zlib, with its checksum and nothing
 * behind it, stopped as soon as it would give more than 8 MiB. A list may be of any length.
 *
 * @param value - The value of the claim.
 * @returns The list.
 * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID`.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-4.2 | Token Status List §4.2}
 */
export async function decodeTokenStatusList(value: unknown): Promise<TokenStatusList> {
  if (!isJsonObject(value)) throw invalid('status_list is not an object')
  const { bits, lst, aggregation_uri: aggregation } = value
  if (!isStatusBits(bits)) throw invalid('bits is none of 1, 2, 4 and 8')
  if (typeof lst !== 'string') throw invalid('lst is not a string')
  if (aggregation !== undefined && typeof aggregation !== 'string')
    throw invalid('aggregation_uri is not a string')
  const bytes = await decompress(decodeCompressed(lst), 'zlib', MAX_LIST_BYTES)
  if (bytes === undefined) throw invalid('lst is not zlib, or holds too much')
  return tokenStatusListOf(bytes, bits)
}

function decodeCompressed(text: string): Uint8Array<ArrayBuffer> {
  try {
    return decodeBase64url(text, { maxBytes: MAX_COMPRESSED_BYTES })
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw invalid('lst is not base64url', cause)
  }
}

function invalid(message: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_STATUS_LIST_INVALID', message, {
    spec: 'Token Status List §4.2',
    ...(cause === undefined ? {} : { cause }),
  })
}
