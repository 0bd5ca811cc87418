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
  range,
  statementOf,
  U64,
  UNUSED,
  type Row,
  type Scenario,
} from './support/scenario.ts'

const calculator = await createCalculator(await readFile(`${BUILD}/compliance.wasm`))

/** One clause of rows: all but the first are joined to it. */
const anyOf = (...rows: Row[]): Row[] => rows.map((row, at) => ({ ...row, joined: at === 0 ? 0n : 1n }))
const sixteen = Array.from({ length: 16 }, (_, at) => BigInt(at))
const full = Array.from({ length: 32 }, (_, at) => [BigInt(at + 1), BigInt(at * at)] as const)

const CASES: readonly (readonly [string, Scenario])[] = [
  ['all parts at once: range, eq, in, multi-valued, none; pseudonym and escrow', POSTURE],
  ['without auditor and domain', PLAIN],
  ['no predicates at all', { ...PLAIN, rows: [] }],
  ['no slots at all, and a none', { ...PLAIN, slots: [], rows: [none(KEY.region, 1n)] }],
  ['all 32 slots, the last one selected', { ...PLAIN, slots: full, rows: [eq(32n, 961n)] }],
  [
    'all 16 predicates, each in a clause of its own',
    { ...PLAIN, slots: full, rows: sixteen.map((at) => eq(at + 1n, at * at)) },
  ],
  [
    'all 16 predicates in one clause, of which the last holds',
    {
      ...PLAIN,
      slots: full,
      rows: anyOf(...sixteen.map((at) => eq(1n, at === 15n ? 0n : at + 1n))),
    },
  ],
  [
    'a clause of different ops, of which the first holds',
    { ...PLAIN, rows: anyOf(none(KEY.absent, 1n), eq(KEY.region, 1n), range(KEY.assessed, 0n, 1n)) },
  ],
  [
    'two clauses after each other',
    {
      ...PLAIN,
      rows: [
        ...anyOf(eq(KEY.region, 1n), eq(KEY.capability, 10n)),
        ...anyOf(eq(KEY.capability, 11n), eq(KEY.region, 2n)),
      ],
    },
  ],
  ['op 0 in between', { ...PLAIN, rows: [UNUSED, eq(KEY.capability, 10n), UNUSED] }],
  ['eq with each value of a claim with several', { ...PLAIN, rows: [10n, 11n].map((v) => eq(KEY.capability, v)) }],
  ['a range that one of several values is in', { ...PLAIN, rows: [range(KEY.capability, 11n, 12n)] }],
  ['none of a value that another claim has', { ...PLAIN, rows: [none(KEY.region, 11n)] }],
  ['none where the claim is absent', { ...PLAIN, rows: [none(KEY.absent, 0n)] }],
  ['eq 0', { ...PLAIN, rows: [eq(KEY.vulnerabilities, 0n)] }],
  ...([0n, 1n, 77n, U64] as const).map(
    (value) =>
      [
        `a range from ${value} to ${value}`,
        { ...PLAIN, slots: [[5n, value]], rows: [range(5n, value, value)] },
      ] as const,
  ),
  ['the lowest value of a range', { ...PLAIN, slots: [[5n, 10n]], rows: [range(5n, 10n, 20n)] }],
  ['the highest value of a range', { ...PLAIN, slots: [[5n, 20n]], rows: [range(5n, 10n, 20n)] }],
  ['the widest range, at its end', { ...PLAIN, slots: [[5n, U64]], rows: [range(5n, 0n, U64)] }],
  ['the first second of its validity', { ...PLAIN, iat: PLAIN.now }],
  ['the last second of its validity', { ...PLAIN, exp: PLAIN.now }],
  ['the latest time there is', { ...PLAIN, rows: [], now: 2n ** 40n - 1n, iat: 0n, exp: 2n ** 40n - 1n }],
  ['the first status', { ...PLAIN, statusIndex: 0, revoked: [1, 128] }],
  ['the last status of a leaf', { ...PLAIN, statusIndex: 127, revoked: [126, 128, 255] }],
  ['the last status of the largest list', { ...PLAIN, statusIndex: 2 ** 24 - 1, revoked: [2 ** 24 - 2] }],
  ['an empty status list', { ...PLAIN, revoked: [] }],
  ['the first issuer', { ...PLAIN, issuerIndex: 0 }],
  ['the last issuer', { ...PLAIN, issuerIndex: 255 }],
  ['the smallest secret', { ...PLAIN, secret: 1n }],
  ['the largest secret', { ...PLAIN, secret: 2n ** 250n - 1n }],
  ['the smallest escrow nonce', { ...POSTURE, escrow: { auditor: BASE8, nonce: 1n } }],
  ['the largest escrow nonce', { ...POSTURE, escrow: { auditor: multiply(BASE8, 5n), nonce: 2n ** 250n - 1n } }],
]

describe('an honest prover makes the statement that the verifier computes', () => {
  it.each(CASES)('%s', (_, scenario) => {
    expect(calculator.statement(inputsOf(scenario))).toBe(statementOf(scenario))
  })
})
