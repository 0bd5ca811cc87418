import { describe, expect, it } from 'vitest'
import { benchHandshake } from '../../bench/handshake.ts'
import { benchSession } from '../../bench/session.ts'
import type { BenchResult } from '../../bench/support/result.ts'

const TINY = { rounds: 1, runs: 2, warmUp: 0, sessions: 20, handshakes: 2 }

/** Whether they run and what they say, never how fast: that is for `npm run bench`. */
async function resultsOf(
  bench: (report: (result: BenchResult) => void) => Promise<void>,
): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = []
  await bench((result) => results.push(result))
  return results
}

describe('the benchmarks', () => {
  it.each([
    {
      name: 'handshake',
      run: (report: (result: BenchResult) => void) => benchHandshake(report, TINY),
      goals: ['in process: cpu / jose cpu', 'over HTTPS: cpu / jose cpu'],
    },
    {
      name: 'session',
      run: (report: (result: BenchResult) => void) => benchSession(report, TINY),
      goals: ['decision: memory cpu / jose cpu', 'memory: RSS grown after them', 'memory: heap of a session'],
    },
  ])('$name gives its figures, one object each', async ({ name, run, goals }) => {
    const results = await resultsOf(run)
    for (const result of results) {
      expect(result).toMatchObject({ bench: name, case: expect.any(String), metric: expect.any(String) })
      expect(Number.isFinite(result.value)).toBe(true)
      expect(JSON.parse(JSON.stringify(result))).toEqual(result)
    }
    const promised = results.filter(({ goal }) => goal !== undefined)
    expect(promised.map((result) => `${result.case}: ${result.metric}`)).toEqual(goals)
    expect(promised.every(({ ok }) => typeof ok === 'boolean')).toBe(true)
  })
})
