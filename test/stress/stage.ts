import { setTimeout as sleep } from 'node:timers/promises'
import type { Cast } from './cast.ts'
import { between, type Plan } from './plan.ts'
import type { Recorder, ResourcesLine, StageLine } from './record.ts'

/** What is done to the stage while the agents act. */
export interface StageOptions {
  readonly cast: Cast
  readonly plan: Plan
  readonly recorder: Recorder
  readonly isOver: () => boolean
}

/** Kills the second gateway and starts it again, over and over. When it ends, the gateway is there. */
export async function killAndRestart({ cast, plan, recorder, isOver }: StageOptions): Promise<void> {
  for (;;) {
    const next = Date.now() + plan.killEveryMs
    while (Date.now() < next) {
      if (isOver()) return
      await sleep(100)
    }
    note(recorder, 'killed', 'two')
    await cast.two.kill()
    await sleep(between(plan.awayMs))
    await cast.two.restart()
    note(recorder, 'restarted', 'two')
  }
}

/**
 * Cuts the event stream, over and over; every third time for longer than the lease, and before each cut once for some
 * connections only: what one gateway has then dealt with alone, the other must still hear of. When it ends, nothing is
 * cut.
 */
export async function cutStream({ cast, plan, recorder, isOver }: StageOptions): Promise<void> {
  for (let round = 1; !isOver(); round++) {
    await pause(between(plan.calmMs), isOver)
    if (isOver()) return
    cast.events.cutSome()
    note(recorder, 'cut.some', '')
    await pause(between(plan.calmMs), isOver)
    if (isOver()) return
    const how = Math.random() < 0.5 ? 'drop' : 'stall'
    note(recorder, 'cut', how)
    cast.events.cut(how)
    await pause(round % 3 === 0 ? plan.partitionMs : between(plan.cutMs), isOver)
    cast.events.heal()
    note(recorder, 'healed', how)
  }
}

/** Measures the processes that live as long as the run does. */
export async function measureAll(
  { cast, recorder }: Pick<StageOptions, 'cast' | 'recorder'>,
  at: ResourcesLine['at'],
): Promise<readonly string[]> {
  const held = { one: await cast.one.role().call('measure'), acme: await cast.acme.call('measure') }
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

async function pause(ms: number, isOver: () => boolean): Promise<void> {
  const end = Date.now() + ms
  while (Date.now() < end && !isOver()) await sleep(50)
}

const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0)
