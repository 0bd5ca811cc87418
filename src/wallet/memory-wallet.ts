import { generateSigner, type Signer } from '../keys/index.ts'
import { randomId, type Clock } from '../runtime/index.ts'
import { createMemoryStore } from '../store/index.ts'
import { keyUnknown } from './key-entry.ts'
import type { KeyVault, SecretVault } from './key-vault.ts'
import { buildWallet } from './store-wallet.ts'
import type { Wallet } from './wallet.ts'

/** By which clock a memory wallet goes. */
export interface MemoryWalletOptions {
  /** Tells which keys sign already. Defaults to the system clock. */
  readonly clock?: Clock
}

/**
 * Makes an empty wallet that is kept in memory and is gone with the process. Its own keys stay inside Web Crypto.
 *
 * @returns The wallet; see {@link Wallet} for what its methods check.
 */
export function createMemoryWallet(options: MemoryWalletOptions = {}): Wallet {
  return buildWallet({ ...options, store: createMemoryStore(), vault: createMemoryVault() }).wallet
}

function createMemoryVault(): KeyVault {
  const signers = new Map<string, Signer>()
  return {
    secrets: createMemorySecrets(),
    create: async ({ alg }) => {
      const signer = await generateSigner({ alg })
      const ref = randomId()
      signers.set(ref, signer)
      return { ref, publicJwk: signer.publicJwk }
    },
    sign: async (ref, _alg, bytes) => {
      const signer = signers.get(ref)
      if (signer === undefined) throw keyUnknown('the key was removed from the wallet')
      return signer.sign(bytes)
    },
    destroy: async (_did, ref) => {
      signers.delete(ref)
    },
  }
}

function createMemorySecrets(): SecretVault {
  const secrets = new Map<string, Uint8Array>()
  return {
    keep: async (name, secret) => {
      const kept = secrets.get(name) ?? secret.slice()
      secrets.set(name, kept)
      return kept.slice()
    },
    get: async (name) => secrets.get(name)?.slice(),
    destroy: async (name) => {
      secrets.delete(name)
    },
  }
}
