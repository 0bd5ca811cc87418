import type { JsonObject } from '../../src/encoding/index.ts'
import type { AcmeAgentOptions } from './world.ts'

/** What Acme attests about an agent. */
export function attestations(acme: string, options: AcmeAgentOptions = {}): Record<string, JsonObject> {
  const assessed = new Date(Date.now() - (options.postureAge ?? 600) * 1000)
  return {
    AgentCapabilityCredential: { authorizationDetails: [{ type: 'invoices', actions: ['read', 'match'] }] },
    AgentProvenanceCredential: {
      organization: acme,
      accountable: acme,
      model: { family: 'ledger', version: '4.2.0' },
      codeDigest: `sha256:${'9f'.repeat(32)}`,
    },
    AgentPostureCredential: {
      assessedAt: `${assessed.toISOString().slice(0, 19)}Z`,
      attestation: { method: 'none' },
      patchAgeDays: 3,
      openCriticalVulnerabilities: options.openCriticalVulnerabilities ?? 0,
      sandbox: 'container',
      egressControl: 'allow-list',
      region: 'eu',
    },
  }
}
