/**
 * Joins byte arrays into a new one.
 *
 * @param parts - The arrays, in order. None of them is changed or shared.
 * @returns A new array as long as all parts together.
 */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/**
 * Compares byte arrays in a time that depends on their lengths only, not on where they differ.
 *
 * The lengths themselves are not kept secret: arrays of different length answer at once.
 *
 * @param a - One array.
 * @param b - The other array.
 * @returns Whether both hold the same bytes.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0)
  return difference === 0
}
