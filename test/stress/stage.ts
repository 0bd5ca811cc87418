import { setTimeout as sleep } from 'node:timers/promises'
import type { Cast } from './cast.ts'
import type { Pace } from './pace.ts'
import { between, REVOCATION_MS, type Plan } from './plan.ts'
import type { CallLine, Recorder, ResourcesLine, StageLine } from './record.ts'
import type { Held } from './resources.ts'

/** What is done to the stage while the agents act. */
export interface StageOptions {
  readonly cast: Cast
  readonly plan: Plan
  readonly recorder: Recorder
  readonly pace: Pace
}

// A gateway that has answered so often has come back indeed.
const ANSWERS = 5
// A machine that is slow gets so many times what is meant.
const PATIENCE = 2

/** Kills the second gateway and starts it again, over and over. When it ends, the gateway is there. */
export async function killAndRestart({ cast, plan, recorder, pace }: StageOptions): Promise<void> {
  for (;;) {
    const since = Date.now()
    const isBusy = (): boolean => answersOf('two', since, recorder) >= ANSWERS
    await pause(plan.killEveryMs, pace, isBusy)
    if (pace.isOver()) return
    note(recorder, 'killed', 'two')
    await cast.two.kill()
    await sleep(between(plan.awayMs))
    await cast.two.restart()
    note(recorder, 'restarted', 'two')
  }
}

function answersOf(target: CallLine['target'], since: number, { seen }: Recorder): number {
  return seen.filter(
    (line) =>
      line.kind === 'call' && line.target === target && line.sentAt > since && line.status !== undefined,
  ).length
}

/**
 * Cuts the event stream, over and over; first and then every third time for longer than the lease, and before each cut
 * but the first once for some connections only: what one gateway has then dealt with alone, the other must still hear
 * of. When it ends, nothing is cut.
 */
export async function cutStream({ cast, plan, recorder, pace }: StageOptions): Promise<void> {
  for (let round = 0; !pace.isOver(); round++) {
    await calm(plan, pace, recorder)
    if (pace.isOver()) return
    if (round > 0) {
      cast.events.cutSome()
      note(recorder, 'cut.some', '')
      await calm(plan, pace, recorder)
    }
    if (pace.isOver()) return
    const how = Math.random() < 0.5 ? 'drop' : 'stall'
    note(recorder, 'cut', how)
    cast.events.cut(how)
    if (round % 3 === 0) await pause(plan.partitionMs, pace, () => pace.has('judged by lease'))
    else await pause(between(plan.cutMs), pace)
    cast.events.heal()
    note(recorder, 'healed', how)
  }
}

/** Until the stream was up for long enough that a revocation had to be heard of, however long it took to open it. */
async function calm({ calmMs }: Plan, pace: Pace, { seen }: Recorder): Promise<void> {
  const isUp = (): boolean => {
    const last = seen.findLast(
      (line): line is StageLine => line.kind === 'stage' && line.event.startsWith('stream.'),
    )
    return last?.event === 'stream.opened' && Date.now() - last.t > 1.5 * REVOCATION_MS
  }
  await pause(between(calmMs), pace, isUp)
}

/** What each of the processes holds that live as long as the run does. */
export async function measureAll({ one, acme }: Cast): Promise<Readonly<Record<string, Held>>> {
  return { one: await one.role.call('measure'), acme: await acme.call('measure') }
}

/** Writes down what the processes hold. Gives a line for people of each. */
export function noteResources(
  held: Readonly<Record<string, Held>>,
  at: ResourcesLine['at'],
  recorder: Recorder,
): readonly string[] {
  return Object.entries(held).map(([name, { rss, heap, handles, kinds }]) => {
    recorder.write({ kind: 'resources', t: Date.now(), process: name, at, rss, handles })
    const memory = `${mebibytes(rss)} MiB resident, ${mebibytes(heap)} in the heap`
    return `${name} ${at}: ${memory}, ${handles} handles ${JSON.stringify(kinds)}`
  })
}

/** Writes down what was done. */
export function note(recorder: Recorder, event: StageLine['event'], detail: string): void {
  recorder.write({ kind: 'stage', t: Date.now(), event, detail })
}

/** Waits so long, and longer until something is so; not for ever, and not beyond the load. */
export async function pause(ms: number, pace: Pace, isSo: () => boolean = () => true): Promise<void> {
  const start = Date.now()
  const isEnough = (): boolean => {
    const past = Date.now() - start
    return past >= PATIENCE * ms || (past >= ms && isSo())
  }
  while (!isEnough() && !pace.isOver()) await sleep(50)
}

const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0)
