import { isJsonObject, parseJsonObject, type JsonObject } from '../encoding/index.ts'
import { ComityError } from '../errors/index.ts'
import { malformed, type AnchorPayload } from './anchor-payload.ts'

/** The most characters of a download: an anchor list and the status lists that it names. */
export const MAX_ANCHOR_DOCUMENT: number = 4 * 1024 * 1024

/** The media type that a download is served and asked for with. */
export const ANCHOR_DOCUMENT_MEDIA_TYPE: string = 'application/json'

/** A download: an anchor list and, in the same answer, every status list that it names. */
export interface AnchorDocument {
  /** The anchor list, a compact JWS. */
  readonly anchors: string
  /** The Status List Tokens of all issuers, as they signed them, by URL. */
  readonly statusLists: ReadonlyMap<string, string>
}

/** Writes a download. */
export function formatAnchorDocument({ anchors, statusLists }: AnchorDocument): string {
  return JSON.stringify({ anchors, status_lists: Object.fromEntries(statusLists) })
}

/**
 * Parses a download. What is in it is signed, and is verified by others.
 *
 * @param text - JSON of at most 4 Mi characters.
 * @throws {VerificationError} `COMITY_ZK_ANCHORS_MALFORMED`.
 */
export function parseAnchorDocument(text: string): AnchorDocument {
  const { anchors, status_lists: lists, ...others } = parse(text)
  if (Object.keys(others).length > 0) throw malformed('the download has a member too many')
  if (typeof anchors !== 'string') throw malformed('anchors is not a text')
  if (!isJsonObject(lists)) throw malformed('status_lists is not an object')
  const entries = Object.entries(lists)
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  if (texts.length !== entries.length) throw malformed('an entry of status_lists is not a text')
  return Object.freeze({ anchors, statusLists: new Map(texts) })
}

/** The URLs of all status lists that an anchor list names, each once. */
export function statusListsOf({ leaves }: Pick<AnchorPayload, 'leaves'>): ReadonlySet<string> {
  return new Set(leaves.flatMap(({ statusLists }) => statusLists))
}

function parse(text: string): JsonObject {
  if (text.length > MAX_ANCHOR_DOCUMENT) throw malformed('the download is too large')
  try {
    return parseJsonObject(text, { maxBytes: MAX_ANCHOR_DOCUMENT })
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw malformed('the download is not a JSON object', cause)
  }
}
