import { findService, type DidResolver } from '../did/index.ts'
import { PeerError } from '../errors/index.ts'
import type { Signer } from '../keys/index.ts'
import { createFetchBudget, type GuardedFetch, type GuardedStream } from '../net/index.ts'
import { sleep, type Clock, type Timers } from '../runtime/index.ts'
import { createAcknowledger } from './acknowledger.ts'
import type { Allowance } from './allowance.ts'
import type { EventIntake } from './event-intake.ts'
import { parsePosition } from './position.ts'
import { readStream, type StreamItem } from './stream-reader.ts'
import { createStreamTime } from './stream-time.ts'
import { authorizeStreamRequest } from './stream-request.ts'

/** What one organization's stream is read with. */
export interface EventConnectionOptions {
  readonly organization: string
  readonly did: string
  readonly signer: () => Promise<Signer>
  readonly fetch: GuardedFetch
  readonly resolver: DidResolver
  readonly intake: EventIntake
  /** The organization's, the same for each of its connections. */
  readonly allowance: Allowance
  readonly clock: Clock
  readonly timers: Timers
  readonly idleTimeoutMs: number
  readonly signal: AbortSignal
  /** Everything that was published until then (seconds, by the own clock) has been taken. */
  readonly onHeard: (until: number) => void
  readonly onError: (error: unknown) => void
}

/** The service of a DID document that names the event stream. */
export const EVENTS_SERVICE = 'ComityEvents'

const FIRST_BYTES_MS = 5000
const BUDGET = { requests: 4, bytes: 262_144, timeoutMs: 5000 }
// `id: `, `event: set`, `data: ` and the ends of their lines.
const FRAMING_BYTES = 24

/**
 * Opens an organization's stream and takes its events in until it ends.
 *
 * @throws {unknown} Whatever ended it but its own end: the peer's document, the network, an event that does not
 *   verify or could not be applied; `COMITY_EVENT_LIMIT` when it has too much beside its events, or had a moment ago.
 */
export async function readConnection(options: EventConnectionOptions): Promise<void> {
  const { organization, resolver, timers, allowance, clock, idleTimeoutMs } = options
  allowance.assertLeft()
  const document = await resolver.resolveDocument(organization, { budget: createFetchBudget(BUDGET) })
  const { serviceEndpoint } = findService(document, EVENTS_SERVICE)
  const time = createStreamTime(clock, idleTimeoutMs / 1000)
  const stream = await open(serviceEndpoint, options)
  const cancel = timers.after(FIRST_BYTES_MS, () => {
    stream.close()
  })
  const acknowledge = createAcknowledger(
    (id) => sendAcknowledgement(serviceEndpoint, id, options),
    options.onError,
  )
  let hasBegun = false
  try {
    for await (const item of readStream(counted(stream.body, allowance))) {
      cancel()
      hasBegun = true
      if (item.type === 'event') {
        await takeEvent(item, acknowledge, options)
        time.progress()
      } else {
        const until = time.read(item.text)
        if (until !== undefined) options.onHeard(until)
      }
    }
    if (!hasBegun) throw new PeerError('COMITY_PEER_PROTOCOL', 'the event stream ended before it began')
  } finally {
    cancel()
    stream.close()
  }
}

async function open(url: string, options: EventConnectionOptions): Promise<GuardedStream> {
  const { fetch, intake, idleTimeoutMs, signal } = options
  const position = await intake.position()
  const stream = await fetch.stream(url, {
    headers: {
      accept: 'text/event-stream',
      authorization: await authorize(options),
      ...(position === undefined ? {} : { 'last-event-id': position }),
    },
    idleTimeoutMs,
    signal,
  })
  if (stream.status !== 200) {
    stream.close()
    throw new PeerError('COMITY_PEER_REFUSED', 'the event stream was refused', {
      details: { status: stream.status },
    })
  }
  if (!/^text\/event-stream\s*(?:;|$)/i.test(stream.headers.get('content-type') ?? '')) {
    stream.close()
    throw new PeerError('COMITY_PEER_PROTOCOL', 'the answer is not an event stream')
  }
  return stream
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  allowance: Allowance,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    allowance.takeBytes(piece.byteLength)
    yield piece
  }
}

async function takeEvent(
  item: StreamItem & { type: 'event' },
  acknowledge: (id: string) => void,
  options: EventConnectionOptions,
): Promise<void> {
  // Messages of other names are for those who know them.
  if (item.event !== 'set') return
  const { intake, allowance, timers, signal } = options
  const ms = allowance.event()
  if (ms > 0) await sleep(ms, timers, signal)
  if (item.id === undefined || parsePosition(item.id) === undefined) {
    throw new PeerError('COMITY_PEER_PROTOCOL', 'an event has no id')
  }
  await intake.take(item.data)
  await intake.advance(item.id)
  allowance.giveBack(item.data.length + item.id.length + FRAMING_BYTES)
  acknowledge(item.id)
}

async function sendAcknowledgement(url: string, id: string, options: EventConnectionOptions): Promise<void> {
  const response = await options.fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: await authorize(options) },
    body: JSON.stringify({ ack: id }),
    maxBytes: 4096,
    signal: options.signal,
  })
  if (response.status !== 204) {
    throw new PeerError('COMITY_PEER_REFUSED', 'the acknowledgement was refused', {
      details: { status: response.status },
    })
  }
}

async function authorize(options: EventConnectionOptions): Promise<string> {
  return await authorizeStreamRequest({
    signer: await options.signer(),
    subscriber: options.did,
    publisher: options.organization,
    now: options.clock.now(),
  })
}
