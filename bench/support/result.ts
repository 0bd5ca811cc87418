/** One figure: a line of the output. */
export interface BenchResult {
  /** The name of the benchmark. */
  readonly bench: string
  /** What was measured, such as `in process`. */
  readonly case: string
  /** Which figure it is, such as `cpu`. */
  readonly metric: string
  readonly value: number
  /** The unit of `value` and `goal`; `1` for a ratio. */
  readonly unit: string
  /** The most that the figure may be, where it is promised. */
  readonly goal?: number
  /** Whether it is kept; there exactly where `goal` is. */
  readonly ok?: boolean
}

/** Takes figures as they come. */
export type Report = (result: BenchResult) => void

/** A figure, rounded to four digits, held against its goal where it has one. */
export function figure(
  bench: string,
  name: string,
  metric: string,
  value: number,
  unit: string,
  goal?: number,
): BenchResult {
  const rounded = Number(value.toPrecision(4))
  return {
    bench,
    case: name,
    metric,
    value: rounded,
    unit,
    ...(goal === undefined ? {} : { goal, ok: rounded <= goal }),
  }
}

/** Figures as a table for people. */
export function formatTable(results: readonly BenchResult[]): string {
  const rows = results.map(({ case: name, metric, value, unit, goal, ok }) => [
    name,
    metric,
    `${String(value)}${unit === '1' ? '' : ` ${unit}`}`,
    goal === undefined ? '' : `≤ ${String(goal)}`,
    ok === undefined ? '' : ok ? 'ok' : 'MISSED',
  ])
  const all = [['case', 'metric', 'value', 'goal', ''], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
