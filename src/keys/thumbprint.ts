import { encodeBase64url, encodeUtf8 } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'
import type { PublicJwk } from './jwk.ts'

/** Of keys that cannot change any more: those of issuers and peers are asked for again and again. */
const thumbprints = new WeakMap<PublicJwk, string>()

/**
 * Computes a key's JWK thumbprint with SHA-256.
 *
 * @param jwk - A public key. Only `kty`, `crv`, `x` and `y` count.
 * @returns The thumbprint in base64url, 43 characters.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7638#section-3 | RFC 7638 §3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8037#section-2 | RFC 8037 §2}
 */
export function jwkThumbprint(jwk: PublicJwk): string {
  const known = thumbprints.get(jwk)
  if (known !== undefined) return known
  const { kty, crv, x, y } = jwk
  // The members must stand in this order, which is that of their names.
  const members = kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x }
  const thumbprint = encodeBase64url(sha256(encodeUtf8(JSON.stringify(members))))
  if (Object.isFrozen(jwk)) thumbprints.set(jwk, thumbprint)
  return thumbprint
}
