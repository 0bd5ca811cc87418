import { describe, expect, it } from 'vitest'
import evaluateVectors from '../../fixtures/demand/evaluate.json' with { type: 'json' }
import parseVectors from '../../fixtures/demand/parse.json' with { type: 'json' }
import predicateVectors from '../../fixtures/demand/predicates.json' with { type: 'json' }
import {
  evaluateDemand,
  parseDemand,
  predicateHolds,
  type Facts,
  type Predicate,
} from '../../src/demand/index.ts'
import { thrownBy } from '../support/thrown-by.ts'

type ParseExpectation = { ok: true } | { path: string; rule: string }

describe('parse vectors', () => {
  it.each(parseVectors.cases as { id: string; demand: unknown; expect: ParseExpectation }[])(
    '$id',
    ({ demand, expect: expected }) => {
      if ('ok' in expected) {
        expect(parseDemand(demand)).toEqual(demand)
        return
      }
      const error = thrownBy(() => parseDemand(demand))
      expect(error).toMatchObject({
        name: 'VerificationError',
        code: 'COMITY_DEMAND_INVALID',
        details: expected,
      })
    },
  )
})

describe('predicate vectors', () => {
  const { now, document } = predicateVectors
  const cases = predicateVectors.cases as {
    id: string
    epoch?: number
    predicate: Predicate
    expect: boolean
  }[]
  it.each(cases)('$id', ({ predicate, epoch, expect: expected }) => {
    const times = epoch === undefined ? { now } : { now, epoch }
    expect(predicateHolds(predicate, document, times)).toBe(expected)
  })
})

describe('evaluation vectors', () => {
  const { now } = evaluateVectors
  const cases = evaluateVectors.cases as unknown as {
    id: string
    demand: unknown
    facts: Facts
    expect: object
  }[]
  it.each(cases)('$id', ({ demand, facts, expect: expected }) => {
    const verdict = evaluateDemand(parseDemand(demand), facts, { now })
    expect({ ...verdict, answers: { ...verdict.answers } }).toEqual(expected)
  })
})
