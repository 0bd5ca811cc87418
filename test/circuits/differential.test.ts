import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCalculator } from './support/calculator.ts'
import { compare, pair } from './support/pairs.ts'
import { compiledPolicy } from './support/variant.ts'

const calculator = await createCalculator(await readFile((await compiledPolicy()).wasm))

describe('clear evaluation and the circuit', () => {
  it('agree on 100 random credentials and policies', () => {
    let met = 0
    for (const [index, each] of fc.sample(pair, { numRuns: 100, seed: 7 }).entries()) {
      const outcome = compare(calculator, each, index)
      expect(outcome.agree, JSON.stringify(each)).toBe(true)
      if (outcome.met) met++
    }
    expect(met).toBeGreaterThan(30)
    expect(met).toBeLessThan(70)
  })
})
