import { systemClock } from '../../runtime/index.ts'

/** One step of the demo: what was done, whether it went as it must, and how long it took. */
export interface DemoStep {
  readonly step: string
  readonly ok: boolean
  /** Milliseconds. */
  readonly ms: number
  /** What was seen. */
  readonly detail: Readonly<Record<string, unknown>>
}

/** Writes the steps as they come. */
export interface DemoReport {
  /** Runs a step and reports it; what it throws makes it a failed one. */
  run(step: string, work: () => Promise<StepResult>): Promise<boolean>
}

/** What a step has seen. `ms` where the time is not that of the whole step. */
export interface StepResult {
  readonly ok: boolean
  readonly ms?: number
  readonly detail: Readonly<Record<string, unknown>>
}

/** Reports steps as lines of JSON, or for people. */
export function createReport(options: {
  readonly json: boolean
  readonly write: (line: string) => void
}): DemoReport {
  return {
    async run(step, work) {
      const started = systemClock.now()
      const result = await work().catch((error: unknown): StepResult => ({
        ok: false,
        detail: { error: describe(error) },
      }))
      const ms = Math.round((result.ms ?? (systemClock.now() - started) * 1000) * 10) / 10
      const { ok, detail } = result
      options.write(
        options.json ? JSON.stringify({ step, ok, ms, detail }) : forPeople({ step, ok, ms, detail }),
      )
      return ok
    },
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? `${error.code}: ${error.message}` : error.message
}

function forPeople({ step, ok, ms, detail }: DemoStep): string {
  const head = `${ok ? '✓' : '✗'} ${step.padEnd(46)} ${ms.toFixed(1).padStart(8)} ms`
  const lines = Object.entries(detail).map(([name, value]) => `    ${name}: ${text(value)}`)
  return [head, ...lines].join('\n')
}

function text(value: unknown): string {
  if (typeof value === 'string') return value.replaceAll('\n', '\n      ')
  return JSON.stringify(value)
}
