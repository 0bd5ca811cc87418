import { decodeBase64url, encodeBase64url } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import { bytesToNumber, numberToBytes } from './fields.ts'
import type { EscrowCiphertext } from './escrow.ts'
import type { Groth16Proof } from './groth16.ts'
import { P } from './pairing/fp2.ts'
import { FIELD_ORDER } from './poseidon.ts'

/** What a query implies of a proof's form. */
export interface ProofForm {
  /** Whether a pseudonym is asked for (`meta.domain`). */
  readonly domain: boolean
  /** Whether an auditor is named (`meta.auditor`). */
  readonly auditor: boolean
}

/** What a compliance proof consists of on the wire. */
export interface ComplianceProofParts extends Groth16Proof {
  /** The holder's pseudonym for the verifier; from 0 and below r. */
  readonly pseudonym?: bigint
  /** The credential's digest, sealed for the auditor. */
  readonly escrow?: EscrowCiphertext
}

/** A compliance proof of which the form is checked, and nothing else: not even whether its points are on their curves. */
export interface UnverifiedComplianceProof extends ComplianceProofParts {
  /** Tells it from what was verified. */
  readonly unverified: true
}

/** The first byte of a proof. */
export const PROOF_VERSION = 1

/** Bytes of a number of either field. */
const NUMBER_BYTES = 32
/** A, B and C. */
const POINT_NUMBERS = 8
const ESCROW_NUMBERS = 3

/**
 * Writes a compliance proof: base64url of the version (1), A, B, C, and where they are there the pseudonym and the sealed
 * digest, all numbers in 32 bytes, big-endian. Of B, the real parts come first: x₀, x₁, y₀, y₁ as in `x₀ + x₁·i`.
 *
 * @param proof - Numbers in range; see {@link ComplianceProofParts}.
 * @returns 343 to 514 characters.
 * @throws {TypeError} A number does not fit in 32 bytes.
 * @see docs/spec/zk.md, "Proof on the wire"
 */
export function encodeComplianceProof(proof: ComplianceProofParts): string {
  const { a, b, c, pseudonym, escrow } = proof
  const numbers = [a.x, a.y, b.x.c0, b.x.c1, b.y.c0, b.y.c1, c.x, c.y]
  if (pseudonym !== undefined) numbers.push(pseudonym)
  if (escrow !== undefined) numbers.push(escrow.c1.x, escrow.c1.y, escrow.sealed)
  const bytes = new Uint8Array(1 + numbers.length * NUMBER_BYTES)
  bytes[0] = PROOF_VERSION
  for (const [at, number] of numbers.entries()) {
    bytes.set(numberToBytes(number, NUMBER_BYTES), 1 + at * NUMBER_BYTES)
  }
  return encodeBase64url(bytes)
}

/**
 * Reads a compliance proof from a stranger. There is one text for each proof.
 *
 * The checks run in this order: length, base64url, version, each coordinate of A, B and C below p, all other numbers
 * below r.
 *
 * @param text - What {@link encodeComplianceProof} writes.
 * @param form - What the query implies: a proof with more or less is refused.
 * @returns The numbers, frozen.
 * @throws {VerificationError} `COMITY_ZK_PROOF_MALFORMED`.
 * @see docs/spec/zk.md, "Proof on the wire"
 */
export function parseComplianceProof(text: string, form: ProofForm): UnverifiedComplianceProof {
  const { domain, auditor } = form
  const count = POINT_NUMBERS + (domain ? 1 : 0) + (auditor ? ESCROW_NUMBERS : 0)
  const numbers = readNumbers(text, count)
  const [ax = 0n, ay = 0n, bx0 = 0n, bx1 = 0n, by0 = 0n, by1 = 0n, cx = 0n, cy = 0n] = numbers
  const rest = numbers.slice(POINT_NUMBERS)
  if (!numbers.slice(0, POINT_NUMBERS).every((number) => number < P))
    throw malformed('a coordinate is not below p')
  if (!rest.every((number) => number < FIELD_ORDER)) throw malformed('a number is not below r')
  const [pseudonym = 0n] = rest
  const [x = 0n, y = 0n, sealed = 0n] = rest.slice(domain ? 1 : 0)
  return Object.freeze({
    unverified: true,
    a: Object.freeze({ x: ax, y: ay }),
    b: Object.freeze({ x: Object.freeze({ c0: bx0, c1: bx1 }), y: Object.freeze({ c0: by0, c1: by1 }) }),
    c: Object.freeze({ x: cx, y: cy }),
    ...(domain ? { pseudonym } : {}),
    ...(auditor ? { escrow: Object.freeze({ c1: Object.freeze({ x, y }), sealed }) } : {}),
  })
}

function readNumbers(text: string, count: number): readonly bigint[] {
  const length = 1 + count * NUMBER_BYTES
  if (typeof text !== 'string' || text.length !== Math.ceil((length * 4) / 3)) {
    throw malformed('it is not as long as the query implies')
  }
  const bytes = decode(text)
  if (bytes[0] !== PROOF_VERSION) throw malformed('it is of another version')
  return Array.from({ length: count }, (_, at) =>
    bytesToNumber(bytes.subarray(1 + at * NUMBER_BYTES, 1 + (at + 1) * NUMBER_BYTES)),
  )
}

function decode(text: string): Uint8Array {
  try {
    return decodeBase64url(text)
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw malformed('it is not base64url', cause)
  }
}

function malformed(reason: string, cause?: ComityError): VerificationError {
  return new VerificationError('COMITY_ZK_PROOF_MALFORMED', `the compliance proof is malformed: ${reason}`, {
    spec: 'zk.md §10',
    ...(cause === undefined ? {} : { cause }),
  })
}
