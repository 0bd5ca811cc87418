import { encodeBase64url, lengthPrefixed } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'
import { bindingOf, type Occasion } from './binding.ts'

/**
 * The one audience of a JWT-SVID that is shown in one message: it names the run, the presenter's DID and role, so nobody
 * who sees the token can use it anywhere else.
 */
export function runAudience(occasion: Occasion): string {
  return `urn:comity:run:${bindingOf(occasion).nonce}`
}

/**
 * The verifier's name in an offer, whose presenter does not know yet to whom it speaks: `urn:comity:h1:` and base64url of
 * `H1`.
 *
 * @param version The version of the offer.
 * @param hello The decoded bytes of the hello's `clear`.
 */
export function unknownVerifier(version: string, hello: Uint8Array): string {
  const start = sha256(lengthPrefixed(version))
  return `urn:comity:h1:${encodeBase64url(sha256(lengthPrefixed(start, hello)))}`
}
