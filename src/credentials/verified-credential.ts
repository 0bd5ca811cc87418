import type { JsonObject } from '../encoding/index.ts'
import type { DigestOf } from './credential-digest.ts'
import type { CredentialFormat } from './format.ts'
import type { StatusReference } from './status-entry.ts'
import type { UnverifiedCredential } from './unverified-credential.ts'

declare const signed: unique symbol
declare const verified: unique symbol

/**
 * A credential that its issuer signed and whose times are good. It says who said something, not whether to believe
 * it: whom it is about, its type, its status and the issuer's standing were *not* looked at.
 */
export interface SignedCredential {
  readonly [signed]: true
  /** How it is secured. */
  readonly format: CredentialFormat
  /** The issuer's DID. */
  readonly issuer: string
  /**
   * All its types, `VerifiableCredential` among them. An SD-JWT VC has one: the name of ours where `vct` says one of
   * ours, and `vct` itself otherwise.
   */
  readonly types: readonly string[]
  /** The type as an SD-JWT VC names it; absent in the other formats. */
  readonly vct?: string
  /** Its own URL, where it has one. */
  readonly id?: string
  /** The whole credential, frozen. Of an SD-JWT VC: its claims with what was disclosed, and no digests. */
  readonly document: JsonObject
  /** Seconds since the epoch; −Infinity where it names no start. */
  readonly validFrom: number
  /** Seconds since the epoch; Infinity where it names no end. */
  readonly validUntil: number
  /** The DID URL of the key that signed it. */
  readonly kid: string
  /** What it is known by in sessions, records and events: see `credentialDigest`. The issuer alone can choose it. */
  readonly digest: string
}

/** A credential that went through all checks. Only `verifyCredential` makes one. */
export interface VerifiedCredential extends Omit<SignedCredential, typeof signed> {
  readonly [verified]: true
  /** Whom it is about and who showed it: a DID. An SD-JWT VC that does not say whom it is about is bound to a key of it. */
  readonly subject: string
  /** Where its status is to be looked up again; empty where it has none. */
  readonly status: readonly StatusReference[]
  /** Why the issuer was believed, for the audit record. */
  readonly trustReason: string
}

const verifiedCredentials = new WeakSet<object>()
const signedCredentials = new WeakSet<object>()

/** What only the checks know, beside the credential itself. */
interface Findings {
  readonly format: CredentialFormat
  readonly holder: string
  readonly status: readonly StatusReference[]
  readonly trustReason: string
  readonly digest: DigestOf
}

/** Makes the value that says that all checks passed. For `verifyCredential` alone. */
export function sealVerified(credential: UnverifiedCredential, findings: Findings): VerifiedCredential {
  const { format, holder, status, trustReason, digest } = findings
  const value = Object.freeze(
    Object.assign(common(credential, format, digest), {
      subject: holder,
      status: Object.freeze([...status]),
      trustReason,
    }),
  ) as VerifiedCredential
  verifiedCredentials.add(value)
  return value
}

/** Makes the value that says that the signature and the times are good. For `verifySignedCredential` alone. */
export function sealSigned(credential: UnverifiedCredential, digest: DigestOf): SignedCredential {
  const value = Object.freeze(common(credential, 'vc+jwt', digest)) as SignedCredential
  signedCredentials.add(value)
  return value
}

/**
 * Makes sure that a value came out of `verifyCredential`.
 *
 * @param value - Any value.
 * @throws {TypeError} When it did not: the caller has a bug, or made the value by hand.
 */
export function assertVerifiedCredential(value: unknown): asserts value is VerifiedCredential {
  if (typeof value === 'object' && value !== null && verifiedCredentials.has(value)) return
  throw new TypeError('the value is not a credential that was verified')
}

/**
 * Makes sure that a value came out of `verifySignedCredential`.
 *
 * @param value - Any value.
 * @throws {TypeError} When it did not.
 */
export function assertSignedCredential(value: unknown): asserts value is SignedCredential {
  if (typeof value === 'object' && value !== null && signedCredentials.has(value)) return
  throw new TypeError('the value is not a credential whose signature was verified')
}

/** The members that both have. Written out, not spread: this is done for every credential that is verified. */
function common(
  { issuer, types, vct, id, document, validFrom, validUntil, kid }: UnverifiedCredential,
  format: CredentialFormat,
  digest: DigestOf,
): Mutable<Omit<SignedCredential, typeof signed>> {
  const value: Mutable<Omit<SignedCredential, typeof signed>> = {
    format,
    issuer,
    types,
    document,
    validFrom,
    validUntil,
    kid,
    // Enumerable like the others, and copied as a value.
    get digest() {
      return digest()
    },
  }
  if (vct !== undefined) value.vct = vct
  if (id !== undefined) value.id = id
  return value
}

type Mutable<Value> = { -readonly [Name in keyof Value]: Value[Name] }
