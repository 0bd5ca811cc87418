import { Validator } from '@cfworker/json-schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import parseVectors from '../../fixtures/demand/parse.json' with { type: 'json' }
import { ComityError } from '../../src/errors/index.ts'
import { ANYONE, demandSchema, parseDemand, type Demand } from '../../src/demand/index.ts'
import { thrownBy } from '../support/thrown-by.ts'
import { brokenDemand, demandArbitrary } from './arbitraries.ts'

const validator = new Validator(structuredClone(demandSchema), '2020-12')
const schemaAccepts = (value: unknown): boolean => validator.validate(value).valid
/** The rules that a schema cannot say. */
const BEYOND_SCHEMA = ['unique-ids', 'known-ids', 'used-queries', 'min-above-max', 'anyone']

/** How the two disagree; undefined where they agree. */
function disagreement(value: unknown, parse: (value: unknown) => unknown = parseDemand): string | undefined {
  const error = thrownBy(() => parse(value))
  if (error === undefined) return schemaAccepts(value) ? undefined : 'parsed, against the schema'
  if (!(error instanceof ComityError)) return 'something else than a ComityError'
  const beyond = BEYOND_SCHEMA.includes(String(error.details['rule']))
  if (beyond)
    return schemaAccepts(value) ? undefined : 'rule beyond the schema reported before one of the schema'
  return schemaAccepts(value) ? `refused, against the schema: ${JSON.stringify(error.details)}` : undefined
}

describe('parseDemand and demandSchema', () => {
  it('agree on the vectors', () => {
    for (const { id, demand } of parseVectors.cases)
      expect([id, disagreement(demand)]).toEqual([id, undefined])
  })

  it('agree on valid demands', () => {
    fc.assert(
      fc.property(demandArbitrary, (demand) => {
        expect(schemaAccepts(demand)).toBe(true)
        expect(parseDemand(demand)).toEqual(demand)
      }),
      { numRuns: 100 },
    )
  })

  it('agree on demands with one thing changed', () => {
    fc.assert(
      fc.property(brokenDemand, (demand) => {
        expect(disagreement(demand)).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  })

  it('agree on any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(disagreement(value)).toBeUndefined()
      }),
    )
  })

  // Positive controls: a parser that lets one thing pass must be found out.
  it.each<[string, (demand: Record<string, unknown>) => unknown]>([
    [
      'unknown members',
      ({ credentials, ...rest }) => parseDemand({ ...rest, credentials: withoutUnknown(credentials) }),
    ],
    [
      'a number for a boolean',
      (demand) => parseDemand(JSON.parse(JSON.stringify(demand).replace('"required":1', '"required":true'))),
    ],
    [
      'long lists',
      (demand) =>
        parseDemand(
          JSON.parse(JSON.stringify(demand), (_, value: unknown) =>
            Array.isArray(value) ? value.slice(0, 16) : value,
          ),
        ),
    ],
  ])('would find a parser that lets pass: %s', (_, parse) => {
    const found = fc.check(
      fc.property(brokenDemand, (demand) => {
        expect(
          disagreement(demand, (value) => (isRecord(value) ? parse(value) : parseDemand(value))),
        ).toBeUndefined()
      }),
      { numRuns: 20_000 },
    )
    expect(found.failed).toBe(true)
  })
})

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withoutUnknown(queries: unknown): unknown {
  const known = [
    'id',
    'format',
    'meta',
    'multiple',
    'require_cryptographic_holder_binding',
    'claims',
    'claim_sets',
    'predicates',
  ]
  if (!Array.isArray(queries)) return queries
  return queries.map((query: unknown) =>
    isRecord(query)
      ? Object.fromEntries(Object.entries(query).filter(([name]) => known.includes(name)))
      : query,
  )
}

describe('parseDemand', () => {
  const demand = (): Record<string, unknown> => structuredClone(parseVectors.cases[0]?.demand) as never

  it('returns a frozen copy, and that one again', () => {
    const source = demand()
    const parsed = parseDemand(source)
    source['posture'] = 'changed'
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(isFrozen))
    expect(isFrozen(parsed)).toBe(true)
    expect(parsed.posture).toEqual({ maxAge: 86400 })
    expect(parseDemand(parsed)).toBe(parsed)
    expect(isFrozen(demandSchema)).toBe(true)
  })

  it('does not take what a member inherits, nor a class of members for a demand', () => {
    const inherited = Object.create({ credentials: demand()['credentials'] }) as object
    expect(thrownBy(() => parseDemand(inherited))).toMatchObject({ code: 'COMITY_DEMAND_INVALID' })
    expect(thrownBy(() => parseDemand(JSON.parse('{"anyone":true,"__proto__":{}}')))).toMatchObject({
      details: { rule: 'unknown-member' },
    })
  })

  it('takes an undefined member as absent', () => {
    expect(parseDemand({ anyone: true, credentials: undefined })).toEqual({ anyone: true })
  })

  it('takes no list with holes', () => {
    const options = [['posture']]
    options.length = 2
    expect(thrownBy(() => parseDemand({ ...demand(), credential_sets: [{ options }] }))).toBeInstanceOf(
      ComityError,
    )
  })

  it('says where and what, and not what was found', () => {
    const secret = 'a-value-nobody-should-log'
    for (const value of [
      { [secret]: 1 },
      { posture: { maxAge: secret } },
      { channel: { binding: secret } },
    ]) {
      const error = thrownBy(() => parseDemand(value))
      expect(error).toBeInstanceOf(ComityError)
      expect(JSON.stringify(error)).not.toContain(secret)
    }
  })

  it('knows the demand that anyone meets', () => {
    expect(parseDemand({ anyone: true })).toEqual(ANYONE)
    expect(parseDemand(ANYONE satisfies Demand)).toBe(ANYONE)
  })
})
