import type { CallLine, Line, StageLine } from './record.ts'

/** How often each thing happened without which a verdict says nothing. */
export type Tally = Readonly<Record<Happening, number>>

type Happening =
  | 'calls served'
  | 'calls served to the library'
  | 'handshakes accepted'
  | 'sessions renewed'
  | 'sessions stepped up'
  | 'sessions closed'
  | 'agents revoked'
  | 'copies sent'
  | 'late calls'
  | 'gateways restarted'
  | 'streams cut'
  | 'partitions'

/** How often each must have happened; none of it where a name is missing. */
export type Needs = Readonly<Partial<Record<Happening, number>>>

/** Counts what happened. */
export function tally(lines: readonly Line[], leaseMs: number): Tally {
  const calls = lines.filter((line) => line.kind === 'call')
  const served = (isMeant: (call: CallLine) => boolean): number =>
    calls.filter((call) => call.status === 200 && isMeant(call)).length
  const of = (purpose: CallLine['purpose']): CallLine[] => calls.filter((call) => call.purpose === purpose)
  const stages = lines.filter((line) => line.kind === 'stage')
  const staged = (event: StageLine['event']): StageLine[] => stages.filter((line) => line.event === event)
  const cuts = staged('cut')
  return {
    'calls served': served(({ purpose }) => purpose === 'call'),
    'calls served to the library': served((call) => call.purpose === 'call' && call.isLibrary === true),
    'handshakes accepted': lines.filter((line) => line.kind === 'handshake' && line.outcome === 'accepted')
      .length,
    'sessions renewed': served(({ purpose }) => purpose === 'renewal'),
    'sessions stepped up': served(({ purpose }) => purpose === 'step-up'),
    'sessions closed': of('end').filter(({ status }) => status === 204).length,
    'agents revoked': lines.filter(({ kind }) => kind === 'revoked').length,
    'copies sent': of('copy').length,
    'late calls': of('late').length,
    'gateways restarted': staged('restarted').length,
    'streams cut': cuts.length,
    partitions: staged('healed').filter(({ t }, index) => t - (cuts[index]?.t ?? t) > leaseMs).length,
  }
}

/** What has not happened often enough yet, one line each. */
export function shortfalls(
  counts: Readonly<Record<string, number>>,
  needs: Readonly<Record<string, number>>,
): readonly string[] {
  return Object.entries(needs).flatMap(([what, least]) => {
    const count = counts[what] ?? 0
    return count >= least ? [] : [`${what}: ${count} of ${least}`]
  })
}
