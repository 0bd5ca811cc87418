import type { CallLine, HandshakeLine, Line, ResourcesLine, RevokedLine, StartLine } from './record.ts'
import { shortfalls, tally } from './tally.ts'
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
  | 'revocation'
  | 'lost'
  | 'replay'
  | 'lease'
  | 'expiry'
  | 'posture'
  | 'closed'
  | 'memory'
  | 'handles'
  | 'exercised'

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
  const verdicts = [
    revocation(evidence),
    lost(evidence),
    replay(evidence),
    lease(evidence),
    expiry(evidence),
    posture(evidence),
    closed(evidence),
    resource(evidence, 'memory'),
    resource(evidence, 'handles'),
  ]
  return [...verdicts, exercised(evidence, verdicts)]
}

/** How often the promises about calls were put to the test, by name, as `needs` has them. */
export function judged(verdicts: readonly Verdict[]): Readonly<Record<string, number>> {
  return Object.fromEntries(verdicts.map(({ invariant, checked }) => [`judged by ${invariant}`, checked]))
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

/**
 * No session is served when the stream was silent for a lease; one that opened meanwhile has a lease of its own. A call
 * may wait for the stream, and is decided when that has come up.
 */
function lease({ start, up, calls }: Evidence): Verdict {
  const end = (call: CallLine): number =>
    Math.max(lastUp(call.answeredAt, up) ?? 0, call.openedAt) + start.leaseMs
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

/** No call is served on a posture that is older than the demand allows; renewals may show a fresh one. */
function posture({ calls }: Evidence): Verdict {
  const judged = calls.filter(
    ({ purpose, sentAt, postureEndsAt = Infinity }) => purpose === 'call' && sentAt > postureEndsAt,
  )
  const violations = judged
    .filter(served)
    .map(
      (call) =>
        `${short(call.agent)} was served by ${call.target} ${late(call.sentAt, call.postureEndsAt)} after its posture`,
    )
  return { invariant: 'posture', checked: judged.length, violations }
}

/** No session is served once the gateway has acknowledged that it is closed. */
function closed({ calls }: Evidence): Verdict {
  const ends = new Map(
    calls
      .filter(({ purpose, status }) => purpose === 'end' && status === 204)
      .map(({ session, answeredAt }) => [session, answeredAt]),
  )
  const judged = calls.filter(({ session, sentAt }) => sentAt > (ends.get(session) ?? Infinity))
  const violations = judged
    .filter(served)
    .map((call) => `${short(call.agent)} was served by ${call.target} in a session that it had closed`)
  return { invariant: 'closed', checked: judged.length, violations }
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

/** Whatever was not tried often enough has not held. */
function exercised({ start, lines }: Evidence, verdicts: readonly Verdict[]): Verdict {
  const counts = { ...tally(lines, start.leaseMs), ...judged(verdicts) }
  const never = Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [] : [`${what}: none`]))
  const violations = [...new Set([...never, ...shortfalls(counts, start.needs)])]
  return { invariant: 'exercised', checked: Object.keys(counts).length, violations }
}

const short = (did: string): string => did.slice(did.lastIndexOf(':') + 1)

const late = (t: number, bound = 0): string => `${Math.ceil(t - bound)} ms`
