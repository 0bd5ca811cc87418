import { encodeBase64url, encodeUtf8 } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'

/**
 * The digest that a credential is known by in sessions, records, events and wallets: SHA-256 of the JWS signing input
 * (header and payload, without the signature), base64url.
 *
 * The signature is left out because an ECDSA signature (ES256, ES384) has a twin that anyone can compute: of a digest
 * over the whole token the holder could choose between two, and a revocation would find only one. What is signed is
 * the issuer's alone to choose.
 *
 * @param token - Compact JWS. It is not verified here.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7515#section-5.1 | RFC 7515 §5.1}
 */
export function credentialDigest(token: string): string {
  const end = token.lastIndexOf('.')
  return encodeBase64url(sha256(encodeUtf8(end === -1 ? token : token.slice(0, end))))
}

/** Gives the digest of a credential. */
export type DigestOf = () => string

/**
 * As {@link credentialDigest}, but computed when it is first asked for: it is a good part of what a verification costs, and
 * many verifiers never look at it.
 *
 * @returns Gives the digest. Until it has been asked it keeps the token alive.
 */
export function digestOnDemand(token: string): DigestOf {
  let pending: string | undefined = token
  let digest = ''
  return () => {
    if (pending !== undefined) {
      digest = credentialDigest(pending)
      pending = undefined
    }
    return digest
  }
}
