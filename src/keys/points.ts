import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { p256, p384 } from '@noble/curves/nist.js'
import { concatBytes } from '../encoding/index.ts'
import type { PublicJwk } from './jwk.ts'

const X25519_FIELD_PRIME = 2n ** 255n - 19n
const UNCOMPRESSED = Uint8Array.of(4)
/** Any scalar does: clamping makes it a multiple of 8, which sends each point of small order to zero. */
const ANY_SCALAR = new Uint8Array(32).fill(1)

/**
 * Says whether coordinates are a public key that an honest party could have.
 *
 * For P-256 and P-384: both below the field prime, and on the curve. For Ed25519: a canonical encoding
 * of a point on the curve that is not of small order, since under a key of small order one signature
 * fits many messages. For X25519: canonical, and not of small order, since such a share makes the
 * agreed secret known to everybody.
 *
 * @param crv - The curve.
 * @param x - The `x` member, decoded, of the curve's length.
 * @param y - The `y` member, decoded, of the curve's length; none for Ed25519 and X25519.
 * @returns Whether the key is sound.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8032#section-5.1.3 | RFC 8032 §5.1.3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc7748#section-6.1 | RFC 7748 §6.1}
 */
export function isSoundPoint(crv: PublicJwk['crv'], x: Uint8Array, y: Uint8Array | undefined): boolean {
  try {
    switch (crv) {
      case 'Ed25519':
        return !ed25519.Point.fromBytes(x, false).isSmallOrder()
      case 'X25519':
        return isSoundX25519(x)
      case 'P-256':
        return y !== undefined && !p256.Point.fromBytes(concatBytes(UNCOMPRESSED, x, y)).is0()
      case 'P-384':
        return y !== undefined && !p384.Point.fromBytes(concatBytes(UNCOMPRESSED, x, y)).is0()
    }
  } catch {
    return false
  }
}

function isSoundX25519(x: Uint8Array): boolean {
  let u = 0n
  for (const byte of x.toReversed()) u = (u << 8n) | BigInt(byte)
  if (u >= X25519_FIELD_PRIME) return false
  // Throws when the result is zero.
  x25519.getSharedSecret(ANY_SCALAR, x)
  return true
}

/**
 * Computes the public coordinates that belong to a private key.
 *
 * @param crv - The curve.
 * @param d - The private key, of the curve's length.
 * @returns The coordinates, or undefined where `d` is no private key of the curve.
 */
export function publicCoordinates(
  crv: PublicJwk['crv'],
  d: Uint8Array,
): { readonly x: Uint8Array; readonly y?: Uint8Array } | undefined {
  try {
    switch (crv) {
      case 'Ed25519':
        return { x: ed25519.getPublicKey(d) }
      case 'X25519':
        return { x: x25519.getPublicKey(d) }
      case 'P-256':
        return split(p256.getPublicKey(d, false))
      case 'P-384':
        return split(p384.getPublicKey(d, false))
    }
  } catch {
    return undefined
  }
}

function split(point: Uint8Array): { readonly x: Uint8Array; readonly y: Uint8Array } {
  const half = (point.length - 1) / 2
  return { x: point.subarray(1, 1 + half), y: point.subarray(1 + half) }
}
