import type { PublicJwk, SignatureAlgorithm } from '../keys/index.ts'

/** A private key in a vault, seen from outside. */
export interface VaultKey {
  /** The vault's own name for it, 1 to 1024 characters. */
  readonly ref: string
  /** The public key. */
  readonly publicJwk: PublicJwk
}

/** What a vault is to make. */
export interface VaultCreateOptions {
  /** What the key is to sign with. */
  readonly alg: SignatureAlgorithm
  /** The DID that it is for; absent when the key is to become a `did:key` of its own. */
  readonly did: string | undefined
}

/**
 * Where a wallet keeps the secrets that no key management system computes with: the one that proofs are made of, and keys
 * on BabyJubJub. They are handed out, and have to be kept as well as private keys are.
 */
export interface SecretVault {
  /**
   * Keeps a secret under a name, unless there is one already.
   *
   * @param name - 1 to 256 printable ASCII characters.
   * @param secret - 32 bytes; they are copied.
   * @returns The secret that is kept now: of many callers at once, in any process, all are given the same one.
   */
  keep(name: string, secret: Uint8Array): Promise<Uint8Array>

  /**
   * The secret of a name; undefined where there is none.
   *
   * @throws {VerificationError} `COMITY_WALLET_SEAL_BROKEN` when it is not as it was kept.
   */
  get(name: string): Promise<Uint8Array | undefined>

  /** Destroys the secret of a name. Destroying one that is not there any more is no error. */
  destroy(name: string): Promise<void>
}

/**
 * Where a wallet's private keys live: a Veramo agent, a cloud KMS, an HSM. It makes keys, signs with them and destroys
 * them; nothing asks it for a private key.
 */
export interface KeyVault {
  /** Where secrets are kept. Absent where there is no place for them: such a wallet has no compliance credentials. */
  readonly secrets?: SecretVault

  /**
   * Makes a key.
   *
   * @throws {TypeError} It makes no keys of this algorithm.
   */
  create(options: VaultCreateOptions): Promise<VaultKey>

  /**
   * Signs unhashed bytes.
   *
   * @returns 64 bytes, or 96 for ES384; r and s for ES256 and ES384, not ASN.1.
   * @throws {PolicyError} `COMITY_WALLET_KEY_UNKNOWN` when the vault has no such key (any more).
   */
  sign(ref: string, alg: SignatureAlgorithm, bytes: Uint8Array): Promise<Uint8Array>

  /** Destroys a key of a DID. Destroying one that is not there any more is no error. */
  destroy(did: string, ref: string): Promise<void>
}
