import type { DidResolver } from '../did/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import type { BabyJubJubJwk, HolderCommitment, VerifiedComplianceCredential, ZkSigner } from '../zk/index.ts'
import type { ReleaseRule } from './wallet.ts'

/** How many compliance credentials a wallet holds at most. Each is verified again when a wallet is opened and asked. */
export const MAX_WALLET_COMPLIANCE_CREDENTIALS: number = 100

/** How many keys on BabyJubJub a wallet holds at most, all its DIDs together. */
export const MAX_WALLET_ZK_KEYS: number = 32

/** A compliance credential in a wallet: what proofs are made of. It was verified when it was added. */
export interface HeldComplianceCredential {
  /** Its digest, a number of the field as 32 bytes big-endian in base64url: what an opened escrow names. */
  readonly digest: string
  /** The credential as its issuer gave it. */
  readonly text: string
  /** The credential, to make proofs of. */
  readonly credential: VerifiedComplianceCredential
  /** The name of its type, such as `AgentPostureCredential`. */
  readonly type: string
  /** The DID of its issuer, which no proof shows. */
  readonly issuer: string
  /** The credential as a demand's queries are judged on: only what a proof can speak of is in it. */
  readonly document: JsonObject
  /** Who may be shown a proof. */
  readonly release: ReleaseRule
  /** Seconds since the Unix epoch. */
  readonly validUntil: number
  /** The DID of this wallet that may show proofs of it; absent where each of them may. */
  readonly subject?: string
  /** `assessedAt` of the posture in seconds since the Unix epoch, where there is one. */
  readonly assessedAt?: number
}

/** How a compliance credential is kept. */
export interface AddComplianceOptions {
  /** Who may be shown a proof. There is no default, as for other credentials. */
  readonly release: ReleaseRule
  /** Finds the issuer's key. */
  readonly resolver: Pick<DidResolver, 'resolveDocument'>
  /** The DID of this wallet that it is about: the credential does not say. Without it each DID of the wallet may use it. */
  readonly subject?: string
}

/** For whom a holder commits itself. */
export interface CommitComplianceOptions {
  /** The DID of the issuer. */
  readonly issuer: string
  /** What the issuer gave for this one time. */
  readonly nonce: string
}

/** A key on BabyJubJub that an issuer signs compliance credentials with, as others may see it. */
export interface HeldZkKey {
  /** The DID that it is a key of. */
  readonly did: string
  /** The full DID URL. */
  readonly kid: string
  /** The public key. */
  readonly publicJwk: BabyJubJubJwk
}

/** The part of a wallet from which an agent proves what it is without showing it. */
export interface ComplianceHolder {
  /**
   * The secret that compliance credentials are bound to, one for the whole wallet: from 1 and below 2^250. It is made at
   * first use; whoever asks first, in any process, all are given the same. Nothing but a prover needs it.
   *
   * @throws {PolicyError} `COMITY_WALLET_SECRETS_UNSUPPORTED` when the wallet's vault has no place for it.
   * @throws {VerificationError} `COMITY_WALLET_SEAL_BROKEN` or `COMITY_WALLET_RECORD_INVALID` when it was changed.
   */
  complianceSecret(): Promise<bigint>

  /**
   * What an issuer binds a compliance credential to: a public key made of the secret, and a proof for this issuer and
   * nonce that the secret is known.
   *
   * @throws {PolicyError} As {@link ComplianceHolder.complianceSecret}.
   */
  commitCompliance(options: CommitComplianceOptions): Promise<HolderCommitment>

  /**
   * Verifies a compliance credential and adds it. Adding the same one again replaces its release rule.
   *
   * The checks run in this order: release rule; `subject`; size and form; the issuer's key; signature; commitment; times;
   * room.
   *
   * @param text - The credential as its issuer gave it.
   * @param options - See {@link AddComplianceOptions}.
   * @returns What is now held, frozen.
   * @throws {VerificationError} `COMITY_DEMAND_INVALID` when the release rule is none; the codes of
   *   `verifyComplianceCredential` when the text does not hold up, `COMITY_CREDENTIAL_HOLDER` among them: it is for another
   *   holder.
   * @throws {TrustError} The codes of resolution, and `COMITY_DID_KEY_UNKNOWN`.
   * @throws {PolicyError} `COMITY_WALLET_CREDENTIAL_INVALID` when `subject` is no DID of this wallet; `COMITY_WALLET_FULL` at {@link MAX_WALLET_COMPLIANCE_CREDENTIALS};
   *   `COMITY_WALLET_SECRETS_UNSUPPORTED`.
   * @throws {TypeError} The text is no string, or the release rule or the resolver is missing.
   */
  addComplianceCredential(text: string, options: AddComplianceOptions): Promise<HeldComplianceCredential>

  /**
   * All compliance credentials, also those that have expired, in the order in which they came.
   *
   * @param did - Leaves out those that are for another DID of the wallet.
   */
  complianceCredentials(did?: string): Promise<readonly HeldComplianceCredential[]>

  /**
   * Removes a compliance credential.
   *
   * @param digest - The {@link HeldComplianceCredential.digest} of the one to remove.
   * @returns Whether it was there.
   */
  removeComplianceCredential(digest: string): Promise<boolean>
}

/** The part of a wallet that holds an issuer's keys on BabyJubJub. */
export interface ZkKeyHolder {
  /**
   * The signer to sign a DID's compliance credentials with: the key that was added last. Where there is none yet, one is
   * made; whoever asks first, in any process, all are given the same. Publish it with `createWalletDocument`.
   *
   * @param did - The issuer's DID; not a `did:key`, which has no document of its own.
   * @throws {VerificationError} `COMITY_DID_INVALID` when `did` is no DID.
   * @throws {PolicyError} `COMITY_WALLET_SECRETS_UNSUPPORTED` when the wallet's vault has no place for it;
   *   `COMITY_WALLET_FULL` at {@link MAX_WALLET_ZK_KEYS}. The signer rejects with `COMITY_WALLET_KEY_UNKNOWN` when its key
   *   was removed since.
   * @throws {TypeError} The DID is a `did:key`.
   */
  zkSigner(did: string): Promise<ZkSigner>

  /**
   * Makes another key, which signs from now on. Publish it before: what it signs verifies nowhere until then. The old one
   * stays, and must stay published as long as credentials that it has signed are valid.
   *
   * @param did - The issuer's DID; not a `did:key`.
   * @throws {VerificationError} `COMITY_DID_INVALID` when `did` is no DID.
   * @throws {PolicyError} As {@link ZkKeyHolder.zkSigner}.
   * @throws {TypeError} The DID is a `did:key`.
   */
  createZkKey(did: string): Promise<HeldZkKey>

  /**
   * The keys on BabyJubJub of a DID, in the order in which they came: those that its document has to name.
   *
   * @param did - Any DID; the list is empty where the wallet has none of it.
   */
  zkKeys(did: string): Promise<readonly HeldZkKey[]>

  /**
   * Removes a key on BabyJubJub and destroys it. Where it was the last of its DID, {@link ZkKeyHolder.zkSigner} makes
   * another.
   *
   * @param did - The issuer's DID.
   * @param kid - The key to remove.
   * @returns Whether it was there.
   */
  removeZkKey(did: string, kid: string): Promise<boolean>
}
