import { VerificationError } from '../errors/index.ts'
import { MAX_LIST_BYTES, MIN_LIST_LENGTH } from './status-list.ts'

/** How many bits one status takes in a Token Status List. */
export type TokenStatusBits = 1 | 2 | 4 | 8

/** A Token Status List. Index 0 is in the right-most, least significant bits of the first byte. */
export interface TokenStatusList {
  /** How many bits each status has. */
  readonly bits: TokenStatusBits
  /** How many statuses it has. */
  readonly length: number
  /** The statuses. Not a copy: writing here writes to the list. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /**
   * Reads a status.
   *
   * @returns 0 is valid, 1 invalid, 2 suspended; anything else is not known to everybody.
   * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID` when the index is not in the list.
   */
  get(index: number): number
  /**
   * Sets a status.
   *
   * @param status - A whole number from 0 that fits in the bits.
   * @returns Whether that changed it.
   * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID` when the index is not in the list.
   * @throws {TypeError} When the status does not fit.
   */
  set(index: number, status: number): boolean
}

/** The statuses of a Token Status List that mean something here. */
export const TOKEN_STATUS: { readonly VALID: 0; readonly INVALID: 1; readonly SUSPENDED: 2 } = Object.freeze({
  VALID: 0,
  INVALID: 1,
  SUSPENDED: 2,
})

/** How many bits the lists have that are published here: room for suspension beside revocation. */
export const PUBLISHED_BITS = 2

/**
 * Makes a Token Status List in which all statuses are valid.
 *
 * @param options - `length` is the number of statuses, which must fill whole bytes of at most 8 MiB; it defaults to
 *   131072. `bits` defaults to 2.
 * @throws {TypeError} When an option is out of range.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-4.1 | Token Status List §4.1}
 */
export function createTokenStatusList(
  options: { readonly length?: number; readonly bits?: TokenStatusBits } = {},
): TokenStatusList {
  const { length = MIN_LIST_LENGTH, bits = PUBLISHED_BITS } = options
  if (!isStatusBits(bits)) throw new TypeError('options.bits must be 1, 2, 4 or 8')
  const bytes = (length * bits) / 8
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > MAX_LIST_BYTES) {
    throw new TypeError(`options.length must fill 1 to ${MAX_LIST_BYTES} whole bytes`)
  }
  return tokenStatusListOf(new Uint8Array(bytes), bits)
}

/** The list whose statuses these are. */
export function tokenStatusListOf(bytes: Uint8Array<ArrayBuffer>, bits: TokenStatusBits): TokenStatusList {
  return Object.freeze({
    bits,
    length: (bytes.length * 8) / bits,
    bytes,
    get: (index: number) => readTokenStatus(bytes, index, bits),
    set: (index: number, status: number) => writeTokenStatus(bytes, { index, bits, status }),
  })
}

/** Says whether a number is one of the widths that a status may have. */
export function isStatusBits(value: unknown): value is TokenStatusBits {
  return value === 1 || value === 2 || value === 4 || value === 8
}

/**
 * Reads one status of a list. Statuses never cross a byte.
 *
 * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID` when the index is not in the list.
 */
export function readTokenStatus(bytes: Uint8Array, index: number, bits: TokenStatusBits): number {
  const { place, shift, mask } = locate(bytes, index, bits)
  return ((bytes[place] ?? 0) >> shift) & mask
}

/** Writes one status of a list, and says whether that changed it. Throws as {@link TokenStatusList.set}. */
export function writeTokenStatus(
  bytes: Uint8Array,
  {
    index,
    bits,
    status,
  }: { readonly index: number; readonly bits: TokenStatusBits; readonly status: number },
): boolean {
  const { place, shift, mask } = locate(bytes, index, bits)
  if (!Number.isInteger(status) || status < 0 || status > mask) {
    throw new TypeError(`status must be 0 to ${mask}`)
  }
  const byte = bytes[place] ?? 0
  const after = (byte & ~(mask << shift)) | (status << shift)
  bytes[place] = after
  return after !== byte
}

function locate(
  bytes: Uint8Array,
  index: number,
  bits: TokenStatusBits,
): { readonly place: number; readonly shift: number; readonly mask: number } {
  const perByte = 8 / bits
  const place = Math.floor(index / perByte)
  if (!Number.isSafeInteger(index) || index < 0 || place >= bytes.length) {
    throw new VerificationError('COMITY_STATUS_LIST_INVALID', 'the index is outside the list', {
      spec: 'Token Status List §8.3',
      details: { entries: bytes.length * perByte },
    })
  }
  return { place, shift: (index % perByte) * bits, mask: 2 ** bits - 1 }
}
