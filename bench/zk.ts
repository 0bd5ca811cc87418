import type { Effort } from './support/interleave.ts'
import type { Report } from './support/result.ts'
import { benchCircuit } from './zk/circuit.ts'
import { benchFirstVerification, type FirstEffort } from './zk/first-verification.ts'
import { benchProving, type ProvingEffort } from './zk/prove.ts'
import { benchVerifying } from './zk/verify.ts'

/** How much the benchmark measures. */
export interface ZkEffort extends Effort, FirstEffort, ProvingEffort {}

/** How much the benchmark measures by default. */
export const ZK_EFFORT: ZkEffort = {
  rounds: 15,
  runs: 10,
  warmUp: 5,
  processes: 7,
  proofs: { rounds: 5, runs: 1, warmUp: 1 },
  witnesses: 10,
}

const BENCH = 'zk'

/** What compliance proofs cost: the circuit; verifying and proving next to snarkjs; the first verification of a process. */
export async function benchZk(report: Report, effort: ZkEffort = ZK_EFFORT): Promise<void> {
  await benchCircuit(BENCH, report)
  await benchVerifying(BENCH, report, effort)
  await benchFirstVerification(BENCH, report, effort)
  await benchProving(BENCH, report, effort)
}
