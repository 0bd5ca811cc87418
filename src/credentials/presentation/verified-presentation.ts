import type { JsonObject } from '../../encoding/index.ts'
import type { SignedCredential, VerifiedCredential } from '../verified-credential.ts'
import type { UnverifiedPresentation } from './unverified-presentation.ts'

declare const verified: unique symbol

/** A presentation that its holder signed for this verifier and this occasion. Only `verifyPresentation` makes one. */
export interface VerifiedPresentation {
  readonly [verified]: true
  /** Who showed it: a DID. */
  readonly holder: string
  /** All its types, `VerifiablePresentation` among them. */
  readonly types: readonly string[]
  /** Its own URL, where it has one. */
  readonly id?: string
  /** The whole presentation, frozen. */
  readonly document: JsonObject
  /** The DID URL of the key that signed it. */
  readonly kid: string
  /** The credentials about the holder, which went through all checks. */
  readonly credentials: readonly VerifiedCredential[]
  /** Those about others, where they are accepted: issuer and times are verified, nothing else. */
  readonly others: readonly SignedCredential[]
}

const verifiedPresentations = new WeakSet<object>()

/** What was verified inside a presentation. */
interface Findings {
  readonly credentials: readonly VerifiedCredential[]
  readonly others: readonly SignedCredential[]
}

/** Makes the value that says that all checks passed. For `verifyPresentation` alone. */
export function sealPresentation(
  { holder, types, id, document, kid }: UnverifiedPresentation,
  { credentials, others }: Findings,
): VerifiedPresentation {
  const value = Object.freeze({
    holder,
    types,
    ...(id === undefined ? {} : { id }),
    document,
    kid,
    credentials: Object.freeze([...credentials]),
    others: Object.freeze([...others]),
  }) as VerifiedPresentation
  verifiedPresentations.add(value)
  return value
}

/**
 * Makes sure that a value came out of `verifyPresentation`.
 *
 * @param value - Any value.
 * @throws {TypeError} When it did not: the caller has a bug, or made the value by hand.
 */
export function assertVerifiedPresentation(value: unknown): asserts value is VerifiedPresentation {
  if (typeof value === 'object' && value !== null && verifiedPresentations.has(value)) return
  throw new TypeError('the value is not a presentation that was verified')
}
