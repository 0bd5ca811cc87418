import { systemClock, type Clock } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import { createComplianceHolder } from './compliance-holder.ts'
import { createCredentialShelf } from './credential-shelf.ts'
import { secretsOf } from './holder-secret.ts'
import { createKeyRing } from './key-ring.ts'
import type { KeyVault } from './key-vault.ts'
import type { Wallet } from './wallet.ts'
import { createZkRing } from './zk-ring.ts'

/** What a wallet is made of. */
export interface StoreWalletOptions {
  /** Where credentials, release rules and the public part of keys are kept, under keys that start with `wallet/`. */
  readonly store: Store
  /** Where private keys are kept. */
  readonly vault: KeyVault
  /** Tells which keys sign already. Defaults to the system clock. */
  readonly clock?: Clock
}

/**
 * Opens the wallet in a store. Several processes may have it open at once.
 *
 * Keys whose removal was interrupted are destroyed first.
 *
 * @param options - See {@link StoreWalletOptions}.
 * @throws {VerificationError} `COMITY_WALLET_RECORD_INVALID` when the store has something else where the wallet was;
 *   so do all methods of the wallet.
 */
export async function createStoreWallet(options: StoreWalletOptions): Promise<Wallet> {
  const { wallet, sweep } = buildWallet(options)
  await sweep()
  return wallet
}

/** Makes the wallet without looking into the store. */
export function buildWallet({ store, vault, clock = systemClock }: StoreWalletOptions): {
  readonly wallet: Wallet
  readonly sweep: () => Promise<void>
} {
  const { keys, sweep } = createKeyRing({ store, vault, clock })
  const dids = async (): Promise<readonly string[]> => keys.dids()
  const secrets = secretsOf(vault)
  const zk = createZkRing(store, secrets)
  return {
    wallet: Object.freeze({
      ...keys,
      ...createCredentialShelf(store, dids),
      ...createComplianceHolder({ store, secrets, clock, dids }),
      ...zk.zkKeys,
    }),
    sweep: async () => {
      await sweep()
      await zk.sweep()
    },
  }
}
