/**
 * Reads a body into memory, and stops as soon as it is larger than it may be.
 *
 * @param body - A request's or response's body; null where there is none.
 * @param maxBytes - The most bytes.
 * @returns The bytes; undefined when there are more, and the rest is cancelled then.
 */
export async function readBody(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body ?? []) {
    length += piece.length
    if (length > maxBytes) return undefined
    pieces.push(piece)
  }
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const piece of pieces) {
    bytes.set(piece, offset)
    offset += piece.length
  }
  return bytes
}
