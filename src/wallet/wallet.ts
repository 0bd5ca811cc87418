import type { Demand } from '../demand/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import type { Signer } from '../keys/index.ts'

/** How many credentials a wallet holds at most. */
export const MAX_WALLET_CREDENTIALS: number = 1000

/** How many keys a wallet holds at most, over all its DIDs. */
export const MAX_WALLET_KEYS: number = 1000

/**
 * Who may see a credential: anyone (`public`), nobody (`never`), or a peer that has met this demand with verified
 * evidence first.
 */
export type ReleaseRule = 'public' | 'never' | Demand

/** What a key may sign: as the DID itself (`authentication`), or what it attests (`assertionMethod`). */
export type KeyPurpose = 'authentication' | 'assertionMethod'

/** A credential in a wallet. It was parsed, not verified: a verifier decides what it is worth. */
export interface HeldCredential {
  /** SHA-256 of the token, base64url: the one name of a credential that nobody else can take. */
  readonly digest: string
  /** The compact JWS as it was given by the issuer. */
  readonly token: string
  /** How the credential is secured. */
  readonly format: 'vc+jwt'
  /** All its types, `VerifiableCredential` among them. */
  readonly types: readonly string[]
  /** Who is said to have issued it: a URL, in general a DID. */
  readonly issuer: string
  /** The DID of this wallet that it is about. */
  readonly subject: string
  /** The credential itself, as the data model 2.0 has it. */
  readonly document: JsonObject
  /** Who may see it. */
  readonly release: ReleaseRule
  /** Seconds since the Unix epoch; Infinity where the credential doesn't end. */
  readonly validUntil: number
  /** `credentialSubject.assessedAt` in seconds since the Unix epoch, where there is one. */
  readonly assessedAt?: number
}

/** How a credential is kept. */
export interface AddCredentialOptions {
  /** Who may see it. There is no default: forgetting it must neither leak a credential nor hide it. */
  readonly release: ReleaseRule
}

/** Keys, DIDs, credentials and release rules of one party. Private keys never leave it: it gives signers. */
export interface Wallet {
  /** The DIDs that the wallet has a key of, in the order in which they came. */
  dids(): Promise<readonly string[]>

  /**
   * The signer to use for a DID now: of the keys with this purpose, the one that was added last. Its `kid` is the
   * full DID URL.
   *
   * @param did - One of the wallet's DIDs.
   * @param purpose - What is to be signed. Defaults to `authentication`.
   * @throws {PolicyError} `COMITY_WALLET_KEY_UNKNOWN` when there is no key of the DID for it.
   */
  signer(did: string, purpose?: KeyPurpose): Promise<Signer>

  /**
   * Adds a key of a DID. Adding a key with the `kid` of another replaces it.
   *
   * @param did - The DID. It need not be resolvable yet.
   * @param signer - The key; its `kid` must be a DID URL of that DID with a fragment.
   * @param purposes - What it may sign, at least one. Defaults to both.
   * @throws {VerificationError} `COMITY_DID_INVALID` when `did` or `kid` is no DID (URL).
   * @throws {PolicyError} `COMITY_WALLET_FULL` at {@link MAX_WALLET_KEYS}.
   * @throws {TypeError} The `kid` is of another DID or has no fragment, or a purpose is unknown.
   */
  addKey(did: string, signer: Signer, purposes?: readonly KeyPurpose[]): Promise<void>

  /**
   * All credentials about a DID, also those that have expired, in the order in which they came.
   *
   * @param did - One of the wallet's DIDs; for any other the list is empty.
   */
  credentials(did: string): Promise<readonly HeldCredential[]>

  /**
   * Adds a credential. Adding the same token again replaces its release rule.
   *
   * The checks run in this order: release rule; size and form; subject; room.
   *
   * @param token - The credential as `vc+jwt`.
   * @param options - See {@link AddCredentialOptions}.
   * @returns What is now held, frozen.
   * @throws {VerificationError} `COMITY_DEMAND_INVALID` when the release rule is none; the codes of
   *   `parseCredential` when the token is no credential.
   * @throws {PolicyError} `COMITY_WALLET_CREDENTIAL_INVALID` when its subject is no DID of this wallet;
   *   `COMITY_WALLET_FULL` at {@link MAX_WALLET_CREDENTIALS}.
   * @throws {TypeError} The token is no string, or the release rule is missing.
   */
  addCredential(token: string, options: AddCredentialOptions): Promise<HeldCredential>

  /**
   * Removes a credential.
   *
   * @param digest - The {@link HeldCredential.digest} of the one to remove.
   * @returns Whether it was there.
   */
  removeCredential(digest: string): Promise<boolean>
}
