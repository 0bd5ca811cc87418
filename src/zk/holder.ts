import { isJsonObject } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'
import {
  assertSubgroupPoint,
  decodePoint,
  encodePoint,
  multiplyBase,
  randomScalar,
  SCALAR_BITS,
  type BabyJubJubPoint,
} from './baby-jubjub.ts'
import {
  decodeSignature,
  encodeSignature,
  signWithScalar,
  verifyEdDsaPoseidon,
  type EncodedSignature,
} from './eddsa-poseidon.ts'
import { hashToField } from './fields.ts'
import { poseidon } from './poseidon.ts'

/** The point that commits a holder to its secret, with a proof that it knows it. Fit for JSON. */
export interface HolderCommitment {
  /** The secret times the generator; coordinates as in a JWK. */
  readonly key: { readonly x: string; readonly y: string }
  /** A signature by the secret over the issuer's DID and its nonce. */
  readonly proof: EncodedSignature
}

/** For whom a commitment is made. */
export interface CommitmentContext {
  /** The issuer's DID. */
  readonly issuer: string
  /** The nonce that the issuer gave out, for one use. */
  readonly nonce: string
}

/** A holder's secret: uniform from 1 and below 2^250. Whoever has it can prove with the holder's credentials. */
export function createHolderSecret(): bigint {
  return randomScalar()
}

/**
 * The number by which a credential names its holder, hiding it.
 *
 * @throws {TypeError} The secret is out of range.
 */
export function holderCommitment(secret: bigint): bigint {
  return commitmentOf(holderKey(secret))
}

/**
 * A holder's pseudonym in a domain; 0 in the domain 0.
 *
 * @param domain - What `domainOf` gives.
 * @throws {TypeError} The secret is out of range.
 */
export function pseudonymOf(secret: bigint, domain: bigint): bigint {
  assertSecret(secret)
  return domain === 0n ? 0n : poseidon([secret, domain])
}

/**
 * Makes what a holder sends to an issuer: the issuer learns that it knows the secret, and not the secret.
 *
 * @throws {TypeError} The secret is out of range.
 * @see docs/spec/zk.md, "Holders"
 */
export async function commitHolder(secret: bigint, context: CommitmentContext): Promise<HolderCommitment> {
  const proof = encodeSignature(signWithScalar(assertSecret(secret), messageOf(context)))
  return Object.freeze({ key: Object.freeze(encodePoint(holderKey(secret))), proof })
}

/**
 * Checks what a holder sent.
 *
 * @param commitment - Of type {@link HolderCommitment}, from a stranger; other members are passed over.
 * @param context - The issuer's own DID, and the nonce that it gave out and takes once.
 * @returns The commitment for the credential.
 * @throws {VerificationError} `COMITY_ZK_HOLDER_PROOF_INVALID` when it is malformed, the key is not in the subgroup, or
 *   the proof is not by that key for this issuer and nonce.
 */
export function verifyHolderCommitment(commitment: unknown, context: CommitmentContext): bigint {
  if (!isJsonObject(commitment)) throw invalid('the commitment is not an object')
  const { key, proof } = commitment
  if (!isJsonObject(key) || !isJsonObject(proof)) throw invalid('the commitment has no key or no proof')
  try {
    const point = decodePoint(key)
    assertSubgroupPoint(point)
    if (verifyEdDsaPoseidon(point, messageOf(context), decodeSignature(proof))) return commitmentOf(point)
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw invalid('the commitment has a number that is no point or out of range', cause)
  }
  throw invalid('the proof does not verify')
}

function holderKey(secret: bigint): BabyJubJubPoint {
  return multiplyBase(assertSecret(secret))
}

function commitmentOf(key: BabyJubJubPoint): bigint {
  return poseidon([key.x, key.y])
}

function messageOf({ issuer, nonce }: CommitmentContext): bigint {
  return hashToField('holder', issuer, nonce)
}

function assertSecret(secret: bigint): bigint {
  if (secret >= 1n && secret < 1n << BigInt(SCALAR_BITS)) return secret
  throw new TypeError('a holder secret must be from 1 and below 2^250')
}

function invalid(message: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_ZK_HOLDER_PROOF_INVALID', message, {
    spec: 'zk.md §4',
    ...(cause === undefined ? {} : { cause }),
  })
}
