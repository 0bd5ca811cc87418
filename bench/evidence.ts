import { benchCredentials, type CredentialEffort } from './evidence/credentials.ts'
import { benchIssuing, type IssuingEffort } from './evidence/issuing.ts'
import { benchSdJwt } from './evidence/sd-jwt.ts'
import { benchStatus, type StatusEffort } from './evidence/status.ts'
import type { Report } from './support/result.ts'

/** How much the benchmark measures. */
export interface EvidenceEffort extends CredentialEffort, StatusEffort, IssuingEffort {}

/** How much the benchmark measures by default. */
export const EVIDENCE_EFFORT: EvidenceEffort = {
  rounds: 15,
  runs: 200,
  warmUp: 5,
  entries: 1_000_000,
  checks: 20_000,
  changes: 25,
  credentials: 100_000,
}

const BENCH = 'evidence'

/**
 * What evidence costs: verifying credentials of each format next to the bare signatures and to other libraries, status
 * lists, and issuing in bulk.
 */
export async function benchEvidence(report: Report, effort: EvidenceEffort = EVIDENCE_EFFORT): Promise<void> {
  await benchCredentials(BENCH, report, effort)
  await benchSdJwt(BENCH, report, effort)
  await benchStatus(BENCH, report, effort)
  await benchIssuing(BENCH, report, effort)
}
