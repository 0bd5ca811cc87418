import { didWebFromUrl, didWebUrl, type HostedFile } from '../did/index.ts'
import { isJsonObject, parseJson, parseJsonObject, type JsonObject } from '../encoding/index.ts'
import { ComityError } from '../errors/index.ts'
import { systemClock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'

/** What a folder publishes: the documents and files of its DIDs. `comity serve` looks here on each request. */
export type Published = HostedFile | 'gone'

/** What is remembered of a document that was published once. */
export interface PublishedVersion {
  /** Its number, from 1. */
  readonly version: number
  /** When it was published, in seconds since the Unix epoch. */
  readonly publishedAt: number
  /** The document; `undefined` when the DID was deactivated. */
  readonly document: JsonObject | undefined
}

const DOCUMENTS = 'cli/document/'
const FILES = 'cli/file/'
const VERSIONS = 'cli/versions/'
const GONE = '"gone"'
/** Longer paths are nobody's: they would not be keys of the store. */
const MAX_PATH_LENGTH = 900
const MAX_FILE_BYTES = 8_388_608
const DOCUMENT_PATH = /\/did\.json$/

function remember(store: Store, did: string, document: JsonObject | undefined): Promise<number> {
  const record = { publishedAt: Math.floor(systemClock.now()), ...(document !== undefined && { document }) }
  return store.append(`${VERSIONS}${did}`, JSON.stringify(record))
}

/**
 * Keeps a DID document that the organization serves, and remembers it as a version. The DID is the key: did:web has no
 * character that a key may not.
 */
export async function keepDocument(store: Store, document: JsonObject): Promise<void> {
  const { id } = document
  if (typeof id !== 'string') throw new TypeError('the document must have an `id`')
  const text = JSON.stringify(document)
  if ((await store.get(`${DOCUMENTS}${id}`)) === text) return
  await remember(store, id, document)
  await store.put(`${DOCUMENTS}${id}`, text)
}

/** Takes back a document: it is answered with 410 from now on. */
export async function withdrawDocument(store: Store, did: string): Promise<void> {
  await remember(store, did, undefined)
  await store.put(`${DOCUMENTS}${did}`, GONE)
}

/** The document that is served for a DID. */
export async function keptDocument(store: Store, did: string): Promise<JsonObject | 'gone' | undefined> {
  const text = await store.get(`${DOCUMENTS}${did}`)
  if (text === undefined) return undefined
  return text === GONE ? 'gone' : parseJsonObject(text)
}

/** The documents that were served for a DID, first to last. */
export async function versionsOf(store: Store, did: string): Promise<readonly PublishedVersion[]> {
  const versions: PublishedVersion[] = []
  for (;;) {
    const page = await store.read(`${VERSIONS}${did}`, { after: versions.length })
    for (const { sequence, value } of page) {
      const { publishedAt, document } = parseJsonObject(value)
      versions.push({
        version: sequence,
        publishedAt: Number(publishedAt),
        document: isJsonObject(document) ? document : undefined,
      })
    }
    if (page.length === 0) return versions
  }
}

/** Keeps files that the organization serves beside the documents, such as the log of a did:webvh. */
export async function keepFiles(store: Store, files: readonly HostedFile[]): Promise<void> {
  for (const { path, contentType, body } of files) {
    await store.put(`${FILES}${path}`, JSON.stringify({ contentType, body }))
  }
}

async function findFile(store: Store, path: string): Promise<HostedFile | undefined> {
  const text = await store.get(`${FILES}${path}`)
  if (text === undefined) return undefined
  const { contentType, body } = parseJson(text, { maxBytes: MAX_FILE_BYTES }) as Record<string, string>
  return { path, contentType: contentType ?? '', body: body ?? '' }
}

/** The DID whose document would be at a path; `undefined` when there is none. */
function didAt(origin: string, path: string): string | undefined {
  if (!DOCUMENT_PATH.test(path)) return undefined
  try {
    const did = didWebFromUrl(`${origin}${path}`)
    return new URL(didWebUrl(did)).pathname === path ? did : undefined
  } catch (error) {
    if (error instanceof ComityError) return undefined
    throw error
  }
}

/**
 * Finds what is published at a path.
 *
 * @param path - The path of a URL, as anybody may send it.
 */
export async function findPublished(
  store: Store,
  origin: string,
  path: string,
): Promise<Published | undefined> {
  if (path.length > MAX_PATH_LENGTH) return undefined
  const did = didAt(origin, path)
  const document = did === undefined ? undefined : await keptDocument(store, did)
  if (document === 'gone') return 'gone'
  if (document === undefined) return findFile(store, path)
  return { path, contentType: 'application/did+json', body: JSON.stringify(document) }
}
