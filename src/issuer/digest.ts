import { encodeBase64url, encodeUtf8 } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'
import { encodeFieldElement } from '../zk/index.ts'

/** SHA-256 of a text, base64url: what stands for a DID in keys of the store. */
export function digestOf(text: string): string {
  return encodeBase64url(sha256(encodeUtf8(text)))
}

/** The digest of a compliance credential as a text, as wallets and records name it. */
export function complianceDigestText(digest: bigint): string {
  return encodeFieldElement(digest)
}
