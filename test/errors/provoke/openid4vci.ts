import { receiveCredentials } from '../../../src/adapters/openid4vci/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { createMemoryWallet } from '../../../src/wallet/index.ts'

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const openid4vci = {
  COMITY_OFFER_INVALID: async () => {
    const wallet = createMemoryWallet()
    const { did } = await wallet.createDidKey({ alg: 'Ed25519' })
    await receiveCredentials({ offer: 'openid-credential-offer://?', wallet, did, release: 'never' })
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
