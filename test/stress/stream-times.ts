import type { Line, StageLine } from './record.ts'

/** A time during which the event stream was open at its publisher, and nothing held it up on its way. */
export interface UpTime {
  readonly from: number
  readonly to: number
}

/** When the event stream was up towards at least one gateway: they share their state, so one that hears is enough. */
export function upTimes(lines: readonly Line[]): readonly UpTime[] {
  const stages = lines.filter((line) => line.kind === 'stage')
  const end = Math.max(0, ...stages.map(({ t }) => t))
  const cuts = windows(stages, 'cut', 'healed', end)
  return windows(stages, 'stream.opened', 'stream.closed', end).flatMap((stream) => without(stream, cuts))
}

/** Pairs what began with what ended, by their detail. */
function windows(
  stages: readonly StageLine[],
  begin: StageLine['event'],
  finish: StageLine['event'],
  end: number,
): readonly UpTime[] {
  const open = new Map<string, number>()
  const found: UpTime[] = []
  for (const { event, detail, t } of stages) {
    const from = open.get(detail)
    if (event === begin && from === undefined) open.set(detail, t)
    if (event !== finish || from === undefined) continue
    open.delete(detail)
    found.push({ from, to: t })
  }
  return [...found, ...[...open.values()].map((from) => ({ from, to: end }))]
}

function without(stream: UpTime, cuts: readonly UpTime[]): readonly UpTime[] {
  let left: readonly UpTime[] = [stream]
  for (const cut of cuts) {
    left = left.flatMap(({ from, to }) => [
      { from, to: Math.min(to, cut.from) },
      { from: Math.max(from, cut.to), to },
    ])
    left = left.filter(({ from, to }) => from < to)
  }
  // A stream that a cut leaves alone comes out twice.
  return left.filter(
    ({ from, to }, index) => left.findIndex((other) => other.from === from && other.to === to) === index,
  )
}

/**
 * The time after which nothing may be served to an agent whose revocation was acknowledged: `revocationMs` later while
 * the stream is up all that time, counted from where it comes up; at the latest the lease.
 */
export function lastServed(
  acknowledgedAt: number,
  up: readonly UpTime[],
  { revocationMs, leaseMs }: { readonly revocationMs: number; readonly leaseMs: number },
): number {
  const told = up
    .map(({ from, to }) => ({ from: Math.max(acknowledgedAt, from), to }))
    .filter(({ from, to }) => to - from >= revocationMs)
    .map(({ from }) => from + revocationMs)
  return Math.min(acknowledgedAt + leaseMs, ...told)
}

/** The newest time, up to `t`, at which the stream was up; undefined where it never was. */
export function lastUp(t: number, up: readonly UpTime[]): number | undefined {
  const times = up.filter(({ from }) => from <= t).map(({ to }) => Math.min(t, to))
  return times.length === 0 ? undefined : Math.max(...times)
}
