import { decodeBase64url, encodeBase64url } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import {
  assertSubgroupPoint,
  babyJubJubJwk,
  multiplyBase,
  multiplyPoint,
  randomScalar,
  SUBGROUP_ORDER,
  type BabyJubJubJwk,
  type BabyJubJubPoint,
} from './baby-jubjub.ts'
import { bytesToNumber, numberToBytes } from './fields.ts'
import { FIELD_ORDER, poseidon } from './poseidon.ts'

/** A credential's digest, sealed for an auditor: ElGamal on BabyJubJub with a Poseidon hash of the shared point. */
export interface EscrowCiphertext {
  /** The nonce times the generator. */
  readonly c1: BabyJubJubPoint
  /** The digest plus the Poseidon hash of the nonce times the auditor's key. */
  readonly sealed: bigint
}

/** An auditor's key. */
export interface AuditorKey {
  /** Secret: 32 bytes, big-endian, from 1 and below 2^250. */
  readonly privateKey: Uint8Array<ArrayBuffer>
  /** Public: for `keyAgreement` in the auditor's DID document. */
  readonly jwk: BabyJubJubJwk
}

const NUMBER_BYTES = 32
const CIPHERTEXT_BYTES = 3 * NUMBER_BYTES

/** Makes a key for an auditor. */
export function generateAuditorKey(): AuditorKey {
  const scalar = randomScalar()
  return Object.freeze({
    privateKey: numberToBytes(scalar, NUMBER_BYTES),
    jwk: babyJubJubJwk(multiplyBase(scalar)),
  })
}

/**
 * Opens what a compliance proof sealed for an auditor.
 *
 * Take it from a verified proof: only the proof says that what is sealed is the digest of the credential. Of anything
 * else, and with another key, the answer is a number that no credential has.
 *
 * @param ciphertext - `escrow.ciphertext` of a verified proof: 96 bytes in base64url.
 * @param privateKey - Of {@link AuditorKey}.
 * @returns The digest of the credential that the proof is about: the issuer knows whose it is.
 * @throws {VerificationError} `COMITY_ZK_ESCROW_MALFORMED` when it has another form, a number is not below r, or its
 *   point is not in the subgroup of prime order, where the answer would tell something of the key.
 * @throws {TypeError} The key is no private key of an auditor.
 * @see docs/spec/zk.md, "Escrow"
 */
export function openEscrow(ciphertext: string, privateKey: Uint8Array): bigint {
  const scalar = scalarOf(privateKey)
  const { c1, sealed } = decodeEscrow(ciphertext)
  try {
    assertSubgroupPoint(c1)
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw malformed('its point is not in the subgroup', cause)
  }
  const shared = multiplyPoint(c1, scalar)
  const digest = sealed - poseidon([shared.x, shared.y])
  return digest < 0n ? digest + FIELD_ORDER : digest
}

/** Writes a sealed digest: the point and the sealed number, 32 bytes each number, big-endian, in base64url. */
export function encodeEscrow({ c1, sealed }: EscrowCiphertext): string {
  const bytes = new Uint8Array(CIPHERTEXT_BYTES)
  for (const [at, number] of [c1.x, c1.y, sealed].entries()) {
    bytes.set(numberToBytes(number, NUMBER_BYTES), at * NUMBER_BYTES)
  }
  return encodeBase64url(bytes)
}

function decodeEscrow(text: string): EscrowCiphertext {
  const bytes = decode(text)
  const [x = 0n, y = 0n, sealed = 0n] = [0, 1, 2].map((at) =>
    bytesToNumber(bytes.subarray(at * NUMBER_BYTES, (at + 1) * NUMBER_BYTES)),
  )
  if (sealed >= FIELD_ORDER) throw malformed('a number is not below r')
  return { c1: { x, y }, sealed }
}

function decode(text: string): Uint8Array {
  if (typeof text !== 'string' || text.length !== (CIPHERTEXT_BYTES * 4) / 3) {
    throw malformed('it has another length')
  }
  try {
    return decodeBase64url(text)
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw malformed('it is not base64url', cause)
  }
}

function scalarOf(privateKey: Uint8Array): bigint {
  if (!(privateKey instanceof Uint8Array) || privateKey.length !== NUMBER_BYTES) {
    throw new TypeError('privateKey must be 32 bytes')
  }
  const scalar = bytesToNumber(privateKey)
  if (scalar < 1n || scalar >= SUBGROUP_ORDER) throw new TypeError('privateKey is out of range')
  return scalar
}

function malformed(reason: string, cause?: ComityError): VerificationError {
  return new VerificationError('COMITY_ZK_ESCROW_MALFORMED', `the sealed digest is malformed: ${reason}`, {
    spec: 'zk.md §11',
    ...(cause === undefined ? {} : { cause }),
  })
}
