import fc from 'fast-check'
import { matchesQuery, type Predicate, type ZkQuery } from '../../../src/demand/index.ts'
import type { JsonObject } from '../../../src/encoding/index.ts'
import { compilePredicates, encodeClaims } from '../../../src/zk/index.ts'
import type { Calculator, Inputs } from './calculator.ts'
import { refusal } from './calculator.ts'
import { sponge } from './reference.ts'
import { PREDICATES, satisfy, SLOTS, type Row, type Scenario } from './scenario.ts'

/** A credential's document and what is asked of it. */
export interface Pair {
  readonly document: JsonObject
  readonly query: ZkQuery
}

const EPOCH = 1_764_000_000
const TYPE = 'AgentPostureCredential'

// Few names and values, so that predicates meet claims about as often as not.
const name = fc.constantFrom('a', 'b', 'c', 'd')
const integer = fc.oneof(fc.nat({ max: 4 }), fc.constantFrom(EPOCH - 10, EPOCH, 2 ** 53 - 1))
const text = fc.constantFrom('eu', 'uk', '', '3', 'true', '2025-11-24T16:00:00Z', '2025-11-24T16:00:04.5Z')
const value = fc.oneof({ weight: 3, arbitrary: integer }, text, fc.boolean())
const odd = fc.constantFrom(null, 1.5)
const claim = fc.oneof(
  { weight: 4, arbitrary: value },
  fc.array(fc.oneof({ weight: 5, arbitrary: value }, odd), { maxLength: 4 }),
  fc.dictionary(name, fc.oneof(value, fc.array(value, { maxLength: 3 })), { maxKeys: 3 }),
  fc.array(fc.dictionary(name, value, { maxKeys: 2 }), { maxLength: 2 }),
  odd,
)
const path = fc.oneof(
  { weight: 4, arbitrary: name.map((one) => ['credentialSubject', one]) },
  fc.tuple(name, name).map(([one, other]) => ['credentialSubject', one, other]),
  fc.tuple(name, name).map(([one, other]) => ['credentialSubject', one, null, other]),
)
const bound = fc.oneof(
  fc.nat({ max: 5 }),
  fc.constantFrom(2 ** 53 - 1),
  fc.integer({ min: -20, max: 20 }).map((epoch) => ({ epoch })),
)
const predicate = fc.oneof(
  fc.record({ path, op: fc.constant('eq'), value }),
  fc.record({ path, op: fc.constant('none'), value }),
  fc.record({ path, op: fc.constant('in'), values: fc.uniqueArray(value, { minLength: 1, maxLength: 4 }) }),
  fc.record({ path, op: fc.constant('range'), min: bound }),
  fc.record({ path, op: fc.constant('range'), max: bound }),
  fc.record({ path, op: fc.constant('range'), min: bound, max: bound }),
) as fc.Arbitrary<Predicate>

const queryOf = (predicates: readonly Predicate[]): ZkQuery => ({
  id: 'posture',
  format: 'comity-zk',
  meta: { type_values: [[TYPE]], anchors: 'urn:sha256:x', epoch: EPOCH },
  predicates,
})
const isMet = ({ document, query }: Pair): boolean =>
  matchesQuery(query, { format: 'comity-zk', types: [TYPE], claims: document }, { now: EPOCH })

/**
 * Random documents and predicates. About half of the queries are made of predicates that hold for the document, so that
 * queries of several predicates hold often enough.
 */
export const pair: fc.Arbitrary<Pair> = fc
  .tuple(
    fc.dictionary(name, claim, { minKeys: 1, maxKeys: 4 }),
    fc.array(predicate, { minLength: 1, maxLength: 12 }),
    fc.boolean(),
    fc.nat({ max: 3 }),
  )
  .map(([subject, predicates, isFriendly, unfriendly]) => {
    const document = { credentialSubject: subject } as JsonObject
    const held = predicates.filter((one) => isMet({ document, query: queryOf([one]) }))
    const missed = predicates.filter((one) => !held.includes(one)).slice(0, 1 + unfriendly)
    const chosen = isFriendly && held.length > 0 ? held : [...held.slice(0, 2), ...missed]
    return { document, query: queryOf(chosen.slice(0, 4)) }
  })

/** Whether clear evaluation and a circuit agree on a pair, whatever a prover tries; what the clear one says. */
export function compare(calculator: Calculator, each: Pair, seed: number): { met: boolean; agree: boolean } {
  const met = isMet(each)
  const slots = encodeClaims(each.document).map(({ key, field }) => [key, field] as const)
  const { predicates, typeField, digest } = compilePredicates(each.query)
  const own = sponge([...predicates.flatMap(({ key, op, lo, hi, joined }) => [key, op, lo, hi, joined]), typeField])
  if (own !== digest) return { met, agree: false }
  const answer = (claims: Claims): bigint | readonly string[] =>
    refusal(calculator, inputsOf(slots, predicates, typeField, claims))
  const honest = claimsOf(slots, predicates)
  if (met) return { met, agree: answer(honest) === digest }
  const attempts = [honest, ...lies(slots, predicates, honest, seed)]
  return { met, agree: attempts.every((claims) => typeof answer(claims) !== 'bigint') }
}

interface Claims {
  readonly claimed: bigint[]
  readonly selected: bigint[][]
}

function claimsOf(slots: Scenario['slots'], rows: readonly Row[]): Claims {
  const answers = rows.map((row) => satisfy(row, slots))
  return {
    claimed: answers.map((answer) => (answer === undefined ? 0n : 1n)),
    selected: answers.map((answer) => choose(answer?.slot === undefined ? [] : [answer.slot])),
  }
}

const choose = (chosen: readonly number[]): bigint[] =>
  Array.from({ length: SLOTS }, (_, slot) => (chosen.includes(slot) ? 1n : 0n))

/** What a prover may try where something does not hold: it claims all that does not, and selects in several ways. */
function lies(slots: Scenario['slots'], rows: readonly Row[], honest: Claims, seed: number): Claims[] {
  const all = [...slots.keys()]
  const ways: ((row: Row) => readonly number[])[] = [
    () => [],
    (row) => all.filter((slot) => slots[slot]![0] === row.key).slice(-1),
    (row) => all.filter((slot) => slots[slot]![0] === row.key),
    (row) => all.filter((slot) => slots[slot]![1] === row.lo).slice(0, 1),
    () => [SLOTS - 1],
    () => [seed % SLOTS],
  ]
  return ways.map((way) => ({
    claimed: rows.map(() => 1n),
    selected: rows.map((row, at) => {
      const isHonest = honest.claimed[at] === 1n || row.op === 3n
      return isHonest ? honest.selected[at]! : choose(way(row))
    }),
  }))
}

function inputsOf(slots: Scenario['slots'], rows: readonly Row[], type: bigint, claims: Claims): Inputs {
  if (rows.length !== PREDICATES) throw new Error('the policy has another size')
  const padded = Array.from({ length: SLOTS }, (_, at) => slots[at] ?? ([0n, 0n] as const))
  return {
    keys: padded.map(([key]) => key),
    values: padded.map(([, value]) => value),
    type,
    predicateKey: rows.map((row) => row.key),
    predicateOp: rows.map((row) => row.op),
    predicateLo: rows.map((row) => row.lo),
    predicateHi: rows.map((row) => row.hi),
    predicateJoined: rows.map((row) => row.joined),
    ...claims,
  }
}
