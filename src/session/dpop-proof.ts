import { encodeBase64url, encodeUtf8, type JsonObject } from '../encoding/index.ts'
import { signJws, type Signer } from '../keys/index.ts'
import { randomId, sha256, systemClock } from '../runtime/index.ts'
import { normalizeTargetUri } from './target-uri.ts'

/** The media type of a proof, as its header has it. */
export const DPOP_TYP = 'dpop+jwt'

/** What a proof is made of. */
export interface CreateDpopProofOptions {
  /** The signer of the session key. Its public key goes into the proof. */
  readonly signer: Signer
  /** The method of the request, spelled as it is sent: `GET`. */
  readonly method: string
  /** The absolute URL of the request. Query and fragment are left out of the proof. */
  readonly url: string
  /** The access token that goes with the request; without one the proof has no `ath`. */
  readonly accessToken?: string
  /** The nonce that the server asked for. */
  readonly nonce?: string
  /** Seconds since the epoch. Defaults to the system clock. */
  readonly now?: number
}

/**
 * Makes the proof that a request comes from the holder of the session key. It can be used once.
 *
 * @param options - See {@link CreateDpopProofOptions}.
 * @returns The value of the `DPoP` header.
 * @throws {TypeError} The method is empty, or the URL not absolute, `http` or `https`, of at most 4096 characters.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-4.2 | RFC 9449 §4.2}
 */
export async function createDpopProof(options: CreateDpopProofOptions): Promise<string> {
  const { signer, method, url, accessToken, nonce, now = systemClock.now() } = options
  const htu = normalizeTargetUri(url)
  if (method === '') throw new TypeError('options.method must not be empty')
  if (htu === undefined) throw new TypeError('options.url must be an absolute http or https URL')
  const payload: JsonObject = {
    jti: randomId(),
    htm: method,
    htu,
    iat: Math.floor(now),
    ...(accessToken === undefined ? {} : { ath: accessTokenHash(accessToken) }),
    ...(nonce === undefined ? {} : { nonce }),
  }
  return await signJws({ header: { typ: DPOP_TYP }, payload, signer, includeJwk: true })
}

/** The claim `ath`: SHA-256 of the access token, base64url. */
export function accessTokenHash(accessToken: string): string {
  return encodeBase64url(sha256(encodeUtf8(accessToken)))
}
