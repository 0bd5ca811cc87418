import { encodeBase64url, encodeUtf8 } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'

const MAX_PART_LENGTH = 256

/** A DID as one part of a key. A long one is hashed: keys are bounded, DIDs are as long as they like. */
export function keyPart(did: string): string {
  return did.length <= MAX_PART_LENGTH ? did : `sha256:${digestOf(did)}`
}

/** SHA-256 of texts, base64url; no two lists of texts share one. */
export function digestOf(...texts: readonly string[]): string {
  return encodeBase64url(sha256(encodeUtf8(JSON.stringify(texts))))
}
