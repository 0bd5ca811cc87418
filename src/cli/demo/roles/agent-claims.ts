import type { JsonObject } from '../../../encoding/index.ts'
import { systemClock } from '../../../runtime/index.ts'

/** What Acme attests about its agents: the subjects of four credentials. */
export interface AgentClaims {
  readonly capability: JsonObject
  readonly provenance: JsonObject
  readonly scope: JsonObject
  readonly posture: JsonObject
}

/**
 * The claims for one of Acme's agents.
 *
 * @param acme Acme's DID: it answers for the agent.
 * @param postureAge Seconds since the agent's posture was assessed.
 */
export function agentClaims(acme: string, postureAge: number): AgentClaims {
  const assessedAt = new Date((systemClock.now() - postureAge) * 1000)
  const timestamp = `${assessedAt.toISOString().slice(0, 19)}Z`
  return {
    capability: { authorizationDetails: [{ type: 'invoices', actions: ['read', 'match'] }] },
    provenance: {
      organization: acme,
      accountable: acme,
      model: { family: 'ledger', version: '4.2.0' },
      codeDigest: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    },
    scope: {
      autonomyLevel: 2,
      tools: ['invoice-matching'],
      dataClasses: ['financial'],
      oversight: 'on-the-loop',
      jurisdictions: ['eu'],
    },
    posture: {
      assessedAt: timestamp,
      attestation: { method: 'none' },
      patchAgeDays: 3,
      openCriticalVulnerabilities: 0,
      sandbox: 'container',
      egressControl: 'allow-list',
      region: 'eu',
    },
  }
}
