import { concatBytes } from '../encoding/index.ts'

/** Compresses with gzip. */
export async function compress(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'))
  return (await collect(stream, Infinity)) ?? new Uint8Array()
}

/**
 * Decompresses gzip, holding no more than `maxBytes` and one chunk of the result at any time.
 *
 * @returns The bytes; undefined where they are not gzip, are cut short, do not match their checksum, or are more.
 */
export async function decompress(
  bytes: Uint8Array<ArrayBuffer>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))
  try {
    return await collect(stream, maxBytes)
  } catch {
    // Every runtime throws something else here, and all of it says that the bytes are not gzip.
    return undefined
  }
}

/** What a stream gives, or undefined as soon as that is more than `maxBytes`. */
async function collect(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = stream.getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return concatBytes(...chunks)
    length += value.length
    if (length > maxBytes) {
      await reader.cancel()
      return undefined
    }
    chunks.push(value)
  }
}
