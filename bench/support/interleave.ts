import { median } from './statistics.ts'

/** Something to be measured against others. */
export interface Contender {
  readonly name: string
  /** Gets ready for some runs; what it costs is not measured. */
  prepare?(runs: number): Promise<void>
  /** Does it once. */
  run(): Promise<void>
  /** CPU microseconds that other processes have spent for it so far, by name. */
  elsewhere?(): Promise<Readonly<Record<string, number>>>
}

/** How much is measured. */
export interface Effort {
  /** Rounds that are counted; in each, every contender has its turn. */
  readonly rounds: number
  /** Runs of each contender in a round. */
  readonly runs: number
  /** Rounds before those. */
  readonly warmUp: number
}

/** What one contender was measured at, a value a round. */
export interface Measured {
  /** CPU microseconds a run, of all processes together. */
  readonly cpu: number[]
  /** CPU microseconds a run, by process. */
  readonly byProcess: Record<string, number[]>
  /** Milliseconds of each single run. */
  readonly latency: number[]
}

/** The name of this process among those that share the work. */
export const HERE = 'client'

/**
 * Measures contenders one after another, round after round, so that whatever else the machine does meets all alike.
 * The order is turned round each time.
 *
 * CPU time is user and system time of the whole process: thread pool and garbage collection are in it.
 */
export async function interleave(
  contenders: readonly Contender[],
  { rounds, runs, warmUp }: Effort,
): Promise<ReadonlyMap<string, Measured>> {
  const measured = new Map(
    contenders.map(({ name }): [string, Measured] => [name, { cpu: [], byProcess: {}, latency: [] }]),
  )
  for (let round = -warmUp; round < rounds; round += 1) {
    const order = round % 2 === 0 ? contenders : contenders.toReversed()
    for (const contender of order) {
      const turn = await takeTurn(contender, runs)
      const into = measured.get(contender.name)
      if (round < 0 || into === undefined) continue
      into.cpu.push(Object.values(turn.cpu).reduce((sum, each) => sum + each, 0))
      for (const [name, cpu] of Object.entries(turn.cpu)) (into.byProcess[name] ??= []).push(cpu)
      into.latency.push(...turn.latency)
    }
  }
  return measured
}

/** The median of one contender's cost as a multiple of another's, round by round. */
export function ratio(of: Measured, to: Measured): number {
  return median(of.cpu.map((cpu, round) => cpu / (to.cpu[round] ?? Number.NaN)))
}

async function takeTurn(
  contender: Contender,
  runs: number,
): Promise<{ cpu: Record<string, number>; latency: number[] }> {
  await contender.prepare?.(runs)
  const latency: number[] = []
  const before = await usage(contender)
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now()
    await contender.run()
    latency.push(performance.now() - start)
  }
  const after = await usage(contender)
  const cpu = Object.entries(after).map(([name, spent]) => [name, (spent - (before[name] ?? 0)) / runs])
  return { cpu: Object.fromEntries(cpu) as Record<string, number>, latency }
}

async function usage(contender: Contender): Promise<Record<string, number>> {
  const elsewhere = (await contender.elsewhere?.()) ?? {}
  const { user, system } = process.cpuUsage()
  return { ...elsewhere, [HERE]: user + system }
}
