/**
 * What an agent holds: keys of its DIDs, credentials about them, and for each credential the rule of who may
 * see it.
 *
 * {@link Wallet} is the port that the handshake and the issuer use; {@link createMemoryWallet} is the wallet
 * that lives and dies with its process.
 *
 * @module
 */
export { createMemoryWallet } from './memory-wallet.ts'
export {
  MAX_WALLET_CREDENTIALS,
  MAX_WALLET_KEYS,
  type AddCredentialOptions,
  type HeldCredential,
  type KeyPurpose,
  type ReleaseRule,
  type Wallet,
} from './wallet.ts'
