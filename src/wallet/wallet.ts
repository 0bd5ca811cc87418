import type { Demand } from '../demand/index.ts'
import type { JsonObject } from '../encoding/index.ts'
import type { PublicJwk, SignatureAlgorithm, Signer } from '../keys/index.ts'
import type { ComplianceHolder, ZkKeyHolder } from './compliance.ts'

/** How many credentials a wallet holds at most. */
export const MAX_WALLET_CREDENTIALS: number = 1000

/** How many keys a wallet holds at most, all its DIDs together. */
export const MAX_WALLET_KEYS: number = 1000

/**
 * Who may see a credential: anyone (`public`), nobody (`never`), or a peer that has met this demand with verified
 * evidence first.
 */
export type ReleaseRule = 'public' | 'never' | Demand

/** What a key may sign: as the DID itself (`authentication`), or what it attests (`assertionMethod`). */
export type KeyPurpose = 'authentication' | 'assertionMethod'

/** A key in a wallet, as others may see it. */
export interface HeldKey {
  /** The DID that it is a key of. */
  readonly did: string
  /** The full DID URL. */
  readonly kid: string
  /** What it signs with. */
  readonly alg: SignatureAlgorithm
  /** The public key. */
  readonly publicJwk: PublicJwk
  /** What it may sign; in the DID's document it stands in the relationships of these names. */
  readonly purposes: readonly KeyPurpose[]
  /** Seconds since the Unix epoch; before that it is published and doesn't sign. */
  readonly signsFrom: number
}

/** What {@link Wallet.createDidKey} makes. */
export interface CreateDidKeyOptions {
  /** What the key is to sign with. */
  readonly alg: SignatureAlgorithm
  /** What it may sign, at least one. Defaults to both. */
  readonly purposes?: readonly KeyPurpose[]
}

/** What {@link Wallet.createKey} makes. */
export interface CreateKeyOptions extends CreateDidKeyOptions {
  /** The key's name within the document, such as `#key-1`. Defaults to the key's thumbprint, which no other has. */
  readonly fragment?: string
  /**
   * Seconds since the Unix epoch; until then other keys of the DID go on signing. Defaults to 0: it signs at once,
   * which is right for the first key of a DID.
   */
  readonly signsFrom?: number
}

/** How {@link Wallet.rotateKey} replaces a key. */
export interface RotateKeyOptions {
  /**
   * Seconds since the Unix epoch from which the new key signs. By then the document with both keys must be hosted,
   * and the copies that others keep of the old one must have run out: those of Comity do within 60 seconds.
   */
  readonly signsFrom: number
  /** What the new key is to sign with. Defaults to what the old one signs with. */
  readonly alg?: SignatureAlgorithm
  /** The new key's name within the document. Defaults to its thumbprint. */
  readonly fragment?: string
}

/** A credential in a wallet. It was parsed, not verified: a verifier decides what it is worth. */
export interface HeldCredential {
  /** Its `credentialDigest`: the one name of a credential that nobody else can take. */
  readonly digest: string
  /** The credential as it was given by the issuer: a compact JWS, or an SD-JWT with all disclosures. */
  readonly token: string
  /** How the credential is secured. */
  readonly format: 'vc+jwt' | 'dc+sd-jwt'
  /** The name of its type, for `dc+sd-jwt` only. */
  readonly vct?: string
  /** RFC 7638 thumbprint of the key that must sign wherever it is shown, for `dc+sd-jwt` only. */
  readonly holderKey?: string
  /** All its types, `VerifiableCredential` among them. */
  readonly types: readonly string[]
  /** Who is said to have issued it: a URL, in general a DID. */
  readonly issuer: string
  /** The DID of this wallet that it is about. */
  readonly subject: string
  /** The credential itself, as the data model 2.0 has it; for `dc+sd-jwt` all its claims. */
  readonly document: JsonObject
  /** Who may see it. */
  readonly release: ReleaseRule
  /** Seconds since the Unix epoch; Infinity where the credential doesn't end. */
  readonly validUntil: number
  /** `assessedAt` of the posture in seconds since the Unix epoch, where there is one. */
  readonly assessedAt?: number
}

/** How a credential is kept. */
export interface AddCredentialOptions {
  /** Who may see it. There is no default: forgetting it must neither leak a credential nor hide it. */
  readonly release: ReleaseRule
}

/**
 * Keys, DIDs, credentials and release rules of one party. Private keys never leave it: it gives signers. The one secret
 * that it gives is that of {@link ComplianceHolder.complianceSecret}, which provers compute with.
 */
export interface Wallet extends ComplianceHolder, ZkKeyHolder {
  /** The DIDs that the wallet has a key of, in the order in which their oldest keys came. */
  dids(): Promise<readonly string[]>

  /**
   * The keys of a DID in the order in which they came: those that its document has to name. An old key stays until it
   * is removed, so that what it has signed can still be verified.
   *
   * @param did - One of the wallet's DIDs; for any other the list is empty.
   */
  keys(did: string): Promise<readonly HeldKey[]>

  /**
   * The signer to use for a DID now: of the keys with this purpose that sign already, the one that was added last.
   * Its `kid` is the full DID URL.
   *
   * @param did - One of the wallet's DIDs.
   * @param purpose - What is to be signed. Defaults to `authentication`.
   * @throws {PolicyError} `COMITY_WALLET_KEY_UNKNOWN` when there is no key of the DID for it, or its signer came from
   *   outside by {@link Wallet.addKey} and has not been added since the wallet was opened.
   */
  signer(did: string, purpose?: KeyPurpose): Promise<Signer>

  /**
   * Makes a key inside the wallet and adds it to a DID, which need not be resolvable yet: the first key of a `did:web`
   * comes before its document. See {@link createWalletDocument} for what to host.
   *
   * @param did - The DID; not a `did:key`, which has one key for good.
   * @param options - See {@link CreateKeyOptions}.
   * @throws {VerificationError} `COMITY_DID_INVALID` when `did` is no DID.
   * @throws {PolicyError} `COMITY_WALLET_FULL` at {@link MAX_WALLET_KEYS}.
   * @throws {TypeError} An option is out of range, the DID has a key of this name already, or the wallet makes no keys
   *   of this algorithm.
   */
  createKey(did: string, options: CreateKeyOptions): Promise<HeldKey>

  /**
   * Makes a key inside the wallet, and the `did:key` that it stands for. It cannot be rotated.
   *
   * @param options - See {@link CreateDidKeyOptions}.
   * @returns The key; its `did` is the new DID.
   * @throws {PolicyError} `COMITY_WALLET_FULL` at {@link MAX_WALLET_KEYS}.
   * @throws {TypeError} An option is out of range, or the wallet makes no keys of this algorithm.
   */
  createDidKey(options: CreateDidKeyOptions): Promise<HeldKey>

  /**
   * Makes a successor of a key, with the same purposes. The old one signs until `signsFrom`, and stays after that for
   * verifiers until {@link Wallet.removeKey}. Host the new document at once.
   *
   * @param did - One of the wallet's DIDs; not a `did:key`.
   * @param kid - The key to replace.
   * @param options - See {@link RotateKeyOptions}.
   * @throws {PolicyError} `COMITY_WALLET_KEY_UNKNOWN` when the DID has no such key here; `COMITY_WALLET_FULL` at
   *   {@link MAX_WALLET_KEYS}.
   * @throws {TypeError} As {@link Wallet.createKey}.
   */
  rotateKey(did: string, kid: string, options: RotateKeyOptions): Promise<HeldKey>

  /**
   * Removes a key, and destroys its private part where the wallet has it. What it has signed verifies for as long as
   * the DID's document names it: host the new document too. Credentials stay, also those about a DID that has no key
   * any more.
   *
   * @param did - One of the wallet's DIDs.
   * @param kid - The key to remove.
   * @returns Whether it was there.
   */
  removeKey(did: string, kid: string): Promise<boolean>

  /**
   * Adds a key that is kept elsewhere. The wallet remembers its public part; the signer itself lives no longer than
   * this wallet object. Adding a key with the `kid` of another replaces it, and makes it the last.
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
   * @param token - The credential as `vc+jwt`, or as SD-JWT VC (`dc+sd-jwt`) with `sub` and a key in `cnf.jwk`.
   * @param options - See {@link AddCredentialOptions}.
   * @returns What is now held, frozen.
   * @throws {VerificationError} `COMITY_DEMAND_INVALID` when the release rule is none; the codes of
   *   `parseCredential` when the token is no credential.
   * @throws {PolicyError} `COMITY_WALLET_CREDENTIAL_INVALID` when its subject is no DID of this wallet, or it is an
   *   SD-JWT VC without `sub` or `cnf.jwk`;
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
