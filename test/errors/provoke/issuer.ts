import type { ComityErrorCode } from '../../../src/errors/index.ts'
import { AGENT, CLAIMS, createWorld } from '../../issuer/world.ts'

/** For each code of the area, a call of its public functions that fails with exactly that code. */
export const issuer = {
  COMITY_ISSUER_CREDENTIAL_UNKNOWN: async () => {
    const world = await createWorld()
    await world.issuer.suspend('urn:uuid:00000000-0000-4000-8000-000000000000')
  },
  COMITY_ISSUER_AGENT_REVOKED: async () => {
    const world = await createWorld()
    await world.issuer.revoke({ agent: AGENT }, { reason: 'compromised' })
    const claims = CLAIMS.AgentPostureCredential
    await world.issuer.issue('AgentPostureCredential', { subject: AGENT, claims, lifetimeSeconds: 60 })
  },
} satisfies Partial<Record<ComityErrorCode, () => unknown>>
