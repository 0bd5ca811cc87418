import { canonicalizeJson, parseJson, type JsonObject, type JsonValue } from '../../encoding/index.ts'
import { parseWebvhDid, type WebvhDid } from './location.ts'
import { withImplicitServices } from './services.ts'

/** The `did:web` at the same place as a `did:webvh`. */
export function parallelDid({ place }: WebvhDid): string {
  return `did:web:${place}`
}

/** Replaces a text wherever it occurs in a document, also within others. */
export function replaceText(document: JsonObject, from: string, to: string): JsonObject {
  const text = canonicalizeJson(document).replaceAll(from, to)
  return parseJson(text, { maxBytes: text.length * 3 + 1, maxDepth: 32 }) as JsonObject
}

/** Adds a name to the other names of a subject, where it is not there. */
export function withAlias(document: JsonObject, alias: string): JsonObject {
  const aliases = (document['alsoKnownAs'] ?? []) as readonly JsonValue[]
  return aliases.includes(alias) ? document : { ...document, alsoKnownAs: [...aliases, alias] }
}

/**
 * Makes the document of the `did:web` at the same place out of that of a `did:webvh`, for those who cannot resolve the
 * latter. What makes the history verifiable is lost with it.
 *
 * @param document - The document of the `did:webvh`, checked.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#publishing-a-parallel-didweb-did | did:webvh, Parallel did:web}
 */
export function parallelDidWeb(document: JsonObject): JsonObject {
  const subject = parseWebvhDid(document['id'] as string)
  const web = replaceText(withImplicitServices(document), `did:webvh:${subject.scid}:`, 'did:web:')
  const aliases = ((web['alsoKnownAs'] ?? []) as readonly JsonValue[]).filter(
    (name) => name !== parallelDid(subject),
  )
  return { ...web, alsoKnownAs: [...new Set([...aliases, subject.did])] }
}

/** What the host of the parallel `did:web` serves when the DID has come to its end. */
export function deactivatedDidWeb(subject: WebvhDid): JsonObject {
  const context = ['https://www.w3.org/ns/did/v1']
  return { '@context': context, id: parallelDid(subject), alsoKnownAs: [subject.did], deactivated: true }
}
