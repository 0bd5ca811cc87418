import type { JsonObject } from '../../encoding/index.ts'
import type { WebvhDid } from './location.ts'

/** A file for the host of a DID to serve. */
export interface WebvhFile {
  /** The path of its URL, such as `/.well-known/did.jsonl`. */
  readonly path: string
  /** The media type to serve it as. */
  readonly contentType: string
  /** The text, in UTF-8. */
  readonly body: string
}

/** The log of a DID as a file. */
export function logFile({ logUrl }: WebvhDid, body: string): WebvhFile {
  return Object.freeze({ path: new URL(logUrl).pathname, contentType: 'text/jsonl', body })
}

/** The proofs of witnesses as a file. */
export function witnessFile({ witnessUrl }: WebvhDid, records: readonly JsonObject[]): WebvhFile {
  const body = JSON.stringify(records)
  return Object.freeze({ path: new URL(witnessUrl).pathname, contentType: 'application/json', body })
}

/** The document of the `did:web` at the same place as a file. */
export function webFile({ logUrl }: WebvhDid, document: JsonObject): WebvhFile {
  const path = new URL(logUrl).pathname.replace(/jsonl$/, 'json')
  return Object.freeze({ path, contentType: 'application/did+json', body: JSON.stringify(document) })
}
