import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { createCalculator, refusal, refusedBy } from '../../circuits/support/calculator.ts'
import { freeWires } from '../../circuits/support/freedom.ts'
import { LIES } from '../../circuits/support/lie-cases.ts'
import { readNames, readR1cs } from '../../circuits/support/r1cs.ts'
import { REFUSALS } from '../../circuits/support/refusal-cases.ts'
import { inputsOf, PLAIN } from '../../circuits/support/scenario.ts'
import { compiledVariant, type Edit } from '../../circuits/support/variant.ts'

const CASES = [...REFUSALS.flatMap(([, cases]) => cases), ...LIES]

interface Fault {
  readonly title: string
  readonly edits: readonly Edit[]
  /** Cases that are accepted then. */
  readonly accepted: readonly string[]
}

const without = (file: string, from: string): Edit => ({ file, from, to: '' })

/** One fault of each family. */
const FAULTS: readonly Fault[] = [
  {
    title: 'a predicate without a slot',
    edits: [without('predicate.circom', 'count === eq + range;')],
    accepted: ['no slot selected for eq 0', 'no slot selected for a range from 0'],
  },
  {
    title: 'a slot of another key',
    edits: [without('predicate.circom', 'selected[j] * (keys[j] - key) === 0;')],
    accepted: ['a range of another claim', 'eq of a value that another claim has'],
  },
  {
    title: 'predicates over unused slots',
    edits: [without('predicate.circom', 'keyless.out * op === 0;')],
    accepted: ['eq with the key 0, of an unused slot', 'range with the key 0, of an unused slot'],
  },
  {
    title: 'selectors that are no bits',
    edits: [without('predicate.circom', 'selected[j] * (1 - selected[j]) === 0;')],
    accepted: ['slots selected by 2 and -1, whose sum is 1'],
  },
  {
    title: 'a clause that is left open',
    edits: [without('policy.circom', '(1 - predicateJoined[i]) * open[i - 1] === 0;')],
    accepted: ['nothing claimed in a clause of one', 'nothing claimed in the first of two clauses'],
  },
  {
    title: 'a status bit that nobody looks at',
    edits: [without('status.circom', 'bit.out === 0;')],
    accepted: ['a revoked credential', 'a revoked credential, the last of the largest list'],
  },
  {
    title: 's that may be l or more',
    edits: [without('signature.circom', 'tooLarge.out === 0;')],
    accepted: ['s + l, which satisfies the equation as well'],
  },
  {
    title: 'any issuer',
    edits: [without('issuer.circom', 'tree.root === anchors;')],
    accepted: ['an issuer that is not among the anchors', 'the list of before it was revoked'],
  },
]

async function load(edits: readonly Edit[]) {
  const files = await compiledVariant(edits)
  const calculator = await createCalculator(await readFile(files.wasm))
  return { files, calculator }
}

describe('a fault in the circuit is found', { timeout: 600_000 }, () => {
  it.each(FAULTS)('$title', async ({ edits, accepted }) => {
    const { calculator } = await load(edits)
    const failing = CASES.filter(([, by, inputs]) => !refusedBy(by)(refusal(calculator, inputs())))
    expect(failing.map(([title]) => title)).toEqual(expect.arrayContaining([...accepted]))
    for (const title of accepted) {
      const [, , inputs] = CASES.find((each) => each[0] === title)!
      expect(refusal(calculator, inputs()), title).toBeTypeOf('bigint')
    }
  })

  it('claims that are no bits: refused by the clauses alone then, which the case notices', async () => {
    const { calculator } = await load([without('predicate.circom', 'claimed * (1 - claimed) === 0;')])
    const [, by, inputs] = CASES.find(([title]) => title === 'claimed by 2')!
    expect(refusal(calculator, inputs())).not.toSatisfy(refusedBy(by))
  })

  it('a hint that is not determined: its wires are found free', async () => {
    const { files, calculator } = await load([without('is-zero.circom', 'inverse * out === 0;')])
    const [r1cs, names] = await Promise.all([readR1cs(files.r1cs), readNames(files.sym)])
    const free = freeWires(r1cs, calculator.witness(inputsOf(PLAIN))).map((wire) => names.ofWire.get(wire))
    expect(free).toContain('main.holder.nameless.inverse')
    expect(free.length).toBeGreaterThan(100)
    expect(free.every((name) => name!.endsWith('.inverse'))).toBe(true)
  })
})
