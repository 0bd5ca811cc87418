import { createParser } from 'eventsource-parser'
import { PeerError } from '../errors/index.ts'

/** What a stream says: an event, or a comment. */
export type StreamItem =
  | {
      readonly type: 'event'
      readonly id: string | undefined
      readonly event: string | undefined
      readonly data: string
    }
  | { readonly type: 'comment'; readonly text: string }

// One event with its field names, and some to spare for longer ids.
const MAX_BUFFER = 24 * 1024

/**
 * Reads server-sent events, in their order, as they arrive.
 *
 * @param pieces - The bytes of the stream.
 * @throws {PeerError} `COMITY_PEER_PROTOCOL` when the stream is not UTF-8, or a line or event is longer than 24 KiB.
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html | HTML §9.2.6}
 */
export async function* readStream(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<StreamItem, void, undefined> {
  let items: StreamItem[] = []
  const limit = { isPassed: false }
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const parser = createParser({
    maxBufferSize: MAX_BUFFER,
    onEvent: ({ id, event, data }) => items.push({ type: 'event', id, event, data }),
    onComment: (text) => items.push({ type: 'comment', text }),
    onError: ({ type }) => {
      if (type === 'max-buffer-size-exceeded') limit.isPassed = true
    },
  })
  for await (const piece of pieces) {
    parser.feed(decode(decoder, piece))
    if (limit.isPassed) {
      throw new PeerError('COMITY_PEER_PROTOCOL', 'a line or event of the stream is too long', {
        details: { max: MAX_BUFFER },
      })
    }
    const arrived = items
    items = []
    yield* arrived
  }
}

function decode(decoder: TextDecoder, piece: Uint8Array): string {
  try {
    return decoder.decode(piece, { stream: true })
  } catch (cause) {
    throw new PeerError('COMITY_PEER_PROTOCOL', 'the stream is not UTF-8', { cause })
  }
}
