import { didWebUrl, type DidResolver } from '../did/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import { eventStreamResponse, type EventPublisher } from '../revocation/index.ts'
import { systemClock, type Clock } from '../runtime/index.ts'
import type { StatusPublisher } from '../status/index.ts'
import type { Store } from '../store/index.ts'
import { describeError, type GatewayLog } from './log.ts'
import { problemResponse } from './problem.ts'

/** The path of an organization's event stream, under its origin: the `ComityEvents` service points to it. */
export const EVENTS_PATH = '/comity/events'

/** An organization's event stream, and who may hear it. */
export interface HostedEvents {
  /** Has the events. */
  readonly publisher: EventPublisher
  /** Finds the subscribers' keys. */
  readonly resolver: DidResolver
  /** Where used stream requests are remembered. */
  readonly replay: Store
  /** Says which DIDs may listen. */
  readonly admit: (subscriber: string) => boolean | Promise<boolean>
  /** Milliseconds of silence before a heartbeat. Defaults to 10,000. */
  readonly heartbeatMs?: number
}

/** What a host publishes. */
export interface HostOptions {
  /** The public origin that everything is under. */
  readonly origin: string
  /** DID documents; each is served at the URL of its did:web `id`, which must be under `origin`. */
  readonly didDocuments?: readonly JsonObject[]
  /**
   * Seconds for which others may keep a DID document, 0 to 300: so long a key that was taken out of it may still be
   * believed. Defaults to 0: whoever needs it asks for it again, each time.
   */
  readonly documentSeconds?: number
  /** Status lists, served at their own URLs. */
  readonly statusLists?: StatusPublisher
  /** The event stream. */
  readonly events?: HostedEvents
  /** Defaults to nowhere. */
  readonly log?: GatewayLog
  /** Defaults to the system clock. */
  readonly clock?: Clock
}

/** What an organization publishes over HTTPS. */
export interface Host {
  /** Answers a request for something published; undefined for anything else. */
  handle(request: Request): Promise<Response | undefined>
  /** Publishes a DID document, or replaces it. The document is complete before it is served. */
  publishDocument(document: JsonObject): void
}

/**
 * Makes a host for DID documents, status lists and events.
 *
 * @throws {TypeError} A document's `id` is no did:web DID under the origin.
 */
export function createHost(options: HostOptions): Host {
  const { origin, statusLists, events, log = () => undefined, clock = systemClock } = options
  const documentCaching = cachingFor(options.documentSeconds ?? 0)
  const documents = new Map<string, string>()

  function publishDocument(document: JsonObject): void {
    if (typeof document.id !== 'string') throw new TypeError('the document must have an `id`')
    const url = new URL(didWebUrl(document.id))
    if (url.origin !== origin)
      throw new TypeError('the DID of the document must be under the origin of its host')
    documents.set(url.pathname, JSON.stringify(document))
  }
  for (const document of options.didDocuments ?? []) publishDocument(document)

  async function handle(request: Request): Promise<Response | undefined> {
    const { pathname } = new URL(request.url)
    if (pathname === EVENTS_PATH && events !== undefined) {
      return eventStreamResponse(events.publisher, request, {
        ...events,
        clock,
        onRefused: (error) => {
          log({ level: 'warn', event: 'events.refused', ...describeError(error) })
        },
      })
    }
    const document = documents.get(pathname)
    if (document !== undefined) return published(request, document, 'application/did+json', documentCaching)
    const list = await statusLists?.credential(`${origin}${pathname}`)
    return list === undefined ? undefined : published(request, list, 'application/vc+jwt', NOT_CACHED)
  }

  return Object.freeze({ handle, publishDocument })
}

// Revocation must not wait for a cache: what is published is revalidated.
const NOT_CACHED = 'no-cache'
const MAX_DOCUMENT_SECONDS = 300

function cachingFor(seconds: number): string {
  if (!(Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_DOCUMENT_SECONDS)) {
    throw new TypeError(
      `options.documentSeconds must be an integer from 0 to ${String(MAX_DOCUMENT_SECONDS)}`,
    )
  }
  return seconds === 0 ? NOT_CACHED : `max-age=${String(seconds)}`
}

function published(request: Request, body: string, type: string, caching: string): Response {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return problemResponse(405, 'use GET', { allow: 'GET, HEAD' })
  }
  const headers = { 'content-type': type, 'cache-control': caching }
  return new Response(request.method === 'HEAD' ? null : body, { headers })
}
