import { blake512 } from '@noble/hashes/blake1.js'
import { concatBytes, isJsonObject, type JsonObject } from '../encoding/index.ts'
import { randomBytes, sha512 } from '../runtime/index.ts'
import {
  assertSubgroupPoint,
  decodeFieldElement,
  decodePoint,
  encodeFieldElement,
  encodePoint,
  isOnCurve,
  multiplyBase,
  SUBGROUP_ORDER,
  subtractMultiples,
  type BabyJubJubPoint,
} from './baby-jubjub.ts'
import { bytesToNumber, numberToBytes } from './fields.ts'
import { assertFieldElement, poseidon } from './poseidon.ts'

/** A signature that a circuit can check cheaply. */
export interface EdDsaPoseidonSignature {
  /** The point of the nonce. */
  readonly r8: BabyJubJubPoint
  /** From 0 and below the order of the subgroup. */
  readonly s: bigint
}

/** A signature as JSON has it: numbers of 32 bytes, big-endian, in base64url. */
export interface EncodedSignature {
  /** The point of the nonce. */
  readonly r8: { readonly x: string; readonly y: string }
  /** The answer. */
  readonly s: string
}

/** Signs numbers of the field; never gives its key away. */
export interface ZkSigner {
  /** The key's DID URL, which the issuer's document has under `assertionMethod`. */
  readonly kid: string
  /** Its public key. */
  readonly publicKey: BabyJubJubPoint
  /**
   * Signs one number of the field.
   *
   * @throws {TypeError} It is no number of the field.
   */
  sign(message: bigint): Promise<EdDsaPoseidonSignature>
}

const PRIVATE_KEY_BYTES = 32

/** A private key of {@link createZkSigner}: 32 random bytes. */
export function generateZkPrivateKey(): Uint8Array<ArrayBuffer> {
  return randomBytes(PRIVATE_KEY_BYTES)
}

/**
 * Makes a signer of EdDSA with Poseidon over BabyJubJub, the same as circomlibjs' `signPoseidon` with the same key.
 *
 * BLAKE-512 of the private key gives 64 bytes. The first half, with its three lowest bits and its highest cleared and its
 * second-highest set, is the secret s in little-endian; the public key is (s / 8)·B8. The nonce is BLAKE-512 of the second
 * half and the message (32 bytes, little-endian), modulo the order of the subgroup: it is the same for the same message
 * and needs no random number.
 *
 * @param options - `privateKey` has 32 bytes.
 * @throws {TypeError} The private key is of another length.
 * @see docs/spec/zk.md, "Signatures"
 */
export function createZkSigner(options: { readonly kid: string; readonly privateKey: Uint8Array }): ZkSigner {
  const { kid, privateKey } = options
  if (privateKey.length !== PRIVATE_KEY_BYTES) throw new TypeError('options.privateKey must have 32 bytes')
  const expanded = blake512(privateKey)
  const half = expanded.slice(0, 32)
  half[0] = (half[0] ?? 0) & 0xf8
  half[31] = ((half[31] ?? 0) & 0x7f) | 0x40
  const secret = littleEndian(half)
  const prefix = expanded.slice(32)
  const publicKey = multiplyBase((secret >> 3n) % SUBGROUP_ORDER)
  return Object.freeze({
    kid,
    publicKey,
    sign: async (message: bigint): Promise<EdDsaPoseidonSignature> => {
      assertFieldElement(message)
      const bytes = numberToBytes(message, 32).reverse()
      const nonce = littleEndian(blake512.create().update(prefix).update(bytes).digest()) % SUBGROUP_ORDER
      return answer(nonce, secret, publicKey, message)
    },
  })
}

/**
 * Whether a signature is of that key over that number: `S·B8 = R8 + 8·h·A` with h = Poseidon(R8, A, message).
 *
 * @param publicKey - A key in the subgroup; another one has no valid signature.
 * @returns False too where a point is not on the curve or a number is out of range.
 */
export function verifyEdDsaPoseidon(
  publicKey: BabyJubJubPoint,
  message: bigint,
  signature: EdDsaPoseidonSignature,
): boolean {
  const { r8, s } = signature
  if (typeof s !== 'bigint' || s < 0n || s >= SUBGROUP_ORDER || !isOnCurve(r8)) return false
  try {
    assertSubgroupPoint(publicKey)
    const h = challengeOf(r8, publicKey, message)
    const expected = subtractMultiples(s, 8n * h, publicKey)
    return expected.x === r8.x && expected.y === r8.y
  } catch {
    return false
  }
}

/**
 * Signs with a secret that is the discrete logarithm of the public key, so that {@link verifyEdDsaPoseidon} accepts it.
 *
 * @param scalar - From 1 and below the order of the subgroup.
 * @param message - A number of the field.
 */
export function signWithScalar(scalar: bigint, message: bigint): EdDsaPoseidonSignature {
  const publicKey = multiplyBase(scalar)
  // Random, and bound to secret and message, so that a bad generator alone does not repeat it.
  const seed = [randomBytes(64), numberToBytes(scalar, 32), numberToBytes(message, 32)]
  const nonce = bytesToNumber(sha512(concatBytes(...seed))) % SUBGROUP_ORDER
  return answer(nonce, 8n * scalar, publicKey, message)
}

/** `R8 = nonce·B8` and `S = nonce + h·secret`, where secret is eight times the logarithm of the public key. */
function answer(
  nonce: bigint,
  secret: bigint,
  publicKey: BabyJubJubPoint,
  message: bigint,
): EdDsaPoseidonSignature {
  const r8 = multiplyBase(nonce)
  const s = (nonce + challengeOf(r8, publicKey, message) * secret) % SUBGROUP_ORDER
  return Object.freeze({ r8, s })
}

/** Writes a signature for JSON. */
export function encodeSignature({ r8, s }: EdDsaPoseidonSignature): EncodedSignature {
  return Object.freeze({ r8: Object.freeze(encodePoint(r8)), s: encodeFieldElement(s) })
}

/**
 * Reads a signature from a stranger, without checking it.
 *
 * @param value - Parsed JSON of the form of {@link EncodedSignature}.
 * @throws {VerificationError} `COMITY_ZK_KEY_INVALID` when a number is missing, of another length or spelling, or not below
 *   the order of the field.
 */
export function decodeSignature(value: JsonObject): EdDsaPoseidonSignature {
  const { r8, s } = value
  return Object.freeze({ r8: decodePoint(isJsonObject(r8) ? r8 : {}), s: decodeFieldElement(s) })
}

function challengeOf(r8: BabyJubJubPoint, key: BabyJubJubPoint, message: bigint): bigint {
  return poseidon([r8.x, r8.y, key.x, key.y, message])
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytesToNumber(bytes.toReversed())
}
