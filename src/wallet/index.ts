/**
 * What an agent holds: keys of its DIDs, credentials about them, and for each credential the rule of who may
 * see it.
 *
 * {@link Wallet} is the port that the handshake and the issuer use. {@link createMemoryWallet} is the wallet that
 * lives and dies with its process; {@link createStoreWallet} is one that outlives it, in a store and a
 * {@link KeyVault} of the caller's choice. `comity/adapters/veramo` has such a vault.
 *
 * @module
 */
export {
  MAX_WALLET_COMPLIANCE_CREDENTIALS,
  MAX_WALLET_ZK_KEYS,
  type AddComplianceOptions,
  type CommitComplianceOptions,
  type ComplianceHolder,
  type HeldComplianceCredential,
  type HeldZkKey,
  type ZkKeyHolder,
} from './compliance.ts'
export { createWalletDocument, type WalletDocumentOptions } from './document.ts'
export type { KeyVault, SecretVault, VaultCreateOptions, VaultKey } from './key-vault.ts'
export { createMemoryWallet, type MemoryWalletOptions } from './memory-wallet.ts'
export { createStoreWallet, type StoreWalletOptions } from './store-wallet.ts'
export {
  MAX_WALLET_CREDENTIALS,
  MAX_WALLET_KEYS,
  type AddCredentialOptions,
  type CreateDidKeyOptions,
  type CreateKeyOptions,
  type HeldCredential,
  type HeldKey,
  type KeyPurpose,
  type ReleaseRule,
  type RotateKeyOptions,
  type Wallet,
} from './wallet.ts'
export { createAuditorKey, zkDocumentKey, type AuditorDocumentKey } from './zk-document-key.ts'
