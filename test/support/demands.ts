import { parseDemand, type Demand } from '../../src/demand/index.ts'

const DAY = 86_400

/** What Globex asks in tests, unless it is told otherwise. */
export const AGENT_DEMAND: Demand = parseDemand({
  credentials: [
    { id: 'capability', format: 'vc+jwt', meta: { type_values: [['AgentCapabilityCredential']] } },
    {
      id: 'posture',
      format: 'vc+jwt',
      meta: { type_values: [['AgentPostureCredential']] },
      predicates: [
        { path: ['credentialSubject', 'openCriticalVulnerabilities'], op: 'range', min: 0, max: 0 },
      ],
    },
  ],
  posture: { maxAge: DAY },
})

/** What Acme's agent asks in tests. */
export const PARTNER_DEMAND: Demand = parseDemand({
  credentials: [
    { id: 'provenance', format: 'vc+jwt', meta: { type_values: [['AgentProvenanceCredential']] } },
  ],
})

/** What the agent asks for. */
export const REQUEST = [{ type: 'invoices', actions: ['read'] }] as const
