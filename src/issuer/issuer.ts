import type { AgentCredentialClaims, AgentCredentialType, StatusEntry } from '../credentials/index.ts'
import type { JsonObject } from '../encoding/index.ts'

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

/** What a credential says, about whom, for how long. */
export type IssueOptions<Type extends AgentCredentialType = AgentCredentialType> = Validity & {
  /** The DID of the agent that it is about. */
  readonly subject: string
  /** What it says about the agent, by the schema of its type. */
  readonly claims: AgentCredentialClaims[Type] | JsonObject
  /** Seconds since the Unix epoch. Defaults to now. */
  readonly validFrom?: number
}

/** A credential that was issued. Only the agent needs the token; the issuer itself keeps none. */
export interface IssuedCredential {
  /** Its name here, `urn:uuid:…`, for {@link Issuer.revoke} and its like. */
  readonly id: string
  /** The credential: a `vc+jwt`. */
  readonly token: string
  /** Its `credentialDigest`, as verifiers and events name it. */
  readonly digest: string
  /** Its places in the lists for revocation and for suspension. */
  readonly statusEntries: readonly StatusEntry[]
  /** Seconds since the Unix epoch. */
  readonly validUntil: number
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
   *   when the claims don't fit the type.
   * @throws {TypeError} An option is missing, or the lifetime is out of bounds.
   */
  issue<Type extends AgentCredentialType>(type: Type, options: IssueOptions<Type>): Promise<IssuedCredential>

  /**
   * Revokes a credential, or an agent with every credential that it was issued here; for good.
   *
   * Sets the bits in the status lists, then tells all peers, then writes the audit record. When it returns, the
   * lists are stored and the event is in the log of the event stream. When it throws, what could be done is done,
   * and calling it again does the rest. What is revoked already is not revoked, told or recorded again.
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
}
