import { concatBytes } from '../encoding/index.ts'

/** How a list is compressed: DEFLATE in the frame of RFC 1952 (`gzip`) or of RFC 1950 (`zlib`). */
export type ListCompression = 'gzip' | 'zlib'

/** The names that Compression Streams have for them. */
const STREAM_FORMATS = { gzip: 'gzip', zlib: 'deflate' } as const

/** Compresses bytes. */
export async function compress(
  bytes: Uint8Array<ArrayBuffer>,
  format: ListCompression,
): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream(STREAM_FORMATS[format]))
  return (await collect(stream, Infinity)) ?? new Uint8Array()
}

/**
 * Decompresses bytes, holding no more than `maxBytes` and one chunk of the result at any time.
 *
 * @returns The bytes; undefined where they are of another format, are cut short, do not match their checksum, are
 *   followed by anything, or are more.
 */
export async function decompress(
  bytes: Uint8Array<ArrayBuffer>,
  format: ListCompression,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const result = await inflate(bytes, format, maxBytes)
  if (result === undefined) return undefined
  // Not every runtime minds what comes after the end. Where nothing does, the last byte is part of the checksum.
  const isExact = (await inflate(bytes.subarray(0, -1), format, maxBytes)) === undefined
  return isExact ? result : undefined
}

async function inflate(
  bytes: Uint8Array<ArrayBuffer>,
  format: ListCompression,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(STREAM_FORMATS[format]))
  try {
    return await collect(stream, maxBytes)
  } catch {
    // Every runtime throws something else here, and all of it says that the bytes are not of this format.
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
