import { concatBytes } from './bytes.ts'
import { encodeUtf8 } from './utf8.ts'

/**
 * `enc(a, b, …)`: each item as its length in 4 bytes, big-endian, followed by its bytes. Strings are UTF-8.
 * Unambiguous: no two different lists of items give the same bytes.
 *
 * @see docs/spec/handshake.md, "Transcript and keys"
 */
export function lengthPrefixed(...items: readonly (Uint8Array | string)[]): Uint8Array {
  return concatBytes(...items.flatMap((item) => prefixed(typeof item === 'string' ? encodeUtf8(item) : item)))
}

function prefixed(bytes: Uint8Array): [Uint8Array, Uint8Array] {
  const length = new Uint8Array(4)
  new DataView(length.buffer).setUint32(0, bytes.length)
  return [length, bytes]
}
