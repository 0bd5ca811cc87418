import { beforeEach, describe } from 'vitest'
import type { SignatureAlgorithm } from '../../src/keys/index.ts'
import type { Clock } from '../../src/runtime/index.ts'
import type { Wallet } from '../../src/wallet/index.ts'
import { complianceContract, zkKeysContract } from './contract-compliance.ts'
import { credentialsContract } from './contract-credentials.ts'
import { outsideKeysContract } from './contract-keys.ts'
import { ownKeysContract } from './contract-own-keys.ts'
import { persistenceContract, type MakeHome } from './contract-persistence.ts'
import { AGENT, key, NOW } from './fixtures.ts'

/** How wallets of one kind are made. */
export interface WalletKind {
  /** Makes an empty wallet that goes by this clock. */
  readonly make: (clock: Clock) => Wallet | Promise<Wallet>
  /** For what it makes keys. */
  readonly algorithms: readonly SignatureAlgorithm[]
  /** Makes a place that wallets outlive their processes in; absent where they don't. */
  readonly makeHome?: MakeHome
}

/** What every implementation of {@link Wallet} must do. Call it at the top of a test file. */
export function walletContract(name: string, { make, algorithms, makeHome }: WalletKind): void {
  describe(`wallet contract: ${name}`, () => {
    let wallet: Wallet
    const under = {
      time: NOW,
      get wallet() {
        return wallet
      },
    }
    beforeEach(async () => {
      under.time = NOW
      wallet = await make({ now: () => under.time })
      await wallet.addKey(AGENT, key)
    })

    outsideKeysContract(under)
    ownKeysContract(under, algorithms)
    credentialsContract(under)
    complianceContract(under)
    zkKeysContract(under)
  })
  if (makeHome !== undefined) persistenceContract(name, makeHome)
}
