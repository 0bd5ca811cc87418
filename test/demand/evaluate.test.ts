import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import evaluateVectors from '../../fixtures/demand/evaluate.json' with { type: 'json' }
import {
  ANYONE,
  assertDemandMet,
  evaluateDemand,
  matchesQuery,
  parseDemand,
  predicateHolds,
  selectClaims,
  type CredentialFact,
  type Demand,
  type Facts,
  type Predicate,
} from '../../src/demand/index.ts'

const did = 'did:web:a.example'
const now = 1_000_000

// A small world: queries ask for a type and a level; facts have a type and a level.
const typeArbitrary = fc.constantFrom('A', 'B', 'C')
const predicateArbitrary: fc.Arbitrary<Predicate> = fc.oneof(
  fc.record({
    path: fc.constant(['n']),
    op: fc.constantFrom('eq', 'none'),
    value: fc.nat({ max: 3 }),
  }) as fc.Arbitrary<Predicate>,
  fc.record({
    path: fc.constant(['n']),
    op: fc.constant('in' as const),
    values: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 2 }),
  }),
  fc.nat({ max: 3 }).map((min) => ({ path: ['n'], op: 'range' as const, min })),
)
const worldDemand: fc.Arbitrary<Demand> = fc
  .array(fc.tuple(typeArbitrary, fc.array(predicateArbitrary, { maxLength: 2 })), {
    minLength: 1,
    maxLength: 5,
  })
  .chain((list) => {
    const credentials = list.map(([type, predicates], index) => ({
      id: `q${String(index)}`,
      format: 'vc+jwt' as const,
      meta: { type_values: [[type]] },
      ...(predicates.length === 0 ? {} : { predicates }),
    }))
    const ids = credentials.map(({ id }) => id)
    const option = fc.subarray(ids, { minLength: 1 })
    const set = fc.record(
      { options: fc.array(option, { minLength: 1, maxLength: 3 }), required: fc.boolean() },
      { requiredKeys: ['options'] },
    )
    // The last set names every query, and is optional: it asks for nothing.
    const sets = fc
      .array(set, { minLength: 1, maxLength: 3 })
      .map((some) => [...some, { options: [ids], required: false }])
    return fc.option(sets, { nil: undefined }).map((credential_sets) => {
      const asksNothing = credential_sets?.every((each) => each.required === false) === true
      return parseDemand({ ...(asksNothing ? { anyone: true } : {}), credentials, credential_sets })
    })
  })
const worldFact: fc.Arbitrary<CredentialFact> = fc.record(
  {
    format: fc.constant('vc+jwt'),
    types: fc.subarray(['A', 'B', 'C'], { minLength: 1, maxLength: 2 }),
    issuer: fc.constant('did:web:i.example'),
    claims: fc.oneof(
      fc.nat({ max: 3 }).map((n) => ({ n })),
      fc.array(fc.nat({ max: 3 }), { maxLength: 2 }).map((n) => ({ n })),
      fc.constant({}),
    ),
    query: fc.constantFrom('q0', 'q1', 'q2'),
  },
  { requiredKeys: ['format', 'types', 'issuer', 'claims'] },
)
const worldFacts = fc.array(worldFact, { maxLength: 5 })

/** The oracle's own notion of a predicate. */
function oracleHolds(predicate: Predicate, claims: Readonly<Record<string, unknown>>): boolean {
  const numbers = claims['n'] === undefined ? [] : [claims['n']].flat()
  switch (predicate.op) {
    case 'eq':
      return numbers.some((n) => n === predicate.value)
    case 'none':
      return numbers.every((n) => n !== predicate.value)
    case 'in':
      return numbers.some((n) => predicate.values.some((value) => value === n))
    case 'range':
      return numbers.some((n) => typeof n === 'number' && n >= (predicate.min as number))
  }
}

/** Tries every way to hand one of the facts, or none, to each query, and asks whether one of them is enough. */
function oracleMet({ credentials = [], credential_sets }: Demand, facts: readonly CredentialFact[]): boolean {
  const fits = (query: (typeof credentials)[number], fact: CredentialFact): boolean =>
    (fact.query ?? query.id) === query.id &&
    query.format === 'vc+jwt' &&
    query.meta.type_values.some((types) => types.every((type) => fact.types.includes(type))) &&
    (query.predicates ?? []).every((predicate) => oracleHolds(predicate, fact.claims))
  const tryFrom = (index: number, answered: readonly string[]): boolean => {
    const query = credentials[index]
    if (query === undefined) {
      const sets = credential_sets ?? [{ options: [credentials.map(({ id }) => id)] }]
      return sets.every(
        ({ options, required }) =>
          required === false || options.some((ids) => ids.every((id) => answered.includes(id))),
      )
    }
    return (
      tryFrom(index + 1, answered) ||
      facts.some((fact) => fits(query, fact) && tryFrom(index + 1, [...answered, query.id]))
    )
  }
  return tryFrom(0, [])
}

describe('evaluateDemand', () => {
  it('agrees with a brute-force oracle on random demands and facts', () => {
    let met = 0
    fc.assert(
      fc.property(worldDemand, worldFacts, (demand, credentials) => {
        const verdict = evaluateDemand(demand, { did, credentials }, { now })
        expect(verdict.met).toBe(oracleMet(demand, credentials))
        if (verdict.met) met++
      }),
      { numRuns: 1000 },
    )
    // Neither answer may be so rare that the other one would pass by itself.
    expect(met).toBeGreaterThan(100)
    expect(met).toBeLessThan(900)
  })

  it('answers queries with credentials that match them, and all of one option in each set', () => {
    fc.assert(
      fc.property(worldDemand, worldFacts, (demand, credentials) => {
        const { answers, met, unmet } = evaluateDemand(demand, { did, credentials }, { now })
        for (const [id, index] of Object.entries(answers)) {
          const query = demand.credentials!.find((each) => each.id === id)!
          const fact = credentials[index]!
          expect(matchesQuery(query, fact, { now })).toBe(true)
          expect(fact.query ?? id).toBe(id)
        }
        expect(unmet.length === 0).toBe(met)
        const failed = new Set(unmet.flatMap(({ set }) => (set === undefined ? [] : [set])))
        for (const [index, { options, required }] of (demand.credential_sets ?? []).entries()) {
          if (required === false || failed.has(index)) continue
          expect(options.some((ids) => ids.every((each) => each in answers))).toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('never loses what it had by a further credential', () => {
    fc.assert(
      fc.property(worldDemand, worldFacts, worldFact, (demand, credentials, more) => {
        const before = evaluateDemand(demand, { did, credentials }, { now })
        const after = evaluateDemand(demand, { did, credentials: [...credentials, more] }, { now })
        if (before.met) expect(after.met).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })

  it('would be found out if it took optional sets for required ones', () => {
    const found = fc.check(
      fc.property(worldDemand, worldFacts, (demand, credentials) => {
        const wrong = {
          ...demand,
          credential_sets: demand.credential_sets?.map(({ options }) => ({ options })),
        }
        const rest = { credentials: wrong.credentials, credential_sets: wrong.credential_sets }
        const verdict = evaluateDemand(parseDemand(rest), { did, credentials }, { now })
        expect(verdict.met).toBe(oracleMet(demand, credentials))
      }),
      { numRuns: 1000 },
    )
    expect(found.failed).toBe(true)
  })

  it('takes no demand that was not written to be met by anyone', () => {
    expect(() => evaluateDemand({}, { did, credentials: [] }, { now })).toThrow(
      expect.objectContaining({ code: 'COMITY_DEMAND_INVALID' }),
    )
    expect(evaluateDemand(ANYONE, { did, credentials: [] }, { now }).met).toBe(true)
  })

  it('freezes what it answers, and has no answers that objects inherit', () => {
    const verdict = evaluateDemand(ANYONE, { did, credentials: [] }, { now })
    expect([verdict, verdict.answers, verdict.unmet, verdict.mismatched].every(Object.isFrozen)).toBe(true)
    expect(verdict.answers['constructor']).toBeUndefined()
    const odd = parseDemand({
      credentials: [{ id: '__proto__', format: 'vc+jwt', meta: { type_values: [['A']] } }],
    })
    const fact: CredentialFact = { format: 'vc+jwt', types: ['A'], issuer: 'did:web:i.example', claims: {} }
    expect(evaluateDemand(odd, { did, credentials: [fact] }, { now }).answers['__proto__']).toBe(0)
  })

  it.each([NaN, Infinity])('does not judge at the time %d', (time) => {
    expect(() => evaluateDemand(ANYONE, { did, credentials: [] }, { now: time })).toThrow(TypeError)
  })

  it('names rules and queries, and no claim', () => {
    for (const { demand, facts } of evaluateVectors.cases as unknown as { demand: unknown; facts: Facts }[]) {
      const { unmet } = evaluateDemand(parseDemand(demand), facts, { now: evaluateVectors.now })
      for (const rule of unmet) {
        expect(Object.keys(rule).every((name) => ['rule', 'query', 'set', 'predicate'].includes(name))).toBe(
          true,
        )
      }
    }
  })
})

describe('assertDemandMet', () => {
  it('throws for an unmet demand, with its first rule', () => {
    const verdict = evaluateDemand({ posture: { maxAge: 60 } }, { did, credentials: [] }, { now })
    expect(() => assertDemandMet(verdict)).toThrow(
      expect.objectContaining({ code: 'COMITY_DEMAND_UNMET', details: { unmet: 1, rule: 'posture.maxAge' } }),
    )
    expect(() => assertDemandMet(evaluateDemand(ANYONE, { did, credentials: [] }, { now }))).not.toThrow()
  })
})

describe('selectClaims', () => {
  it('selects nothing where one of many is of another kind, as DCQL has it', () => {
    expect(selectClaims(['m', null, 'a'], { m: [{ a: 1 }, 5] })).toEqual([])
    expect(selectClaims(['m', null, 0], { m: [[1], {}] })).toEqual([])
    expect(selectClaims(['m', null, 'a'], { m: [{ a: 1 }, {}] })).toEqual([1])
  })
})

describe('predicateHolds', () => {
  it('takes a date-time for the seconds that Date takes it for', () => {
    const offset = fc.oneof(
      fc.constant('Z'),
      fc
        .tuple(fc.constantFrom('+', '-'), fc.nat({ max: 23 }), fc.nat({ max: 59 }))
        .map(([sign, hours, minutes]) => `${sign}${two(hours)}:${two(minutes)}`),
    )
    const day = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    const two = (number: number): string => String(number).padStart(2, '0')
    fc.assert(
      fc.property(day, offset, (date, zone) => {
        const text = date.toISOString().replace(/\.\d+Z$/, zone)
        const value = Date.parse(text) / 1000
        expect(predicateHolds({ path: ['t'], op: 'eq', value }, { t: text }, { now })).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('judges any document without failing', () => {
    const path = fc.array(
      fc.oneof(fc.constantFrom('a', '__proto__', 'length'), fc.constant(null), fc.nat({ max: 2 })),
      { minLength: 1, maxLength: 4 },
    )
    const document = fc.oneof(
      fc.jsonValue(),
      fc.array(fc.dictionary(fc.constantFrom('a', 'b'), fc.jsonValue())),
    )
    fc.assert(
      fc.property(path, document, fc.oneof(fc.string(), fc.integer(), fc.boolean()), (at, claims, value) => {
        const eq = predicateHolds({ path: at, op: 'eq', value }, claims, { now })
        expect(predicateHolds({ path: at, op: 'none', value }, claims, { now })).toBe(!eq)
        expect(predicateHolds({ path: at, op: 'in', values: [value] }, claims, { now })).toBe(eq)
        if (typeof value === 'number') {
          expect(predicateHolds({ path: at, op: 'range', min: value, max: value }, claims, { now })).toBe(eq)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
