import { didWebUrl, type DidResolver, type HostedFile } from '../did/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import { eventStreamResponse, type EventPublisher } from '../revocation/index.ts'
import { systemClock, type Clock } from '../runtime/index.ts'
import type { StatusPublisher } from '../status/index.ts'
import type { Store } from '../store/index.ts'
import { checkMediaType, checkPath, publishedResponse, type Published } from './host-files.ts'
import { createBundleFiles, type HostedBundle } from './host-bundles.ts'
import { describeError, type GatewayLog } from './log.ts'

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

export type { HostedFile } from '../did/index.ts'

/** What a host publishes. */
export interface HostOptions {
  /** The public origin that everything is under. */
  readonly origin: string
  /** DID documents; each is served at the URL of its did:web `id`, which must be under `origin`. */
  readonly didDocuments?: readonly JsonObject[]
  /**
   * Looks for what is not among the documents and files, by the path of its URL: where it is kept in a store that others
   * write to. It is asked on each request, by anybody.
   */
  readonly findFile?: (path: string) => Promise<Published | undefined>
  /**
   * Seconds for which others may keep a DID document, 0 to 300: so long a key that was taken out of it may still be
   * believed. Defaults to 0: whoever needs it asks for it again, each time.
   */
  readonly documentSeconds?: number
  /**
   * Other files, such as a trust list, an accreditation, or the `did.jsonl` and `did-witness.json` of a did:webvh; nobody
   * may keep one without asking whether there is another by now.
   */
  readonly files?: readonly HostedFile[]
  /** Status lists, served at their own URLs. */
  readonly statusLists?: StatusPublisher
  /** The event stream. */
  readonly events?: HostedEvents
  /** The bundle of the own trust domain, or several of them, each at a path of its own. */
  readonly bundles?: readonly HostedBundle[]
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
  /**
   * Publishes a file, or replaces what is at its path.
   *
   * @throws {TypeError} The path is not the canonical one of a URL, or is that of the event stream or of a bundle, or the media type
   *   is malformed.
   */
  publishFile(file: HostedFile): void
  /**
   * Answers with 410 from now on where something was, or would be: what a did:web DID that is deactivated needs. The log
   * of a did:webvh DID is to be served on, as it is there that one sees that it is deactivated.
   *
   * @throws {TypeError} As {@link Host.publishFile}.
   */
  withdraw(path: string): void
}

/**
 * Makes a host for DID documents, the files of DIDs, status lists and events.
 *
 * What it serves has an entity tag, so that others can ask whether it has changed and be answered with 304.
 *
 * @throws {TypeError} A document's `id` is no did:web DID under the origin, the path or media type of a file or bundle is
 *   malformed or another's, or `documentSeconds` is out of range.
 */
export function createHost(options: HostOptions): Host {
  const { origin, statusLists, events, findFile, log = () => undefined, clock = systemClock } = options
  const documentCaching = cachingFor(options.documentSeconds ?? 0)
  const published = new Map<string, Published>()

  const bundleFiles = createBundleFiles(options.bundles ?? [], { origin, log })
  if (bundleFiles.has(EVENTS_PATH)) throw new TypeError('the path of a bundle must not be that of the events')
  function publish(path: string, file: Published): void {
    checkPath(path, origin)
    if (bundleFiles.has(path)) throw new TypeError('the path of a file must not be that of a bundle')
    if (path === EVENTS_PATH) throw new TypeError('the path of a file must not be that of the events')
    published.set(path, file)
  }
  function publishFile({ path, contentType, body }: HostedFile): void {
    checkMediaType(contentType)
    publish(path, Object.freeze({ path, contentType, body }))
  }
  function publishDocument(document: JsonObject): void {
    if (typeof document.id !== 'string') throw new TypeError('the document must have an `id`')
    const url = new URL(didWebUrl(document.id))
    if (url.origin !== origin)
      throw new TypeError('the DID of the document must be under the origin of its host')
    publishFile({ path: url.pathname, contentType: DID_DOCUMENT, body: JSON.stringify(document) })
  }
  for (const document of options.didDocuments ?? []) publishDocument(document)
  for (const file of options.files ?? []) publishFile(file)

  const cachingOf = (file: Published): string =>
    file !== 'gone' && file.contentType === DID_DOCUMENT ? documentCaching : NOT_CACHED

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
    const answerBundle = bundleFiles.get(pathname)
    if (answerBundle !== undefined) return answerBundle(request)
    const file = published.get(pathname) ?? (await findFile?.(pathname))
    if (file !== undefined) return publishedResponse(request, file, cachingOf(file))
    const url = `${origin}${pathname}`
    const [body, contentType] = [await statusLists?.credential(url), statusLists?.mediaType(url)]
    if (body === undefined || contentType === undefined) return undefined
    return publishedResponse(request, { path: pathname, contentType, body }, NOT_CACHED)
  }

  return Object.freeze({
    handle,
    publishDocument,
    publishFile,
    withdraw: (path: string) => {
      publish(path, 'gone')
    },
  })
}

// Revocation must not wait for a cache: what is published is revalidated.
const NOT_CACHED = 'no-cache'
const DID_DOCUMENT = 'application/did+json'
const MAX_DOCUMENT_SECONDS = 300

function cachingFor(seconds: number): string {
  if (!(Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_DOCUMENT_SECONDS)) {
    throw new TypeError(
      `options.documentSeconds must be an integer from 0 to ${String(MAX_DOCUMENT_SECONDS)}`,
    )
  }
  return seconds === 0 ? NOT_CACHED : `max-age=${String(seconds)}`
}
