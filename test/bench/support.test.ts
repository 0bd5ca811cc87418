import type { Profiler } from 'node:inspector'
import { describe, expect, it } from 'vitest'
import { interleave, ratio, type Contender } from '../../bench/support/interleave.ts'
import { sharesOf } from '../../bench/support/profile.ts'
import { figure, formatTable } from '../../bench/support/result.ts'
import { median, percentile } from '../../bench/support/statistics.ts'

describe('statistics', () => {
  it.each([
    [[3], 3],
    [[1, 9, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
  ])('the median of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected)
  })

  it('interpolates percentiles, and refuses no values', () => {
    const values = Array.from({ length: 101 }, (_, index) => 100 - index)
    expect(percentile(values, 99)).toBe(99)
    expect(percentile([0, 10], 25)).toBe(2.5)
    expect(() => median([])).toThrow(RangeError)
  })
})

describe('interleave', () => {
  it('gives every contender its turns, the warm-up uncounted, the order turned round each time', async () => {
    const calls: string[] = []
    const contender = (name: string): Contender => ({
      name,
      prepare: async (runs) => void calls.push(`${name} prepares ${String(runs)}`),
      run: async () => void calls.push(name),
    })
    const measured = await interleave([contender('a'), contender('b')], { rounds: 2, runs: 2, warmUp: 1 })
    const [first, second] = [
      ['a prepares 2', 'a', 'a'],
      ['b prepares 2', 'b', 'b'],
    ] as const
    expect(calls).toEqual([...second, ...first, ...first, ...second, ...second, ...first])
    expect(measured.get('a')).toMatchObject({ cpu: { length: 2 }, latency: { length: 4 } })
  })

  it('adds up what other processes spend', async () => {
    let spent = 0
    const contender: Contender = {
      name: 'a',
      run: async () => {
        spent += 1_000_000
      },
      elsewhere: async () => ({ server: spent }),
    }
    const { byProcess, cpu } = (await interleave([contender], { rounds: 1, runs: 3, warmUp: 0 })).get('a')!
    expect(byProcess.server).toEqual([1_000_000])
    expect(cpu[0]).toBe(1_000_000 + (byProcess.client?.[0] ?? 0))
  })

  it('compares round by round', () => {
    const measured = (cpu: number[]) => ({ cpu, byProcess: {}, latency: [] })
    // The second round met a busy machine: both took longer, and the ratio is what it was.
    expect(ratio(measured([30, 300, 32]), measured([20, 200, 16]))).toBe(1.5)
  })
})

describe('figures', () => {
  it('say whether they keep their goal, where they have one', () => {
    expect(figure('b', 'c', 'm', 1.50004, '1', 1.5)).toEqual({
      ...{ bench: 'b', case: 'c', metric: 'm', value: 1.5, unit: '1' },
      ...{ goal: 1.5, ok: true },
    })
    expect(figure('b', 'c', 'm', 1.501, '1', 1.5).ok).toBe(false)
    expect(figure('b', 'c', 'm', 2, 'µs')).not.toHaveProperty('ok')
  })

  it('make a table that shows a miss', () => {
    const lines = formatTable([figure('b', 'c', 'm', 2, '1', 1.5), figure('b', 'c', 'cpu', 12, 'µs')]).split(
      '\n',
    )
    expect(lines).toHaveLength(3)
    expect(lines[1]).toMatch(/^c +m +2 +≤ 1\.5 +MISSED$/)
    expect(lines[2]).toMatch(/^c +cpu +12 µs$/)
  })
})

describe('profile', () => {
  it('counts the busy time by place', () => {
    const frame = (id: number, functionName: string, url: string): Profiler.ProfileNode => ({
      id,
      callFrame: { functionName, url, scriptId: '', lineNumber: 0, columnNumber: 0 },
    })
    const shares = sharesOf({
      startTime: 0,
      endTime: 100,
      nodes: [
        frame(1, '(idle)', ''),
        frame(2, 'verify', 'file:///p/node_modules/@noble/curves/a.js'),
        frame(3, 'parse', 'file:///p/dist/keys/jws-parse.js'),
        frame(4, 'run', ''),
      ],
      samples: [1, 2, 3, 4],
      timeDeltas: [500, 20, 30, 50],
    })
    expect(shares).toEqual([
      ['built in', 0.5],
      ['comity/keys', 0.3],
      ['@noble/curves', 0.2],
    ])
  })
})
