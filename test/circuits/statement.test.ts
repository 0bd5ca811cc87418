import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { BUILD } from '../../circuits/compile.mjs'
import { createCalculator } from './support/calculator.ts'
import { BASE8, multiply } from './support/reference.ts'
import {
  eq,
  inputsOf,
  KEY,
  none,
  PLAIN,
  POSTURE,
  PREDICATES,
  statementOf,
  UNUSED,
  type Row,
  type Scenario,
} from './support/scenario.ts'

const calculator = await createCalculator(await readFile(`${BUILD}/compliance.wasm`))
const expected = statementOf(POSTURE)
const { escrow: _, ...withoutEscrow } = POSTURE

/** What the prover does otherwise than the verifier expects, though the circuit has nothing against it. */
const OTHER: readonly (readonly [string, Scenario])[] = [
  ['another time', { ...POSTURE, now: POSTURE.now + 1n }],
  ['another challenge: another audience, demand, key or epoch', { ...POSTURE, challenge: 43n }],
  ['the challenge 0', { ...POSTURE, challenge: 0n }],
  ['another domain', { ...POSTURE, domain: 10n }],
  ['no domain', { ...POSTURE, domain: 0n }],
  ['the pseudonym of another holder', { ...POSTURE, secret: POSTURE.secret + 1n }],
  ['another type', { ...POSTURE, type: 56n }],
  ['anchors of other status lists', { ...POSTURE, revoked: [] }],
  ['anchors of another order', { ...POSTURE, issuerIndex: 4 }],
  ['anchors of other issuers', { ...POSTURE, issuerSeed: 8 }],
  ['another auditor', { ...POSTURE, escrow: { ...POSTURE.escrow!, auditor: multiply(BASE8, 98n) } }],
  ['another escrow nonce', { ...POSTURE, escrow: { ...POSTURE.escrow!, nonce: POSTURE.escrow!.nonce + 1n } }],
  ['no escrow', withoutEscrow],
  ['escrow of another credential', { ...POSTURE, iat: POSTURE.iat + 1n }],
  ['no policy', { ...POSTURE, rows: [] }],
  ['a policy less a predicate', { ...POSTURE, rows: POSTURE.rows.slice(0, -1) }],
  ['a policy in another order', { ...POSTURE, rows: POSTURE.rows.with(0, POSTURE.rows[5]!).with(5, POSTURE.rows[0]!) }],
]

/** One field of one predicate changed, so that all that is asked still holds. */
function changed(at: number, field: keyof Row): Scenario {
  const rows: Row[] = Array.from({ length: PREDICATES }, (_, index) => ({ ...UNUSED, key: BigInt(index + 1) }))
  const row = rows[at]!
  const change = field === 'op' ? none(row.key, 0n) : { ...row, [field]: row[field] + 1n }
  return { ...PLAIN, slots: [], rows: rows.with(at, change) }
}

describe('the statement', () => {
  it('is that of the verifier where the prover does what was asked', () => {
    expect(calculator.statement(inputsOf(POSTURE))).toBe(expected)
  })

  it.each(OTHER)('differs with %s', (_, scenario) => {
    const statement = calculator.statement(inputsOf(scenario))
    expect(statement).toBe(statementOf(scenario))
    expect(statement).not.toBe(expected)
  })

  it('is another for each field of each predicate', () => {
    const fields = ['key', 'op', 'lo', 'hi', 'joined'] as const
    const all = Array.from({ length: PREDICATES }, (_, at) => fields.map((field) => [at, field] as const)).flat()
    const possible = all.filter(([at, field]) => at > 0 || field !== 'joined') // the first is joined to nothing
    const statements = possible.map(([at, field]) => statementOf(changed(at, field)))
    expect(new Set(statements).size).toBe(PREDICATES * 5 - 1)
    // That the circuit computes the same ones is shown for one field of each predicate, and all fields of one.
    for (const [index, [at, field]] of possible.entries()) {
      if (at !== 5 && at % 5 !== fields.indexOf(field)) continue
      expect(calculator.statement(inputsOf(changed(at, field)))).toBe(statements[index])
    }
  })

  it('does not show the claims, the credential, the issuer or what of the policy held how', () => {
    const rows = [eq(KEY.capability, 10n), eq(KEY.capability, 11n, 1n)]
    const first = { ...PLAIN, rows, slots: [[KEY.capability, 10n]] as const, secret: 5n, statusIndex: 77 }
    const second = { ...PLAIN, rows, slots: [[1n, 1n], [KEY.capability, 11n]] as const, iat: 0n, exp: 2n ** 40n - 1n }
    expect(calculator.statement(inputsOf(first))).toBe(calculator.statement(inputsOf(second)))
  })
})
