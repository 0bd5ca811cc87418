import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { createComplianceWorld } from '../../issuer/compliance-world.ts'

/** For each code of issuing for proofs, a call of its public functions that fails with exactly that code. */
export const zkIssuing = {
  COMITY_ZK_HOLDER_NONCE: async () => {
    const { issuePosture, request } = await createComplianceWorld()
    const compliance = await request()
    for (let n = 0; n < 2; n++) await issuePosture({ compliance })
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
