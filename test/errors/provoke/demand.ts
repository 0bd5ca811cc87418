import { assertDemandMet, evaluateDemand, parseDemand } from '../../../src/demand/index.ts'
import type { ComityErrorCode } from '../../../src/errors/index.ts'

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const demand = {
  COMITY_DEMAND_INVALID: () => parseDemand({}),
  COMITY_DEMAND_UNMET: () => {
    const facts = { did: 'did:web:agent.example', credentials: [] }
    assertDemandMet(evaluateDemand(parseDemand({ posture: { maxAge: 60 } }), facts, { now: 0 }))
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
