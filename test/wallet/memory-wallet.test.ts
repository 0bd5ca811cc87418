import { SIGNATURE_ALGORITHMS } from '../../src/keys/index.ts'
import { createMemoryWallet } from '../../src/wallet/index.ts'
import { walletContract } from './contract.ts'

walletContract('memory', {
  make: (clock) => createMemoryWallet({ clock }),
  algorithms: SIGNATURE_ALGORITHMS,
})
