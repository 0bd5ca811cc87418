import { lengthPrefixed } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'

/** Prefix of all tags: what is hashed here is hashed for nothing else. */
const DOMAIN = 'comity-zk/1'
/** A field element holds 253 bits; 31 bytes are the most that always fit. */
const FIELD_BYTES = 31

/**
 * Maps texts and bytes to a number that fits in the field: the first 31 bytes of a SHA-256 over the tag and the parts,
 * big-endian.
 *
 * @param tag - What the number stands for; numbers of different tags are unrelated.
 * @param parts - Unambiguously joined: no other list of parts gives the same bytes.
 * @returns A number below 2^248.
 * @see docs/spec/zk.md, "Numbers"
 */
export function hashToField(tag: string, ...parts: readonly (string | Uint8Array)[]): bigint {
  return bytesToNumber(sha256(lengthPrefixed(`${DOMAIN} ${tag}`, ...parts)).subarray(0, FIELD_BYTES))
}

/** Reads bytes as a number, big-endian. */
export function bytesToNumber(bytes: Uint8Array): bigint {
  let number = 0n
  for (const byte of bytes) number = (number << 8n) | BigInt(byte)
  return number
}

/**
 * Writes a number as bytes, big-endian.
 *
 * @param number - From 0.
 * @param length - How many bytes.
 * @throws {TypeError} When the number is negative or does not fit.
 */
export function numberToBytes(number: bigint, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let rest = number
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 0xffn)
    rest >>= 8n
  }
  if (rest !== 0n) throw new TypeError('the number must be from 0 and fit into the bytes')
  return bytes
}
