import { encodeBase64url } from '../encoding/index.ts'
import { close, malformed, open, take, TAG, wholeOf, type DerElement } from './der.ts'
import { readAlgorithm, readBits, readIntegerPair, readObjectId } from './der-values.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** The families of signatures, named as Web Crypto does; `unsupported` for all others. */
export type SignatureKind = 'ECDSA' | 'RSASSA-PKCS1-v1_5' | 'Ed25519' | 'unsupported'

/** The public key of a certificate. */
export interface CertificateKey {
  /** What signatures it verifies. An RSA key below 2048 bits, or above 16 384, verifies none. */
  readonly kind: SignatureKind
  /** Its members as a JWK; `kty` alone where the others are not known here. */
  readonly jwk: Readonly<Record<string, string>>
  /** SubjectPublicKeyInfo, DER. */
  readonly spki: Bytes
}

const EC = '1.2.840.10045.2.1'
const RSA = '1.2.840.113549.1.1.1'
const ED25519 = '1.3.101.112'
const MIN_RSA_BYTES = 256
const MAX_RSA_BYTES = 2048
const MAX_EXPONENT_BYTES = 4
const ED25519_BYTES = 32
const UNCOMPRESSED = 4

/** By object identifier: the curve's name, and the bytes of a coordinate. */
const CURVES: ReadonlyMap<string, readonly [name: string, bytes: number]> = new Map([
  ['1.2.840.10045.3.1.7', ['P-256', 32]],
  ['1.3.132.0.34', ['P-384', 48]],
  ['1.3.132.0.35', ['P-521', 66]],
])

/**
 * Reads a SubjectPublicKeyInfo.
 *
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED`, also where the key is not of the form that its algorithm
 *   asks for. Whether a point is on its curve shows when it is used.
 */
export function readPublicKey(element: DerElement): CertificateKey {
  const cursor = open(element)
  const { id, parameters } = readAlgorithm(take(cursor, TAG.sequence))
  const bits = readBits(take(cursor, TAG.bitString))
  close(cursor)
  const read = id === RSA ? readRsa(bits) : id === EC ? readEc(bits, parameters) : readOther(bits, id)
  return Object.freeze({ ...read, spki: wholeOf(element) })
}

type Read = Omit<CertificateKey, 'spki'>

function readRsa(bits: Bytes): Read {
  const [n, e] = readIntegerPair(bits)
  const isSound = n.length >= MIN_RSA_BYTES && n.length <= MAX_RSA_BYTES && e.length <= MAX_EXPONENT_BYTES
  return {
    kind: isSound ? 'RSASSA-PKCS1-v1_5' : 'unsupported',
    jwk: Object.freeze({ kty: 'RSA', n: encodeBase64url(n), e: encodeBase64url(e) }),
  }
}

function readEc(bits: Bytes, parameters: DerElement | undefined): Read {
  const curve = parameters?.tag === TAG.objectId ? CURVES.get(readObjectId(parameters)) : undefined
  if (curve === undefined) return { kind: 'unsupported', jwk: Object.freeze({ kty: 'EC' }) }
  const [crv, size] = curve
  if (bits.length !== 1 + 2 * size || bits[0] !== UNCOMPRESSED) throw malformed('its key is no point')
  const [x, y] = [bits.subarray(1, 1 + size), bits.subarray(1 + size)].map(encodeBase64url)
  return { kind: 'ECDSA', jwk: Object.freeze({ kty: 'EC', crv, x: x ?? '', y: y ?? '' }) }
}

function readOther(bits: Bytes, id: string): Read {
  if (id !== ED25519) return { kind: 'unsupported', jwk: Object.freeze({ kty: 'OKP' }) }
  if (bits.length !== ED25519_BYTES) throw malformed('its key is of another length')
  return { kind: 'Ed25519', jwk: Object.freeze({ kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(bits) }) }
}
