import { verifyCredential } from '../../../src/credentials/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { createTrustRegistry } from '../../../src/trust/index.ts'
import { createWorld, issuePosture } from '../../credentials/world.ts'

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const trust = {
  COMITY_ISSUER_NOT_TRUSTED: async () => {
    const { issuer, options } = await createWorld()
    await verifyCredential(await issuePosture(issuer), {
      ...options,
      trust: createTrustRegistry({ issuers: [] }),
    })
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
