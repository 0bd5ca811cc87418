import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { BUILD } from '../../circuits/compile.mjs'
import { createCalculator, refusal, refusedBy } from './support/calculator.ts'
import { LIES } from './support/lie-cases.ts'
import { BASE8, multiply, ORDER, publicKey } from './support/reference.ts'
import { anchoring, escrowed, REFUSALS, with_ } from './support/refusal-cases.ts'
import { issuerKeyOf, PLAIN } from './support/scenario.ts'

const calculator = await createCalculator(await readFile(`${BUILD}/compliance.wasm`))

describe('positive control', () => {
  it('the inputs that the cases start from are accepted', () => {
    expect(refusal(calculator, with_({}))).toBeTypeOf('bigint')
    expect(refusal(calculator, escrowed({}))).toBeTypeOf('bigint')
    expect(publicKey(new Uint8Array(32).fill(PLAIN.issuerSeed))).toEqual(issuerKeyOf(PLAIN.issuerSeed))
    expect(multiply(BASE8, ORDER + 5n)).toEqual(multiply(BASE8, 5n))
  })

  it('an anchored key that signed nothing passes the checks of keys, and fails by the signature', () => {
    expect(refusal(calculator, anchoring(issuerKeyOf(9)))).toSatisfy(refusedBy('IssuerSignature'))
  })
})

describe.each([...REFUSALS, ['predicates and clauses', LIES] as const])(
  '%s: the circuit refuses',
  (_, cases) => {
    it.each(cases)('%s', (_, by, inputs) => {
      expect(refusal(calculator, inputs())).toSatisfy(refusedBy(by))
    })
  },
)
