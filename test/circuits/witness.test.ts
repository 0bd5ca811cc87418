import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { BUILD, sha256 } from '../../circuits/compile.mjs'
import freeSignals from '../../fixtures/zk/free-signals.json' with { type: 'json' }
import { createCalculator } from './support/calculator.ts'
import { compiledCircuit } from './support/compiled.ts'
import { brokenConstraints, freeWires, mod } from './support/freedom.ts'
import { inputWires, readNames, readR1cs, withoutConstraints } from './support/r1cs.ts'
import { determine } from './support/uniqueness.ts'
import { eq, inputsOf, KEY, none, PLAIN, POSTURE, range, type Scenario } from './support/scenario.ts'

const files = await compiledCircuit()
const [r1cs, names, calculator] = await Promise.all([
  readR1cs(files.r1cs),
  readNames(files.sym),
  readFile(files.wasm).then(createCalculator),
])
const inputs = inputWires(names, Object.keys(inputsOf(PLAIN)))
const nameOf = (wire: number): string => names.ofWire.get(wire)!

const full = Array.from({ length: 32 }, (_, at) => [BigInt(at + 1), BigInt(at * at)] as const)
const SCENARIOS: readonly (readonly [string, Scenario])[] = [
  ['pseudonym, escrow, every op', POSTURE],
  ['neither pseudonym nor escrow', PLAIN],
  ['nothing at all', { ...PLAIN, slots: [], rows: [], revoked: [], statusIndex: 0, issuerIndex: 0, secret: 1n }],
  [
    'everything used',
    {
      ...POSTURE,
      slots: full,
      rows: full.slice(0, 16).map(([key, value], at) => (at % 2 === 0 ? eq(key, value) : range(key, 0n, value))),
      statusIndex: 2 ** 24 - 1,
      issuerIndex: 255,
      secret: 2n ** 250n - 1n,
    },
  ],
]

const isNotClaim = (wire: number): boolean => !nameOf(wire).startsWith('main.claimed[')

/** A clause in which the prover may claim the one, the other, or both. */
const CHOICE: Scenario = { ...PLAIN, rows: [eq(KEY.capability, 10n), none(KEY.absent, 1n, 1n)] }

describe('the constraints', () => {
  it('are those that the proving key was made for', async () => {
    const { r1cs: built } = JSON.parse(await readFile(`${BUILD}/manifest.json`, 'utf8'))
    expect(built).toEqual({
      sha256: sha256(await readFile(files.r1cs)),
      constraints: r1cs.constraints,
      wires: r1cs.wires,
    })
  })

  it('are fewer than 2^15, above which a proof takes twice the time', () => {
    expect(r1cs.constraints).toBeLessThan(2 ** 15)
  })

  it.each(SCENARIOS)('hold for a witness: %s', (_, scenario) => {
    expect(brokenConstraints(r1cs, calculator.witness(inputsOf(scenario)))).toEqual([])
  })
})

describe('no wire can be changed alone, to whatever value', () => {
  it.each(SCENARIOS)('%s', (_, scenario) => {
    const free = freeWires(r1cs, calculator.witness(inputsOf(scenario)))
    expect(free.map(nameOf)).toEqual(freeSignals.free)
  })

  it('positive control: without one constraint, a wire is found free', () => {
    const witness = calculator.witness(inputsOf(PLAIN))
    const wire = names.wireOf.get('main.holder.nameless.inverse')!
    const isLast = (terms: readonly (readonly [number, bigint])[][]): boolean =>
      terms[0]!.length === 1 && terms[0]![0]![0] === wire && terms[2]!.length === 0
    expect(freeWires(withoutConstraints(r1cs, isLast), witness)).toEqual([wire])
  })

  it('positive control: a changed wire breaks a constraint when all of them are computed again', () => {
    const witness = calculator.witness(inputsOf(POSTURE))
    for (let wire = 1; wire < r1cs.wires; wire += 2999) {
      const changed = witness.with(wire, mod(witness[wire]! + 1n, r1cs.prime))
      expect(brokenConstraints(r1cs, changed)).not.toEqual([])
    }
  })
})

describe('all hints together leave one witness for the inputs', () => {
  it.each(SCENARIOS.slice(0, 2))('%s', (_, scenario) => {
    const { undetermined } = determine(r1cs, calculator.witness(inputsOf(scenario)), inputs)
    expect(undetermined.map(nameOf)).toEqual([])
  })

  it('what is claimed follows from the policy and the claims, where a clause has one predicate that holds', () => {
    const { undetermined } = determine(r1cs, calculator.witness(inputsOf(POSTURE)), inputs.filter(isNotClaim))
    expect(undetermined.map(nameOf)).toEqual([])
  })

  it('where another one of the clause is claimed, it is for the prover to say', () => {
    const { undetermined } = determine(r1cs, calculator.witness(inputsOf(CHOICE)), inputs.filter(isNotClaim))
    const claimed = undetermined.map(nameOf).filter((name) => name.startsWith('main.claimed'))
    expect(claimed).toEqual(['main.claimed[1]'])
    expect(freeSignals.chosen.map(({ signal }) => signal)).toContain('main.claimed[i]')
  })

  it('positive control: without one constraint, what hangs on a hint is not determined', () => {
    const wire = names.wireOf.get('main.holder.nameless.inverse')!
    const witness = calculator.witness(inputsOf(PLAIN))
    const uses = (terms: readonly (readonly [number, bigint])[][]): boolean =>
      terms[0]!.length === 1 && terms[0]![0]![0] === wire && terms[2]!.length === 0
    expect(determine(withoutConstraints(r1cs, uses), witness, inputs).undetermined).toEqual([wire])
  })
})
