import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Predicate, ZkQuery } from '../../src/demand/index.ts'
import { compilePredicates, hashToField, lintPolicy, MAX_PREDICATES } from '../../src/zk/index.ts'
import * as reference from '../circuits/support/reference.ts'
import { codeOf } from './support/code-of.ts'

const epoch = 1_764_000_000
const at = (...steps: (string | null)[]): (string | null)[] => ['credentialSubject', ...steps]

function query(predicates: readonly unknown[] | undefined, changes: object = {}, meta: object = {}): ZkQuery {
  return {
    id: 'q',
    format: 'comity-zk',
    meta: {
      type_values: [['VerifiableCredential', 'AgentPostureCredential']],
      anchors: 'urn:x',
      epoch,
      ...meta,
    },
    ...(predicates === undefined ? {} : { predicates: predicates as Predicate[] }),
    ...changes,
  }
}

describe('a compiled policy', () => {
  it('is the rows of its predicates, hashed with the type', () => {
    const policy = compilePredicates(
      query([
        { path: at('region'), op: 'in', values: ['eu', 'uk'] },
        { path: at('assessedAt'), op: 'range', min: { epoch: -86_400 } },
        { path: at('open'), op: 'range', max: 0 },
        { path: at('flaws', null, 'id'), op: 'none', value: true },
        { path: at('since'), op: 'eq', value: '2025-11-24T16:00:00Z' },
      ]),
    )
    const key = (path: unknown): bigint => hashToField('path', JSON.stringify(path))
    const rows = [
      [key(at('region')), 1n, hashToField('text', 'eu'), 0n, 0n],
      [key(at('region')), 1n, hashToField('text', 'uk'), 0n, 1n],
      [key(at('assessedAt')), 2n, BigInt(epoch - 86_400), 2n ** 64n - 1n, 0n],
      [key(at('open')), 2n, 0n, 0n, 0n],
      [key(at('flaws', null, 'id')), 3n, hashToField('boolean', 'true'), 0n, 0n],
      [key(at('since')), 1n, 1764000000n, 0n, 0n],
      ...Array.from({ length: 10 }, () => [0n, 0n, 0n, 0n, 0n]),
    ]
    expect(policy.predicates.map(({ key, op, lo, hi, joined }) => [key, op, lo, hi, joined])).toEqual(rows)
    expect(policy.source).toEqual([0, 0, 1, 2, 3, 4])
    expect(policy.type).toBe('AgentPostureCredential')
    expect(policy.typeField).toBe(hashToField('type', 'AgentPostureCredential'))
    expect(policy.digest).toBe(
      reference.sponge([...rows.flat(), hashToField('type', 'AgentPostureCredential')]),
    )
  })

  it('is another one when anything in it is', () => {
    const base = { path: at('a'), op: 'range', min: 1, max: 2 }
    const queries = [
      query([base]),
      query([{ ...base, min: 0 }]),
      query([{ ...base, max: 3 }]),
      query([{ ...base, path: at('b') }]),
      query([{ path: at('a'), op: 'eq', value: 1 }]),
      query([{ path: at('a'), op: 'none', value: 1 }]),
      query([{ path: at('a'), op: 'eq', value: '1' }]),
      query([{ path: at('a'), op: 'in', values: [1, 2] }]),
      query([1, 2].map((value) => ({ path: at('a'), op: 'eq', value }))),
      query([2, 1].map((value) => ({ path: at('a'), op: 'eq', value }))),
      query([base], {}, { type_values: [['Other']] }),
      query([]),
    ]
    const digests = queries.map((each) => compilePredicates(each).digest)
    expect(new Set(digests).size).toBe(queries.length)
  })

  it('does not depend on what is not judged', () => {
    const predicates = [{ path: at('a'), op: 'eq', value: 1 }]
    const { digest } = compilePredicates(query(predicates))
    expect(
      compilePredicates(query(predicates, { id: 'other' }, { anchors: 'urn:y', domain: 'did:web:b' })).digest,
    ).toBe(digest)
    expect(
      compilePredicates(query(predicates, {}, { type_values: [['AgentPostureCredential']] })).digest,
    ).toBe(digest)
    expect(compilePredicates(query(undefined)).digest).toBe(compilePredicates(query([])).digest)
  })

  it('keeps bounds that are relative to the epoch above 0', () => {
    const bounds = (min: number, max: number, when: number): bigint[] => {
      const predicate = { path: at('a'), op: 'range', min: { epoch: min }, max: { epoch: max } }
      const [row] = compilePredicates(query([predicate], {}, { epoch: when })).predicates
      return [row!.lo, row!.hi]
    }
    expect(bounds(-10, 10, 5)).toEqual([0n, 15n])
    expect(bounds(-5, -5, 5)).toEqual([0n, 0n])
    expect(codeOf(() => bounds(-10, -6, 5))).toBe('COMITY_ZK_POLICY_UNSUPPORTED')
  })

  const eq = { path: at('a'), op: 'eq', value: 1 }
  it.each([
    ['claims', query([eq], { claims: [{ path: at('a') }] })],
    ['two types', query([eq], {}, { type_values: [['A', 'B']] })],
    ['alternatives of types', query([eq], {}, { type_values: [['A'], ['B']] })],
    ['no type of its own', query([eq], {}, { type_values: [['VerifiableCredential']] })],
    ['no type', query([eq], {}, { type_values: [] })],
    ['a path elsewhere', query([{ ...eq, path: ['issuer'] }])],
    ['a path to the subject as such', query([{ ...eq, path: ['credentialSubject'] }])],
    ['no path', query([{ ...eq, path: [] }])],
    ['the id of the subject', query([{ ...eq, path: at('id') }])],
    ['the id of one of many subjects', query([{ ...eq, path: at(null, 'id') }])],
    ['a path that ends in null', query([{ ...eq, path: at('a', null) }])],
    ['an index', query([{ ...eq, path: ['credentialSubject', 'a', 0] }])],
    ['a negative value', query([{ ...eq, value: -1 }])],
    ['a time before 1970', query([{ path: at('a'), op: 'none', value: '1969-12-31T00:00:00Z' }])],
    ['a negative value among others', query([{ path: at('a'), op: 'in', values: [1, -1] }])],
    ['a fraction', query([{ ...eq, value: 0.5 }])],
    ['a negative bound', query([{ path: at('a'), op: 'range', max: -1 }])],
    ['a bound relative to now', query([{ path: at('a'), op: 'range', min: { now: 0 } }])],
    ['a fractional bound', query([{ path: at('a'), op: 'range', min: 0.5 }])],
    ['an epoch beyond 40 bits', query([eq], {}, { epoch: 2 ** 40 })],
    ['a negative epoch', query([eq], {}, { epoch: -1 })],
    ['a fractional epoch', query([eq], {}, { epoch: 0.5 })],
  ])('is refused for %s', (_, refused) => {
    expect(codeOf(() => compilePredicates(refused))).toBe('COMITY_ZK_POLICY_UNSUPPORTED')
  })

  it('has room for 16 predicates, of which an `in` takes as many as it has values', () => {
    const values = Array.from({ length: MAX_PREDICATES }, (_, i) => i)
    const all = { path: at('a'), op: 'in', values }
    expect(compilePredicates(query([all])).source).toHaveLength(16)
    expect(codeOf(() => compilePredicates(query([all, eq])))).toBe('COMITY_ZK_POLICY_TOO_LARGE')
    expect(codeOf(() => compilePredicates(query([{ ...all, values: [...values, 16] }])))).toBe(
      'COMITY_ZK_POLICY_TOO_LARGE',
    )
  })

  it('is frozen, and no two queries get each other’s', () => {
    const value = fc.oneof(fc.nat(), fc.string(), fc.boolean())
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [first, second] = [a, b].map((each) => compilePredicates(query([{ ...eq, value: each }])))
        expect(Object.isFrozen(first) && Object.isFrozen(first!.predicates)).toBe(true)
        expect(first!.digest === second!.digest).toBe(first!.predicates[0]!.lo === second!.predicates[0]!.lo)
      }),
      { numRuns: 30 },
    )
  })
})

describe('advice on a policy', () => {
  const fresh = { path: at('assessedAt'), op: 'range', min: { epoch: -86_400 } }

  it.each([
    ['nothing where all is well', [fresh, { path: at('open'), op: 'range', min: 0, max: 0 }], []],
    [
      'that `none` holds for what is absent',
      [fresh, { path: at('flaws'), op: 'none', value: 'x' }],
      ['none-holds-when-absent'],
    ],
    [
      'not so where the claim is needed',
      [fresh, { path: at('r'), op: 'none', value: 'x' }, { path: at('r'), op: 'in', values: ['y', 'z'] }],
      [],
    ],
    [
      'that nobody is in an empty range',
      [fresh, { path: at('n'), op: 'range', min: 2, max: 1 }],
      ['range-is-empty'],
    ],
    ['that all will do', [], ['no-predicates', 'assessment-unbounded']],
    [
      'that an old assessment will do',
      [{ path: at('assessedAt'), op: 'range', max: { epoch: 0 } }],
      ['assessment-unbounded'],
    ],
    [
      'that a value is repeated',
      [fresh, { path: at('r'), op: 'in', values: ['y', 'y'] }],
      ['value-repeated'],
    ],
  ])('says %s', (_, predicates, expected) => {
    expect(lintPolicy(query(predicates)).map(({ advice }) => advice)).toEqual(expected)
  })

  it('names the predicate', () => {
    expect(lintPolicy(query([fresh, { path: at('flaws'), op: 'none', value: 'x' }]))).toEqual([
      { advice: 'none-holds-when-absent', predicate: 1 },
    ])
  })

  it('is given on what can be proven', () => {
    expect(codeOf(() => lintPolicy(query([{ path: ['issuer'], op: 'eq', value: 1 }])))).toBe(
      'COMITY_ZK_POLICY_UNSUPPORTED',
    )
  })
})
