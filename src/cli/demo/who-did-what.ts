import { traceSession, type AuditEntry, type SessionTrace } from '../../audit/index.ts'

/** The audit records of a gateway in words: for each session, who did what, for whom, and how it came out. */
export function whoDidWhat(entries: readonly AuditEntry[]): readonly string[] {
  const sessions = new Set(
    entries.flatMap(({ record }) => (record.session === undefined ? [] : [record.session])),
  )
  return [...sessions].flatMap((id) => {
    const trace = traceSession(entries, id)
    return trace === undefined ? [] : linesOf(trace)
  })
}

function linesOf({ session, initiator = 'nobody known', accountable, steps }: SessionTrace): string[] {
  return [
    `${initiator}, for whom ${accountable.join(', ')} answers, in session ${session}:`,
    ...condensed(steps),
  ]
}

/** One line for steps that repeat: the revocation's step calls many times. */
function condensed(steps: SessionTrace['steps']): string[] {
  const lines: { text: string; times: number }[] = []
  for (const { kind, action, outcome, code, reason } of steps) {
    const why = code ?? reason
    const text = `${action ?? kind} ${outcome}${why === undefined ? '' : ` (${why})`}`
    const last = lines.at(-1)
    if (last?.text === text) last.times += 1
    else lines.push({ text, times: 1 })
  }
  return lines.map(({ text, times }) => `  ${text}${times === 1 ? '' : `, ${String(times)} times`}`)
}
