import type { CallLine, HandshakeLine, Line, ResourcesLine, RevokedLine, StartLine } from './record.ts'
import { lastServed, lastUp, upTimes, type UpTime } from './stream-times.ts'

/** Whether one of the promises held. */
export interface Verdict {
  readonly invariant: Invariant
  /** How often it was put to the test. */
  readonly checked: number
  /** What broke it, one line each. */
  readonly violations: readonly string[]
}

/** What a stress run promises. */
export type Invariant =
  'revocation' | 'lost' | 'replay' | 'lease' | 'expiry' | 'memory' | 'handles' | 'exercised'

/** What is judged from. */
interface Evidence {
  readonly start: StartLine
  readonly up: readonly UpTime[]
  readonly calls: readonly CallLine[]
  readonly handshakes: readonly HandshakeLine[]
  readonly revoked: readonly RevokedLine[]
  readonly resources: readonly ResourcesLine[]
  readonly lines: readonly Line[]
}

const served = ({ status }: CallLine): boolean => status === 200

/** Judges a record. The order of the verdicts is fixed. */
export function judge(lines: readonly Line[]): readonly Verdict[] {
  const start = lines.find((line) => line.kind === 'start')
  if (start === undefined) throw new TypeError('the record does not begin')
  const evidence: Evidence = {
    start,
    up: upTimes(lines),
    calls: lines.filter((line) => line.kind === 'call'),
    handshakes: lines.filter((line) => line.kind === 'handshake'),
    revoked: lines.filter((line) => line.kind === 'revoked'),
    resources: lines.filter((line) => line.kind === 'resources'),
    lines,
  }
  return [
    revocation(evidence),
    lost(evidence),
    replay(evidence),
    lease(evidence),
    expiry(evidence),
    resource(evidence, 'memory'),
    resource(evidence, 'handles'),
    exercised(evidence),
  ]
}

/** No call is served after its revocation's bound. */
function revocation({ start, up, calls, revoked }: Evidence): Verdict {
  const bounds = new Map(
    revoked.map(({ agent, acknowledgedAt }) => [agent, lastServed(acknowledgedAt, up, start)]),
  )
  const judged = calls.filter(({ agent, sentAt }) => sentAt > (bounds.get(agent) ?? Infinity))
  const violations = judged
    .filter(served)
    .map(
      ({ agent, target, sentAt }) =>
        `${short(agent)} was served by ${target} ${late(sentAt, bounds.get(agent))} after the bound`,
    )
  return { invariant: 'revocation', checked: judged.length, violations }
}

/** At the end every agent that was revoked is refused, by both gateways, its session and a new handshake alike. */
function lost({ calls, handshakes, revoked }: Evidence): Verdict {
  const finalCalls = calls.filter(({ phase }) => phase === 'end')
  const finalHandshakes = handshakes.filter(({ phase }) => phase === 'end')
  const violations = revoked.flatMap(({ agent }) =>
    (['one', 'two'] as const).flatMap((target) => {
      const mine = (line: { agent: string; target: string }): boolean =>
        line.agent === agent && line.target === target
      const call = finalCalls.find(mine)
      const handshake = finalHandshakes.find(mine)
      return [
        ...(call?.status === 401
          ? []
          : [`${short(agent)} calls ${target} at the end: ${String(call?.status)}`]),
        ...(isKeptOut(handshake, call)
          ? []
          : [`${short(agent)} connects to ${target} at the end: ${handshake?.outcome ?? 'not tried'}`]),
      ]
    }),
  )
  return { invariant: 'lost', checked: finalCalls.length + finalHandshakes.length, violations }
}

/** Refused, or without the evidence that it would have to show. */
function isKeptOut(handshake: HandshakeLine | undefined, call: CallLine | undefined): boolean {
  if (handshake?.outcome === 'refused') return true
  return handshake?.outcome === 'unable' && call !== undefined && call.evidenceEndsAt < handshake.sentAt
}

/** A proof is accepted once, by whichever gateway. */
function replay({ calls }: Evidence): Verdict {
  const uses = new Map<string, CallLine[]>()
  for (const call of calls) uses.set(call.proof, [...(uses.get(call.proof) ?? []), call])
  const repeated = [...uses.values()].filter(({ length }) => length > 1)
  const violations = repeated
    .filter((lines) => lines.filter(served).length > 1)
    .map(
      (lines) =>
        `a proof of ${short(lines[0]?.agent ?? '')} was accepted ${lines.filter(served).length} times`,
    )
  return { invariant: 'replay', checked: repeated.length, violations }
}

/** No session is served when the stream was silent for a lease; one that opened meanwhile has a lease of its own. */
function lease({ start, up, calls }: Evidence): Verdict {
  const end = (call: CallLine): number =>
    Math.max(lastUp(call.sentAt, up) ?? 0, call.openedAt) + start.leaseMs
  const judged = calls.filter((call) => call.sentAt > end(call))
  const violations = judged
    .filter(served)
    .map(
      (call) =>
        `${short(call.agent)} was served by ${call.target} ${late(call.sentAt, end(call))} after the lease`,
    )
  return { invariant: 'lease', checked: judged.length, violations }
}

/** No session is served after the end of its token, or of what it rests on. */
function expiry({ start, calls }: Evidence): Verdict {
  const end = (call: CallLine): number => Math.min(call.tokenEndsAt + start.toleranceMs, call.evidenceEndsAt)
  const judged = calls.filter((call) => call.sentAt > end(call))
  const violations = judged
    .filter(served)
    .map(
      (call) =>
        `${short(call.agent)} was served by ${call.target} ${late(call.sentAt, end(call))} after its end`,
    )
  return { invariant: 'expiry', checked: judged.length, violations }
}

/** At the end a process holds no more than it did under a steady load, or, of handles, before the load. */
function resource({ start, resources }: Evidence, invariant: 'memory' | 'handles'): Verdict {
  const [before, bound] =
    invariant === 'memory' ? (['steady', start.memoryBytes] as const) : (['idle', start.handles] as const)
  const held = ({ rss, handles }: ResourcesLine): number => (invariant === 'memory' ? rss : handles)
  const ends = resources.filter(({ at }) => at === 'end')
  const violations = ends.flatMap((end) => {
    const first = resources.find(({ at, process }) => at === before && process === end.process)
    if (first === undefined) return [`${end.process} was not measured before`]
    return held(end) - held(first) > bound
      ? [`${end.process} holds ${held(end)} at the end, and held ${held(first)}`]
      : []
  })
  return { invariant, checked: ends.length, violations }
}

/** Whatever was never tried has not held. */
function exercised({ calls, handshakes, revoked, lines, resources }: Evidence): Verdict {
  const staged = (event: string): number =>
    lines.filter((line) => line.kind === 'stage' && line.event === event).length
  const counts = {
    'calls served': calls.filter((call) => served(call) && call.purpose === 'call').length,
    'handshakes accepted': handshakes.filter(({ outcome }) => outcome === 'accepted').length,
    'sessions renewed': calls.filter((call) => served(call) && call.purpose === 'renewal').length,
    'agents revoked': revoked.length,
    'copies sent': calls.filter(({ purpose }) => purpose === 'copy').length,
    'late calls': calls.filter(({ purpose }) => purpose === 'late').length,
    'gateways restarted': staged('restarted'),
    'streams cut': staged('cut'),
    'processes measured': resources.filter(({ at }) => at === 'end').length,
  }
  const violations = Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [] : [`no ${what}`]))
  return { invariant: 'exercised', checked: Object.keys(counts).length, violations }
}

const short = (did: string): string => did.slice(did.lastIndexOf(':') + 1)

const late = (t: number, bound = 0): string => `${Math.ceil(t - bound)} ms`
