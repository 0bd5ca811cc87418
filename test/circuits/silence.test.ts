import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { BUILD } from '../../circuits/compile.mjs'
import { createCalculator } from './support/calculator.ts'
import { select, tell } from './support/lie-cases.ts'
import { eq, inputsOf, KEY, PLAIN, range } from './support/scenario.ts'

const calculator = await createCalculator(await readFile(`${BUILD}/compliance.wasm`))

describe('what is left to the prover', () => {
  it('it may keep silent of what holds, as long as each clause has something', () => {
    const rows = [eq(KEY.capability, 10n), eq(KEY.capability, 11n, 1n)]
    const silent = tell({ ...PLAIN, rows }, [{ claimed: 0n }])
    expect(calculator.statement(silent)).toBe(calculator.statement(inputsOf({ ...PLAIN, rows })))
  })

  it('which of several slots that fit is selected does not show', () => {
    const scenario = { ...PLAIN, rows: [range(KEY.capability, 0n, 99n)] }
    const other = tell(scenario, [select(4)])
    expect(calculator.statement(other)).toBe(calculator.statement(inputsOf(scenario)))
  })
})
