import type { Verdict } from './judge.ts'
import type { Line } from './record.ts'
import { lastServed, upTimes } from './stream-times.ts'

/** What was seen, one line for people. */
export function figures(lines: readonly Line[]): string {
  const calls = lines.filter((line) => line.kind === 'call')
  const handshakes = lines.filter((line) => line.kind === 'handshake')
  const revoked = new Map(
    lines.filter((line) => line.kind === 'revoked').map((line) => [line.agent, line.acknowledgedAt]),
  )
  const loads = calls.filter(({ purpose, phase }) => purpose === 'call' && phase === 'load')
  const start = lines.find((line) => line.kind === 'start')
  const up = upTimes(lines)
  // Those whose bound is the short one: the stream was up all the while.
  const told = [...revoked].filter(
    ([, at]) => start !== undefined && lastServed(at, up, start) === at + start.revocationMs,
  )
  const afterwards = told.map(([agent, at]) => {
    const served = loads.filter((call) => call.agent === agent && call.status === 200 && call.sentAt > at)
    return Math.max(0, ...served.map(({ sentAt }) => sentAt - at))
  })
  const rightful = loads.filter(({ agent, sentAt }) => sentAt < (revoked.get(agent) ?? Infinity))
  const ms = rightful
    .filter(({ status }) => status === 200)
    .map(({ sentAt, answeredAt }) => answeredAt - sentAt)
  return [
    `handshakes ${counted(handshakes.map(({ outcome, code }) => (code === undefined ? outcome : `${outcome} ${code}`)))}`,
    `calls of agents in good standing ${counted(rightful.map(({ status }) => String(status ?? 'no answer')))}`,
    `their answers p50 ${percentile(ms, 0.5)} ms, p99 ${percentile(ms, 0.99)} ms`,
    `last call served after an acknowledged revocation, stream up, ${told.length} of ${revoked.size}: p50 ${percentile(afterwards, 0.5)} ms, p99 ${percentile(afterwards, 0.99)} ms`,
    `statuses in all ${counted(calls.map(({ status }) => String(status ?? 'no answer')))}`,
  ].join('; ')
}

/** What held and what fell, with counts that a program can read. */
export function lastLine(lines: readonly Line[], verdicts: readonly Verdict[]): string {
  const names = (isHeld: boolean): string =>
    verdicts
      .filter(({ violations }) => (violations.length === 0) === isHeld)
      .map(({ invariant }) => invariant)
      .join(', ') || 'nothing'
  const of = (kind: Line['kind']): number => lines.filter((line) => line.kind === kind).length
  const counts = {
    calls: of('call'),
    handshakes: of('handshake'),
    revoked: of('revoked'),
    checked: Object.fromEntries(verdicts.map(({ invariant, checked }) => [invariant, checked])),
    violations: Object.fromEntries(
      verdicts.map(({ invariant, violations }) => [invariant, violations.length]),
    ),
  }
  return `stress: held ${names(true)}; fell ${names(false)}; ${JSON.stringify(counts)}`
}

function counted(values: readonly string[]): string {
  const counts: Record<string, number> = {}
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1
  return JSON.stringify(counts)
}

function percentile(values: readonly number[], share: number): string {
  const sorted = [...values].sort((one, other) => one - other)
  return (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN).toFixed(0)
}
