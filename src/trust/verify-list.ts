import { verifySignedCredential, type SignedCredential } from '../credentials/index.ts'
import type { DidResolver } from '../did/index.ts'
import { VerificationError } from '../errors/index.ts'
import type { FetchBudget } from '../net/index.ts'
import { systemClock } from '../runtime/index.ts'
import { MAX_TRUST_LIST_LENGTH, readTrustList, type TrustListContent } from './list-document.ts'

/** How much clocks may differ, in seconds. */
export const TRUST_CLOCK_TOLERANCE: number = 60

/** A list that was seen before. */
export interface SeenList {
  /** Its sequence number. */
  readonly sequence: number
  /** Its digest: see `credentialDigest`. */
  readonly digest: string
}

/** What a verifier expects of a list. */
export interface VerifyTrustListOptions {
  /** The DID of the list's owner, who must have signed it. */
  readonly owner: string
  /** The URL that it was fetched from. */
  readonly url: string
  /** Resolves the owner. */
  readonly resolver: DidResolver
  /** The newest list of this owner and URL that was seen before. */
  readonly seen?: SeenList
  /** The current time in seconds since the Unix epoch. Defaults to the system clock. */
  readonly now?: number
  /** Bounds the look-ups. */
  readonly budget?: FetchBudget
}

declare const verified: unique symbol

/** A trust list that its owner signed, that is valid now and no older than one seen. Only {@link verifyTrustList} makes one. */
export interface VerifiedTrustList extends TrustListContent, SeenList {
  readonly [verified]: true
  /** The owner's DID. */
  readonly owner: string
  /** Seconds since the epoch. */
  readonly validFrom: number
  /** Seconds since the epoch. */
  readonly validUntil: number
}

const lists = new WeakSet<object>()

/**
 * Verifies a trust list.
 *
 * The checks run in this order: size (1 MiB), form, algorithm, owner, key in the owner's `assertionMethod`,
 * signature, times (60 seconds of clock difference), the list's own form, rollback.
 *
 * @param token - A compact JWS, `typ: vc+jwt`.
 * @param options - See {@link VerifyTrustListOptions}.
 * @returns The list, frozen.
 * @throws {VerificationError} The codes of `verifySignedCredential`, `COMITY_CREDENTIAL_ISSUER_MISMATCH` for a list of
 *   somebody else among them; `COMITY_TRUST_LIST_INVALID`; `COMITY_TRUST_LIST_ROLLBACK` when a list with a higher
 *   sequence number was seen, or another one with the same.
 * @throws {TrustError} When the owner cannot be resolved.
 * @throws {TypeError} An option is missing or out of range.
 */
export async function verifyTrustList(
  token: string,
  options: VerifyTrustListOptions,
): Promise<VerifiedTrustList> {
  const { owner, url, resolver, seen, now = systemClock.now(), budget } = options
  if (typeof url !== 'string' || url === '') throw new TypeError('options.url must be a non-empty string')
  if (typeof owner !== 'string' || owner === '')
    throw new TypeError('options.owner must be a non-empty string')
  const credential = await verifySignedCredential(token, {
    resolver,
    issuer: owner,
    now,
    clockTolerance: TRUST_CLOCK_TOLERANCE,
    maxLength: MAX_TRUST_LIST_LENGTH,
    ...(budget === undefined ? {} : { budget }),
  })
  const content = readTrustList(credential, url)
  if (seen !== undefined) checkRollback({ sequence: content.sequence, digest: credential.digest }, seen)
  return seal(credential, content)
}

/**
 * Refuses a list that is older than one seen. Two lists with one number are no better: one of them was replaced.
 *
 * @throws {VerificationError} `COMITY_TRUST_LIST_ROLLBACK`.
 */
export function checkRollback({ sequence, digest }: SeenList, seen: SeenList): void {
  if (sequence > seen.sequence || (sequence === seen.sequence && digest === seen.digest)) return
  const message =
    sequence === seen.sequence
      ? 'another trust list with this sequence number was seen'
      : 'a newer trust list was seen'
  throw new VerificationError('COMITY_TRUST_LIST_ROLLBACK', message, {
    spec: 'Comity trust §2.4',
    details: { sequence, seen: seen.sequence },
  })
}

/** Says whether a list is valid at a time, with the tolerance of {@link verifyTrustList}. */
export function isValidAt({ validFrom, validUntil }: VerifiedTrustList, now: number): boolean {
  return validFrom <= now + TRUST_CLOCK_TOLERANCE && validUntil > now - TRUST_CLOCK_TOLERANCE
}

/** @throws {TypeError} When a value did not come out of {@link verifyTrustList}. */
export function assertVerifiedTrustList(value: unknown): asserts value is VerifiedTrustList {
  if (typeof value === 'object' && value !== null && lists.has(value)) return
  throw new TypeError('the value is not a trust list that was verified')
}

function seal(credential: SignedCredential, content: TrustListContent): VerifiedTrustList {
  const { issuer: owner, validFrom, validUntil, digest } = credential
  const list = Object.freeze({ ...content, owner, validFrom, validUntil, digest }) as VerifiedTrustList
  lists.add(list)
  return list
}
