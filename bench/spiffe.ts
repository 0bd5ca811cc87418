import { benchBundleSet, type BundleSetEffort } from './spiffe/bundle-set.ts'
import { benchJwtSvid } from './spiffe/jwt-svid.ts'
import { benchX509Svid } from './spiffe/x509-svid.ts'
import type { Effort } from './support/interleave.ts'
import type { Report } from './support/result.ts'

/** How much the benchmark measures. */
export interface SpiffeEffort extends Effort, BundleSetEffort {}

/** How much the benchmark measures by default. */
export const SPIFFE_EFFORT: SpiffeEffort = {
  rounds: 15,
  runs: 100,
  warmUp: 5,
  trustDomains: 10_000,
  lookUps: 200_000,
}

const BENCH = 'spiffe'

/** What SVIDs cost: verifying each kind next to its bare signatures, and finding a trust domain among very many. */
export async function benchSpiffe(report: Report, effort: SpiffeEffort = SPIFFE_EFFORT): Promise<void> {
  await benchJwtSvid(BENCH, report, effort)
  await benchX509Svid(BENCH, report, effort)
  benchBundleSet(BENCH, report, effort)
}
