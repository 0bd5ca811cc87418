import { judge, judged } from './judge.ts'
import type { Plan } from './plan.ts'
import type { Recorder, StartLine } from './record.ts'
import { shortfalls, tally } from './tally.ts'

/** Says how far a run is: it goes by what was reached, for how much a machine gets done is its own affair. */
export interface Pace {
  /** Whether the load is over: enough has happened, or there is no more time. */
  readonly isOver: () => boolean
  /** Whether this has happened often enough. */
  has(what: string): boolean
}

const LOOK_EVERY_MS = 500

/** Begins the load. What is written down from now on counts as well as what was before. */
export function startPace(plan: Plan, recorder: Recorder): Pace {
  const start = Date.now()
  const end = start + timeLeft(plan)
  let lookAgainAt = start + plan.leastMs
  let isEnough = false
  const look = (): boolean => {
    if (isEnough || Date.now() < lookAgainAt) return isEnough
    lookAgainAt = Date.now() + LOOK_EVERY_MS
    isEnough = missing(recorder).length === 0
    return isEnough
  }
  return {
    isOver: () => Date.now() >= end || look(),
    has: (what) => !missing(recorder).some((line) => line.startsWith(`${what}: `)),
  }
}

/** What is left for the load, in milliseconds, of the time for everything. */
function timeLeft({ loadMs, withinMs, restMs, endMs }: Plan): number {
  return Math.max(8000, Math.min(loadMs, withinMs - restMs - endMs - performance.now()))
}

function missing({ seen }: Recorder): readonly string[] {
  const start = seen.find((line): line is StartLine => line.kind === 'start')
  if (start === undefined) throw new TypeError('the record does not begin')
  return shortfalls({ ...tally(seen, start.leaseMs), ...judged(judge(seen)) }, start.needs)
}
