import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { createCalculator } from '../../circuits/support/calculator.ts'
import { compare, pair } from '../../circuits/support/pairs.ts'
import { compiledPolicy } from '../../circuits/support/variant.ts'

const calculator = await createCalculator(await readFile((await compiledPolicy()).wasm))
const BATCH = 100
const BATCHES = 20
const seeds = Array.from({ length: BATCHES }, (_, at) => 1000 + at)

describe('clear evaluation and the circuit agree on 2,000 random credentials and policies', () => {
  let met = 0
  let compared = 0

  it.each(seeds)('batch %i', { timeout: 600_000 }, (seed) => {
    for (const [index, each] of fc.sample(pair, { numRuns: BATCH, seed }).entries()) {
      const outcome = compare(calculator, each, index)
      expect(outcome.agree, JSON.stringify(each)).toBe(true)
      compared++
      if (outcome.met) met++
    }
  })

  afterAll(() => {
    expect(compared).toBe(BATCH * BATCHES)
    expect(met / compared).toBeGreaterThan(0.3)
    expect(met / compared).toBeLessThan(0.7)
  })
})
