import { p256 } from '@noble/curves/nist.js'
import type { IKey } from '@veramo/core'
import { encodeBase64url } from '../../encoding/index.ts'
import { parsePublicJwk, type PublicJwk, type SignatureAlgorithm } from '../../keys/index.ts'

/** Veramo's names: of the kind of key, and of the algorithm. P-256 is its `Secp256r1`. */
const VERAMO: Partial<Record<SignatureAlgorithm, { readonly type: string; readonly alg: string }>> = {
  Ed25519: { type: 'Ed25519', alg: 'EdDSA' },
  EdDSA: { type: 'Ed25519', alg: 'EdDSA' },
  ES256: { type: 'Secp256r1', alg: 'ES256' },
}

/**
 * Veramo's names for an algorithm.
 *
 * @throws {TypeError} Veramo's key management has none.
 */
export function veramoNames(alg: SignatureAlgorithm): { readonly type: string; readonly alg: string } {
  const names = VERAMO[alg]
  if (names === undefined) throw new TypeError(`Veramo makes no keys for ${alg}`)
  return names
}

/**
 * Reads the public part of a key of an agent.
 *
 * @throws {VerificationError} `COMITY_JWK_INVALID` when it is no sound point of its curve.
 * @throws {TypeError} It is neither an Ed25519 nor a P-256 key in hexadecimal.
 */
export function toPublicJwk({ type, publicKeyHex }: Pick<IKey, 'type' | 'publicKeyHex'>): PublicJwk {
  if (type === 'Ed25519') {
    return parsePublicJwk({
      kty: 'OKP',
      crv: 'Ed25519',
      x: encodeBase64url(Buffer.from(publicKeyHex, 'hex')),
    })
  }
  if (type === 'Secp256r1') {
    const point = pointOf(publicKeyHex)
    const x = encodeBase64url(point.subarray(1, 33))
    return parsePublicJwk({ kty: 'EC', crv: 'P-256', x, y: encodeBase64url(point.subarray(33)) })
  }
  throw new TypeError('the key of the agent is neither Ed25519 nor Secp256r1')
}

function pointOf(hex: string): Uint8Array {
  try {
    return p256.Point.fromHex(hex).toBytes(false)
  } catch (cause) {
    throw new TypeError('the public key of the agent is no point of P-256', { cause })
  }
}
