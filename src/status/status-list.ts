import { VerificationError } from '../errors/index.ts'

/** The fewest entries that a list may have, so that each credential hides among many: 16 KiB of bits. */
export const MIN_LIST_LENGTH: number = 131_072

/** The most entries that a list may have, 2^26: 8 MiB of bits. */
export const MAX_LIST_LENGTH: number = 67_108_864

/** The most bytes that a list of any kind may have once it is decompressed. */
export const MAX_LIST_BYTES: number = MAX_LIST_LENGTH / 8

/** The most bytes that a list may have compressed: where its bits do not compress, the format adds a little. */
export const MAX_COMPRESSED_BYTES: number = MAX_LIST_BYTES + 65_536

/** A list of single bits. Index 0 is the left-most, most significant bit of the first byte. */
export interface StatusList {
  /** How many entries it has. */
  readonly length: number
  /** Its bits. Not a copy: writing here writes to the list. */
  readonly bytes: Uint8Array<ArrayBuffer>
  /**
   * Says whether a bit is set.
   *
   * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID` when the index is not in the list.
   */
  get(index: number): boolean
  /**
   * Sets or clears a bit.
   *
   * @returns Whether that changed it.
   * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID` when the index is not in the list.
   */
  set(index: number, value: boolean): boolean
}

/**
 * Makes a list with all bits clear.
 *
 * @param options - `length` is the number of entries: a multiple of 8 from {@link MIN_LIST_LENGTH}, which is the
 *   default, to {@link MAX_LIST_LENGTH}.
 * @throws {TypeError} When the length is another.
 * @see {@link https://www.w3.org/TR/vc-bitstring-status-list/#bitstring-generation-algorithm | Bitstring Status List 1.0 §3.3}
 */
export function createStatusList(options: { readonly length?: number } = {}): StatusList {
  const { length = MIN_LIST_LENGTH } = options
  if (!Number.isInteger(length) || length % 8 !== 0 || length < MIN_LIST_LENGTH || length > MAX_LIST_LENGTH) {
    throw new TypeError(
      `options.length must be a multiple of 8 from ${MIN_LIST_LENGTH} to ${MAX_LIST_LENGTH}`,
    )
  }
  return statusListOf(new Uint8Array(length / 8))
}

/** The list whose bits these are. */
export function statusListOf(bytes: Uint8Array<ArrayBuffer>): StatusList {
  return Object.freeze({
    length: bytes.length * 8,
    bytes,
    get: (index: number) => readStatusBits(bytes, index, 1) === 1,
    set: (index: number, value: boolean) => writeBit(bytes, index, value),
  })
}

/**
 * Reads one status of a list whose entries have `size` bits each, the most significant first.
 *
 * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID` when any of its bits is outside the list.
 */
export function readStatusBits(bytes: Uint8Array, index: number, size: number): number {
  const first = index * size
  if (!Number.isSafeInteger(first) || first < 0 || first + size > bytes.length * 8)
    throw outOfRange(bytes.length)
  let status = 0
  for (let bit = first; bit < first + size; bit++) {
    status = status * 2 + (((bytes[Math.floor(bit / 8)] ?? 0) >> (7 - (bit % 8))) & 1)
  }
  return status
}

function writeBit(bytes: Uint8Array, index: number, value: boolean): boolean {
  const before = readStatusBits(bytes, index, 1) === 1
  const place = Math.floor(index / 8)
  const mask = 0x80 >> (index % 8)
  const byte = bytes[place] ?? 0
  bytes[place] = value ? byte | mask : byte & ~mask
  return before !== value
}

function outOfRange(length: number): VerificationError {
  return new VerificationError('COMITY_STATUS_LIST_INVALID', 'the index is outside the list', {
    spec: 'Bitstring Status List 1.0 §3.2',
    details: { entries: length * 8 },
  })
}
