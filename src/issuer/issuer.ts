import type { ClaimsPath, CredentialClaims, CredentialType, StatusReference } from '../credentials/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import type { PublicJwk } from '../keys/index.ts'
import type { ComplianceRequest } from './compliance.ts'
import type { FindTarget, FoundCredential } from './trace.ts'

/** When a credential ends: at a moment, or so long after it begins. */
export type Validity =
  | {
      /** Seconds since the Unix epoch. */
      readonly validUntil: number
      /** Not beside `validUntil`. */
      readonly lifetimeSeconds?: never
    }
  | {
      /** Seconds from `validFrom` on. */
      readonly lifetimeSeconds: number
      /** Not beside `lifetimeSeconds`. */
      readonly validUntil?: never
    }

/** The format of a credential: the whole in the open, or claims that its holder discloses one by one. */
export type CredentialForm =
  | {
      /** VC data model 2.0, signed as a JWT: the default. */
      readonly format?: 'vc+jwt'
      /** Only with `dc+sd-jwt`. */
      readonly holderKey?: never
      /** Only with `dc+sd-jwt`. */
      readonly disclosable?: never
      /** Only with `dc+sd-jwt`. */
      readonly decoys?: never
    }
  | {
      /** SD-JWT VC. */
      readonly format: 'dc+sd-jwt'
      /** The holder's public key, which it signs with wherever it shows the credential. */
      readonly holderKey: PublicJwk
      /** What the holder may keep to itself. Defaults to each claim as a whole. */
      readonly disclosable?: readonly ClaimsPath[]
      /** How many digests of nothing hide the number of claims, 0 to 64. Defaults to 0. */
      readonly decoys?: number
    }

/** What a credential says, about whom, for how long, and in which format. */
export type IssueOptions<Type extends CredentialType = CredentialType> = Validity &
  CredentialForm & {
    /** The DID of the agent or the organization that it is about. */
    readonly subject: string
    /** What it says about its subject, by the schema of its type. */
    readonly claims: CredentialClaims[Type] | JsonObject
    /** Seconds since the Unix epoch. Defaults to now. */
    readonly validFrom?: number
    /**
     * Makes another form of the same credential too, of which its holder can make proofs that show nothing but that a
     * demand is met. Only from an issuer with a `zkSigner`.
     */
    readonly compliance?: ComplianceRequest
  }

/** A credential that was issued. Only the agent needs the token; the issuer itself keeps none. */
export interface IssuedCredential {
  /** Its name here, `urn:uuid:…`, for {@link Issuer.revoke} and its like. An SD-JWT VC does not hold it. */
  readonly id: string
  /** The credential: a `vc+jwt`, or an SD-JWT VC with all its disclosures. */
  readonly token: string
  /** Its `credentialDigest`, as verifiers and events name it. */
  readonly digest: string
  /**
   * Its places in status lists: for revocation and for suspension, or one for both. The form for proofs has a place for
   * both: the one of an SD-JWT VC, or one of its own.
   */
  readonly statusEntries: readonly StatusReference[]
  /** Seconds since the Unix epoch. */
  readonly validUntil: number
  /** The form that proofs are made of, for `Wallet.addComplianceCredential`. Only where it was asked for. */
  readonly compliance?: string
  /** The digest of that form, as {@link Issuer.find} takes it. */
  readonly complianceDigest?: string
}

/** What to revoke: one credential by its id, or an agent by its DID, with all credentials that it was issued here. */
export type RevocationTarget =
  | {
      /** The id of a credential. */
      readonly credential: string
      /** Not beside `credential`. */
      readonly agent?: never
    }
  | {
      /** The DID of an agent. */
      readonly agent: string
      /** Not beside `agent`. */
      readonly credential?: never
    }

/** Why something is done. */
export interface ChangeOptions {
  /**
   * A coarse code of 1 to 64 characters out of a to z, 0 to 9, `_`, `-` and `.`, such as `compromised`. Peers and
   * the audit log get to see it.
   */
  readonly reason: string
}

/** Issues an organization's credentials about its agents, and takes them back. */
export interface Issuer {
  /** The organization's DID. */
  readonly did: string

  /**
   * Issues a credential that can be revoked and suspended. It is on record before this returns.
   *
   * @param type - What kind of credential.
   * @param options - See {@link IssueOptions}.
   * @throws {PolicyError} `COMITY_ISSUER_AGENT_REVOKED` when the agent was revoked and not readmitted since;
   *   `COMITY_WALLET_KEY_UNKNOWN` when the wallet cannot sign for the issuer.
   * @throws {VerificationError} `COMITY_DID_INVALID` when the subject is no DID; the codes of `issueCredential`
   *   when the claims don't fit the type. With `compliance`: `COMITY_ZK_HOLDER_NONCE` when the nonce was not given here, was
   *   used or is older than 600 seconds; `COMITY_ZK_HOLDER_PROOF_INVALID`; the codes of `issueComplianceCredential` when
   *   the claims have no place in proofs. The nonce is used up by whatever fails after it was looked at.
   * @throws {TypeError} An option is missing, the lifetime is out of bounds, or `compliance` is asked of an issuer without
   *   a `zkSigner`.
   */
  issue<Type extends CredentialType>(type: Type, options: IssueOptions<Type>): Promise<IssuedCredential>

  /**
   * Revokes a credential, or an agent with every credential that it was issued here; for good.
   *
   * Notes in the store what it is about to do, sets the bits in the status lists, tells all peers, writes the audit
   * record. When it returns, the lists are stored and the event is in the log of the event stream. When it throws,
   * or its process ends meanwhile, what could be done is done, and calling it again does the rest; so does
   * {@link Issuer.recover}. What is revoked already is not revoked, told or recorded again.
   *
   * An agent that was revoked is issued nothing until {@link Issuer.readmit}: whatever renews its credentials by
   * the hour must not undo the revocation.
   *
   * @param target - See {@link RevocationTarget}.
   * @param options - See {@link ChangeOptions}.
   * @returns The ids of the credentials that this call revoked.
   * @throws {PolicyError} `COMITY_ISSUER_CREDENTIAL_UNKNOWN` when no such credential is on record, or it is long over.
   * @throws {VerificationError} `COMITY_DID_INVALID` when the agent is no DID.
   * @throws {TypeError} The target or the reason is missing or malformed.
   */
  revoke(target: RevocationTarget, options: ChangeOptions): Promise<readonly string[]>

  /**
   * Suspends a credential, and tells all peers; sessions that rest on it end.
   *
   * @param id - The id of the credential.
   * @param options - Defaults to the reason `suspended`.
   * @returns Whether this call changed anything.
   * @throws {PolicyError} `COMITY_ISSUER_CREDENTIAL_UNKNOWN`.
   * @throws {TypeError} The reason is malformed.
   */
  suspend(id: string, options?: ChangeOptions): Promise<boolean>

  /**
   * Ends the suspension of a credential. If it was revoked besides, it stays so.
   *
   * @param id - The id of the credential.
   * @param options - Defaults to the reason `reinstated`.
   * @returns Whether this call changed anything.
   * @throws {PolicyError} `COMITY_ISSUER_CREDENTIAL_UNKNOWN`.
   * @throws {TypeError} The reason is malformed.
   */
  reinstate(id: string, options?: ChangeOptions): Promise<boolean>

  /**
   * Lets an agent that was revoked be issued credentials again. The old ones stay revoked.
   *
   * @param agent - The agent's DID.
   * @param options - Defaults to the reason `readmitted`.
   * @returns Whether this call changed anything.
   * @throws {PolicyError} `COMITY_ISSUER_AGENT_REVOKED` when the revocation failed half-way and was not repeated.
   * @throws {VerificationError} `COMITY_DID_INVALID` when the agent is no DID.
   * @throws {TypeError} The reason is malformed.
   */
  readmit(agent: string, options?: ChangeOptions): Promise<boolean>

  /**
   * Comes to the end of what was begun here, or by another process on the same store, and interrupted: revocations,
   * suspensions and their ends. To be called when the organization starts. Peers may be told twice of what was
   * interrupted, and it may be in the audit log twice.
   *
   * @returns How much there was to do.
   */
  recover(): Promise<number>

  /**
   * Gives a nonce for a holder's commitment: for one credential, within 600 seconds, in any process on the same store.
   * Give it only to somebody who may be issued something.
   *
   * @returns 22 characters or more of base64url.
   */
  complianceNonce(): Promise<string>

  /**
   * Says which credential, and so which agent, is behind a proof, once an auditor has opened its escrow. Who asked is for
   * the caller to decide; that somebody did is in the audit log before this returns, also when nothing is found.
   *
   * @param target - See {@link FindTarget}.
   * @param options - Why: goes into the audit log. Defaults to the reason `escrow-opened`.
   * @returns What was issued; undefined where nothing like it was, or it has been over for longer than `traceSeconds`.
   * @throws {TypeError} The digest or the reason is malformed.
   */
  find(target: FindTarget, options?: ChangeOptions): Promise<FoundCredential | undefined>
}
