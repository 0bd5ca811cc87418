import type { IncomingMessage } from 'node:http'
import { pipeline, Transform, type Duplex, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { NetworkError } from '../../errors/index.ts'

const DECODERS: ReadonlyMap<string, () => Duplex> = new Map<string, () => Duplex>([
  ['gzip', () => createGunzip()],
  ['deflate', () => createInflate()],
  ['br', () => createBrotliDecompress()],
])

// A compressed stream can go on for ever without any output, so its own length has a bound too.
function createMeter(maxBytes: number): Transform {
  let total = 0
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      total += chunk.byteLength
      if (total > maxBytes) done(new NetworkError('COMITY_NET_TOO_LARGE', 'the compressed body is too large'))
      else done(null, chunk)
    },
  })
}

/**
 * Undoes the content coding of an answer, piece by piece: nothing is decompressed that nobody reads.
 *
 * @param headers - Loses `content-encoding` and `content-length` when there is a coding.
 * @param maxWireBytes - Most bytes of the compressed body; `undefined` for no limit.
 * @throws {NetworkError} `COMITY_NET_RESPONSE_INVALID` when the coding is not gzip, deflate or br, or more than one.
 */
export function decodeBody(
  message: IncomingMessage,
  headers: Headers,
  maxWireBytes: number | undefined,
): Readable {
  const coding = headers.get('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (coding === 'identity' || coding === '') return message
  const createDecoder = DECODERS.get(coding)
  if (createDecoder === undefined) {
    throw new NetworkError('COMITY_NET_RESPONSE_INVALID', 'the content coding is not supported', {
      spec: 'RFC 9110 §8.4',
    })
  }
  headers.delete('content-encoding')
  headers.delete('content-length')
  // `pipeline` hands every failure on to the decoder, where the reader meets it.
  return pipeline(message, createMeter(maxWireBytes ?? Infinity), createDecoder(), () => undefined)
}
