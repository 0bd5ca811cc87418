import { encodeBase64url, encodeUtf8, equalBytes, lengthPrefixed } from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { sha256 } from '../runtime/index.ts'

/**
 * The running hash over every byte that both sides must agree on.
 *
 * `H0 = SHA-256(enc(version))`, `H1` adds the decoded bytes of the hello's `clear`, `H2` those of the
 * offer's, and each boxed JWS (the ASCII of its compact form) adds one more. What is hashed are the bytes
 * as received, never a re-serialisation.
 *
 * @param version The version on the wire, such as `comity/1-draft`.
 * @param hello The decoded bytes of the hello's `clear`.
 * @param offer The decoded bytes of the offer's `clear`.
 * @returns `H2`, 32 bytes.
 */
export function transcriptOfClear(version: string, hello: Uint8Array, offer: Uint8Array): Uint8Array {
  const start = sha256(lengthPrefixed(version))
  return sha256(lengthPrefixed(sha256(lengthPrefixed(start, hello)), offer))
}

/** `H(k+1) = SHA-256(enc(Hk, Jk))`: the transcript, extended by one boxed JWS in compact form. */
export function extendTranscript(hash: Uint8Array, jws: string): Uint8Array {
  return sha256(lengthPrefixed(hash, encodeUtf8(jws)))
}

/** The `th` claim for a transcript hash: base64url of its 32 bytes. */
export function transcriptClaim(hash: Uint8Array): string {
  return encodeBase64url(hash)
}

/**
 * Checks a received `th` against the own running hash: nothing was changed, dropped, reordered or spliced
 * in from another run.
 *
 * @throws {VerificationError} `COMITY_HANDSHAKE_TRANSCRIPT` when they differ.
 */
export function assertTranscript(th: unknown, hash: Uint8Array): void {
  const expected = encodeUtf8(transcriptClaim(hash))
  if (typeof th !== 'string' || !equalBytes(encodeUtf8(th), expected)) {
    throw new VerificationError('COMITY_HANDSHAKE_TRANSCRIPT', '`th` is not the hash of this run', {
      spec: 'comity handshake, check 2',
    })
  }
}
