import { canonicalizeJson, encodeUtf8, type JsonValue } from '../encoding/index.ts'
import { PolicyError } from '../errors/index.ts'
import type { Demand, ZkQuery } from '../demand/index.ts'
import { sha256 } from '../runtime/index.ts'
import type { BabyJubJubPoint } from './baby-jubjub.ts'
import { hashToField, numberToBytes } from './fields.ts'
import { poseidon } from './poseidon.ts'

/** Whose proof it is, for whom, and about which demand. */
export interface ChallengeParts {
  /** The thumbprint of the prover's DID key (RFC 7638, SHA-256, base64url). */
  readonly key: string
  /** The verifier's DID. */
  readonly audience: string
  /** The verifier's demand, with its epoch. */
  readonly demand: Demand
  /** The id of the query that the proof answers. */
  readonly query: string
  /** The start of the epoch, in seconds. */
  readonly epoch: number
}

/** What a proof states; all but the audience's secrets is known to the verifier. */
export interface Statement {
  /** The digest of the compiled policy. */
  readonly policy: bigint
  /** The root of the tree of accepted issuers. */
  readonly anchors: bigint
  /** The start of the epoch, in seconds. */
  readonly epoch: number
  /** What {@link challengeOf} gives. */
  readonly challenge: bigint
  /** What {@link domainOf} gives; 0 where no pseudonym is asked for. */
  readonly domain: bigint
  /** The holder's pseudonym; 0 where none is asked for. */
  readonly pseudonym: bigint
  /** What {@link escrowDigest} gives; 0 where no auditor is named. */
  readonly escrow: bigint
}

const DIGEST_BYTES = 31
const EPOCH_BYTES = 8

/** Demands are frozen and used again; one is hashed once. */
const digests = new WeakMap<Demand, Uint8Array>()

/**
 * The digest of a demand in a challenge.
 *
 * @param demand - A parsed demand, which is frozen.
 * @returns The first 31 bytes of the SHA-256 of its canonical JSON.
 */
export function demandDigest(demand: Demand): Uint8Array {
  const known = digests.get(demand)
  if (known !== undefined) return known
  const digest = sha256(encodeUtf8(canonicalizeJson(demand as unknown as JsonValue)))
  const short = digest.subarray(0, DIGEST_BYTES)
  if (Object.isFrozen(demand)) digests.set(demand, short)
  return short
}

/**
 * What ties a proof to who shows it, to whom, and for which demand.
 *
 * @throws {TypeError} The epoch is not a whole number from 0.
 * @see docs/spec/zk.md, "Statement"
 */
export function challengeOf(parts: ChallengeParts): bigint {
  const { key, audience, demand, query, epoch } = parts
  if (!Number.isSafeInteger(epoch) || epoch < 0) throw new TypeError('epoch must be a whole number from 0')
  return hashToField(
    'challenge',
    key,
    audience,
    demandDigest(demand),
    query,
    numberToBytes(BigInt(epoch), EPOCH_BYTES),
  )
}

/**
 * The domain of a holder's pseudonym for a query: 0 where the query asks for none.
 *
 * @param audience - The verifier's DID, which the prover knows by itself.
 * @throws {PolicyError} `COMITY_ZK_DOMAIN_FOREIGN` when the query names another DID: verifiers that agreed on one could
 *   follow the holder.
 */
export function domainOf(query: ZkQuery, audience: string): bigint {
  const { domain } = query.meta
  if (domain === undefined) return 0n
  if (domain !== audience) {
    throw new PolicyError('COMITY_ZK_DOMAIN_FOREIGN', 'the query asks for a pseudonym for another DID', {
      spec: 'zk.md §7',
    })
  }
  return hashToField('domain', audience)
}

/**
 * The digest of a sealed credential digest.
 *
 * @param auditor - The key of the auditor.
 * @param c1 - The nonce times the generator.
 * @param ciphertext - The credential's digest plus the Poseidon hash of the nonce times the auditor's key.
 */
export function escrowDigest(auditor: BabyJubJubPoint, c1: BabyJubJubPoint, ciphertext: bigint): bigint {
  return poseidon([auditor.x, auditor.y, c1.x, c1.y, ciphertext])
}

/** The one public input of a proof. */
export function statementOf(statement: Statement): bigint {
  const { policy, anchors, epoch, challenge, domain, pseudonym, escrow } = statement
  return poseidon([policy, anchors, BigInt(epoch), challenge, domain, pseudonym, escrow])
}
