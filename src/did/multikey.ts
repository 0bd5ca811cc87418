import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384 } from '@noble/curves/nist.js'
import {
  concatBytes,
  decodeBase64url,
  decodeMultibase,
  decodeMulticodec,
  encodeBase64url,
  encodeMultibase,
  encodeMulticodec,
} from '../encoding/index.ts'
import { VerificationError } from '../errors/index.ts'
import { parsePublicJwk, type PublicJwk } from '../keys/index.ts'

type Curve = PublicJwk['crv']

/** Public key codes of the multicodec table. */
const CODES = { Ed25519: 0xed, X25519: 0xec, 'P-256': 0x1200, 'P-384': 0x1201 } as const satisfies Record<
  Curve,
  number
>
const CURVES: ReadonlyMap<number, Curve> = new Map(
  (Object.keys(CODES) as Curve[]).map((curve): [number, Curve] => [CODES[curve], curve]),
)
/** Codes of public keys of other kinds: secp256k1, BLS12-381, sr25519, P-521, Ed448, X448, RSA, SM2. */
const FOREIGN_CODES: ReadonlySet<number> = new Set([
  0xe7, 0xea, 0xeb, 0xee, 0xef, 0x1202, 0x1203, 0x1204, 0x1205, 0x1206,
])
const POINTS = { 'P-256': { curve: p256, bytes: 32 }, 'P-384': { curve: p384, bytes: 48 } } as const

function fromPoint(crv: 'P-256' | 'P-384', key: Uint8Array): PublicJwk {
  const { curve, bytes } = POINTS[crv]
  // A multikey holds compressed points only; noble would take an uncompressed one as well.
  if (key.length !== bytes + 1)
    throw new VerificationError('COMITY_JWK_INVALID', 'the key has the wrong length')
  let point: Uint8Array
  try {
    point = curve.Point.fromBytes(key).toBytes(false)
  } catch (cause) {
    throw new VerificationError('COMITY_JWK_INVALID', 'the key is not a point of its curve', { cause })
  }
  const x = encodeBase64url(point.subarray(1, 1 + bytes))
  const y = encodeBase64url(point.subarray(1 + bytes))
  return parsePublicJwk({ kty: 'EC', crv, x, y })
}

/**
 * Decodes a public key in multibase and multicodec.
 *
 * @param text - The value of `publicKeyMultibase`, or what a `did:key` ends in.
 * @returns The key; `undefined` when it is of a kind that is not supported.
 * @throws {VerificationError} `COMITY_MULTIBASE_INVALID`, `COMITY_MULTICODEC_INVALID` or `COMITY_JWK_INVALID` when
 *   it is malformed.
 * @see {@link https://www.w3.org/TR/cid-1.0/#Multikey | Controlled Identifiers §2.2.2}
 */
export function decodeMultikey(text: string): PublicJwk | undefined {
  const { code, key } = decodeMulticodec(decodeMultibase(text))
  const crv = CURVES.get(code)
  if (crv === undefined) return undefined
  if (crv === 'P-256' || crv === 'P-384') return fromPoint(crv, key)
  return parsePublicJwk({ kty: 'OKP', crv, x: encodeBase64url(key) })
}

/**
 * Says whether text is a public key in multibase and multicodec, of a kind that is known and not supported.
 *
 * @throws {VerificationError} `COMITY_MULTIBASE_INVALID` or `COMITY_MULTICODEC_INVALID` when it is malformed.
 */
export function isForeignMultikey(text: string): boolean {
  const { code, key } = decodeMulticodec(decodeMultibase(text))
  return FOREIGN_CODES.has(code) && key.length > 0
}

/**
 * Encodes a public key in multibase and multicodec, points of P-256 and P-384 compressed.
 *
 * @throws {VerificationError} `COMITY_JWK_INVALID` when it is no key.
 */
export function encodeMultikey(jwk: PublicJwk): string {
  const { crv, x, y } = parsePublicJwk(jwk)
  let key = decodeBase64url(x)
  if (y !== undefined) key = concatBytes(Uint8Array.of(2 + ((decodeBase64url(y).at(-1) ?? 0) & 1)), key)
  return encodeMultibase(encodeMulticodec(CODES[crv], key))
}

/**
 * Computes the X25519 key that belongs to an Ed25519 key.
 *
 * @see {@link https://w3c-ccg.github.io/did-key-spec/#derive-encryption-key-algorithm | did:key §3.1.3}
 */
export function deriveX25519(jwk: PublicJwk): PublicJwk {
  const x = encodeBase64url(ed25519.utils.toMontgomery(decodeBase64url(jwk.x)))
  return parsePublicJwk({ kty: 'OKP', crv: 'X25519', x })
}
