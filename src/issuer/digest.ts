import { encodeBase64url, encodeUtf8 } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'

/** SHA-256 of a text, base64url: what stands for a DID in keys of the store. */
export function digestOf(text: string): string {
  return encodeBase64url(sha256(encodeUtf8(text)))
}
