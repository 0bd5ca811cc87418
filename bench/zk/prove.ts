import { readFile } from 'node:fs/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout } from 'node:timers/promises'
import { calculateWitness, createProver, loadArtifacts, type CircuitInput } from 'comity/zk/prove'
import { compare, contender } from '../evidence/credentials.ts'
import { interleave, type Effort } from '../support/interleave.ts'
import { figure, type Report } from '../support/result.ts'
import { median } from '../support/statistics.ts'
import { createProvingInput } from './proving-input.ts'

const BUILD = 'circuits/build'
const GOAL = 1.1
const BLOCKED_GOAL_MS = 20

/** How much is measured of making proofs: one takes seconds. */
export interface ProvingEffort {
  /** How often each prover proves. */
  readonly proofs: Effort
  /** How many witnesses are computed. */
  readonly witnesses: number
}

/** snarkjs has no types. */
const SNARKJS: string = 'snarkjs'

type FullProve = (input: CircuitInput, wasm: string, zkey: string) => Promise<unknown>

/** Making a proof, checked, against bare snarkjs on the same circuit; and what the asking thread notices of it. */
export async function benchProving(bench: string, report: Report, effort: ProvingEffort): Promise<void> {
  const input = await createProvingInput()
  const artifacts = await loadArtifacts(BUILD, { acceptDevelopmentSetup: true })
  await benchWitness(bench, report, input, effort.witnesses)
  await using prover = createProver({ artifacts })
  await prover.warm()
  const snarkjs = (await import(SNARKJS)) as { groth16: { fullProve: FullProve } }
  const measured = await interleave(
    [
      contender('comity', async () => prover.prove(input)),
      contender('snarkjs', async () =>
        snarkjs.groth16.fullProve(input, `${BUILD}/compliance.wasm`, `${BUILD}/compliance.zkey`),
      ),
    ],
    effort.proofs,
  )
  compare(bench, report, 'prove', measured, { of: 'comity', to: 'snarkjs', goal: GOAL })
  const latency = (name: string): number => median(measured.get(name)?.latency ?? [])
  report(
    figure(bench, 'prove', 'comity p50 / snarkjs p50', latency('comity') / latency('snarkjs'), '1', GOAL),
  )
  await (globalThis as { curve_bn128?: { terminate(): Promise<void> } }).curve_bn128?.terminate()
  const idle = await longestDelay(async () => setTimeout(latency('comity')))
  report(figure(bench, 'prove', 'longest delay of the event loop, idle', idle, 'ms'))
  const proving = await longestDelay(async () => prover.prove(input))
  report(figure(bench, 'prove', 'longest delay of the event loop', proving, 'ms', BLOCKED_GOAL_MS))
}

async function benchWitness(
  bench: string,
  report: Report,
  input: CircuitInput,
  witnesses: number,
): Promise<void> {
  const circuit = await WebAssembly.compile(await readFile(`${BUILD}/compliance.wasm`))
  const times: number[] = []
  for (let run = 0; run < witnesses; run++) {
    const started = performance.now()
    await calculateWitness(circuit, input)
    times.push(performance.now() - started)
  }
  report(figure(bench, 'witness', 'p50', median(times), 'ms'))
}

async function longestDelay(work: () => Promise<unknown>): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 1 })
  delays.enable()
  await work()
  delays.disable()
  return delays.max / 1e6
}
