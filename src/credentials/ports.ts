import type { FetchBudget } from '../net/index.ts'
import type { StatusReference } from './status-entry.ts'

/** What an {@link IssuerTrust} is asked. All strings are compared exactly. */
export interface IssuerQuestion {
  /** The issuer's DID, which signed the credential. */
  readonly issuer: string
  /** One type of the credential. */
  readonly type: string
  /** Towards whom the credential is shown, a DID; absent where the verifier has no name. */
  readonly audience?: string
  /** The current time in seconds since the Unix epoch. Defaults to what the answering side's clock says. */
  readonly now?: number
  /** Bounds the look-ups that the issuer can cause. */
  readonly budget?: FetchBudget
}

/** Whether an issuer is believed, and why. */
export interface IssuerAnswer {
  /** Only `true` accepts. */
  readonly accepted: boolean
  /** The rule that decided, for the audit record; it holds no claim. */
  readonly reason: string
}

/** Says who may attest what. Implemented in the area `trust`. */
export interface IssuerTrust {
  /**
   * Judges one issuer for one type.
   *
   * @throws {TrustError} When the question cannot be answered now, which refuses the credential.
   */
  judge(question: IssuerQuestion): Promise<IssuerAnswer>
}

/** What a {@link StatusChecker} is asked. */
export interface StatusQuestion {
  /** Where the statuses of one credential are looked up; all of them must be good. */
  readonly entries: readonly StatusReference[]
  /** The credential's issuer, who must have signed the lists too. */
  readonly issuer: string
  /** The current time in seconds since the Unix epoch. */
  readonly now: number
  /** Bounds the look-ups. */
  readonly budget?: FetchBudget
}

/** Looks up whether a credential was revoked or suspended. Implemented in the area `status`. */
export interface StatusChecker {
  /**
   * Returns if no entry says that the credential does not hold.
   *
   * @throws {VerificationError} `COMITY_STATUS_REVOKED`, `COMITY_STATUS_SUSPENDED`,
   *   `COMITY_STATUS_LIST_INVALID`.
   * @throws {TrustError} `COMITY_STATUS_UNAVAILABLE`.
   */
  check(question: StatusQuestion): Promise<void>
  /** Forgets what is cached of an issuer's statuses: it said that something has changed. */
  invalidate?(issuer: string): void
}
