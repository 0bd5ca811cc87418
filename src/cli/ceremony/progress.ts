import type { ProgramOutput } from '../output.ts'

/** Tells how far long work is. */
export interface Progress {
  /** Begins a step, such as `building the first key`. */
  step(name: string): void
  /** How far the current step is. Told again when it got a tenth further. */
  at(done: number, of: number): void
}

/** Progress as lines on standard error: for people, or with `json` one object a line. */
export function createProgress(output: Pick<ProgramOutput, 'writeError'>, json: boolean): Progress {
  let current = ''
  let tenth = 0
  const tell = (percent: number | undefined): void => {
    const line = `${current}${percent === undefined ? ' …' : `: ${String(percent)} %`}`
    output.writeError(json ? JSON.stringify({ progress: current, percent: percent ?? null }) : line)
  }
  return {
    step: (name) => {
      current = name
      tenth = 0
      tell(undefined)
    },
    at: (done, of) => {
      const next = Math.floor((10 * done) / of)
      if (!(next > tenth && next < 10)) return
      tenth = next
      tell(next * 10)
    },
  }
}
