import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isWithin,
  parseAuthorizationDetails,
  type AuthorizationDetail,
} from '../../src/authorization/index.ts'
import { canonicalizeJson, type JsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { thrownBy } from '../support/thrown-by.ts'

const invalid = { name: 'VerificationError', code: 'COMITY_AUTHORIZATION_DETAILS_INVALID' }

describe('parseAuthorizationDetails', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
  it.each<[string, unknown]>([
    ['too many details', Array.from({ length: 33 }, () => ({ type: 'x' }))],
    ['a list too long', [{ type: 'x', actions: Array.from({ length: 65 }, () => 'a') }]],
    ['a text too long', [{ type: 'x'.repeat(1025) }]],
    ['a name too long', [{ type: 'x', ['x'.repeat(1025)]: 1 }]],
    [
      'too many members',
      [{ type: 'x', ...Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`m${String(i)}`, 1])) }],
    ],
    ['nested too deep', [{ type: 'x', more: nested(7) }]],
    [
      'too many values',
      Array.from({ length: 32 }, () => ({ type: 'x', more: Array.from({ length: 64 }, () => 1) })),
    ],
    ['a lone surrogate', [{ type: 'x', more: '\ud800' }]],
    ['a number without a value', [{ type: 'x', more: NaN }]],
    ['what is not JSON', [{ type: 'x', more: new Date(0) }]],
    ['undefined', [{ type: 'x', more: undefined }]],
    ['an identifier that is no text', [{ type: 'x', identifier: 1 }]],
    ['a hole', Array.from({ length: 1 })],
  ])('refuses %s', (_, value) => {
    expect(thrownBy(() => parseAuthorizationDetails(value))).toMatchObject(invalid)
  })

  it('takes as much as its bounds allow, and an empty list', () => {
    expect(parseAuthorizationDetails([])).toEqual([])
    expect(parseAuthorizationDetails([{ type: 'x'.repeat(1024), more: nested(6) }])).toHaveLength(1)
    expect(parseAuthorizationDetails(Array.from({ length: 32 }, () => ({ type: 'x' })))).toHaveLength(32)
  })

  it('returns a frozen copy', () => {
    const source = [{ type: 'x', actions: ['read'], more: { deep: [1] } }]
    const parsed = parseAuthorizationDetails(source)
    source[0]!.actions.push('write')
    expect(parsed[0]!.actions).toEqual(['read'])
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(isFrozen))
    expect(isFrozen(parsed)).toBe(true)
  })

  it('answers any value with details or a ComityError, and names no value in it', () => {
    const near = fc.array(
      fc.record(
        {
          type: fc.anything(),
          actions: fc.anything(),
          locations: fc.array(fc.string()),
          more: fc.anything(),
        },
        { requiredKeys: [] },
      ),
    )
    fc.assert(
      fc.property(fc.oneof(fc.anything(), near), (value) => {
        const error = thrownBy(() => parseAuthorizationDetails(value))
        if (error !== undefined) expect(error).toBeInstanceOf(ComityError)
      }),
      { numRuns: 500 },
    )
    const error = thrownBy(() => parseAuthorizationDetails([{ type: 'x', actions: 'a-secret' }]))
    expect(JSON.stringify(error)).not.toContain('a-secret')
  })

  it('gives only what has a canonical form', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()).map((more) => ({ ...more, type: 'x' }))),
        (value) => {
          const error = thrownBy(() => parseAuthorizationDetails(value))
          if (error !== undefined) return
          for (const detail of parseAuthorizationDetails(value)) {
            const json: JsonObject = detail
            expect(canonicalizeJson(json)).toBeTypeOf('string')
          }
        },
      ),
    )
  })
})

const lists = ['locations', 'actions', 'datatypes', 'privileges'] as const
const words = fc.subarray(['a', 'b', 'c'])
const detail: fc.Arbitrary<AuthorizationDetail> = fc.record(
  {
    type: fc.constantFrom('t', 'u'),
    locations: words,
    actions: words,
    datatypes: words,
    privileges: words,
    identifier: fc.constantFrom('1', '2'),
    limits: fc.record({ calls: fc.nat({ max: 2 }), more: fc.array(fc.nat({ max: 1 }), { maxLength: 2 }) }),
  },
  { requiredKeys: ['type'] },
)

describe('isWithin', () => {
  it('is reflexive, and transitive', () => {
    fc.assert(
      fc.property(detail, detail, detail, (a, b, c) => {
        expect(isWithin(a, [a])).toBe(true)
        if (isWithin(a, [b]) && isWithin(b, [c])) expect(isWithin(a, [c])).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('holds when lists are made shorter or reordered, and members too', () => {
    fc.assert(
      fc.property(detail, fc.nat(), (granted, seed) => {
        const narrower: Record<string, unknown> = Object.fromEntries(Object.entries(granted).reverse())
        for (const name of lists) {
          const list = granted[name]
          if (list !== undefined)
            narrower[name] = list.filter((_, index) => (seed >> index) % 2 === 0).reverse()
        }
        expect(isWithin(narrower as AuthorizationDetail, [{ type: 'other' }, granted])).toBe(true)
      }),
    )
  })

  it('never holds when one thing is widened', () => {
    const widenings: ((granted: AuthorizationDetail) => AuthorizationDetail)[] = [
      (granted) => ({ ...granted, type: `${granted.type}x` }),
      (granted) => ({ ...granted, type: granted.type.toUpperCase() }),
      (granted) => ({ ...granted, actions: [...(granted.actions ?? []), 'more'] }),
      (granted) => ({ ...granted, locations: [...(granted.locations ?? []), 'a/b'] }),
      (granted) => ({ ...granted, datatypes: [...(granted.datatypes ?? []), ''] }),
      (granted) => ({ ...granted, privileges: [...(granted.privileges ?? []), 'admin'] }),
      (granted) => ({ ...granted, identifier: '3' }),
      (granted) => ({ ...granted, limits: { calls: 3, more: [] } }),
      (granted) => ({ ...granted, limits: null }),
      (granted) => ({ ...granted, elevated: true }),
    ]
    fc.assert(
      fc.property(detail, fc.constantFrom(...widenings), (granted, widen) => {
        expect(isWithin(widen(granted), [granted])).toBe(false)
      }),
      { numRuns: 1000 },
    )
    // A member that is left out is a limit that is dropped.
    fc.assert(
      fc.property(detail, fc.nat(), (granted, index) => {
        const names = Object.keys(granted).filter((name) => name !== 'type')
        fc.pre(names.length > 0)
        const dropped = names[index % names.length]
        const wider = Object.fromEntries(Object.entries(granted).filter(([name]) => name !== dropped))
        expect(isWithin(wider as AuthorizationDetail, [granted])).toBe(false)
      }),
    )
  })

  it('does not take what a detail inherits for its members', () => {
    const odd: AuthorizationDetail = { type: 't', toString: 'x' }
    expect(isWithin({ type: 't', other: 'x' }, [odd])).toBe(false)
    expect(isWithin({ type: 't', limits: {} }, [{ type: 't', limits: { constructor: 1 } }])).toBe(false)
    expect(isWithin({ type: 't', limits: { a: 1 } }, [{ type: 't', limits: { valueOf: 1 } }])).toBe(false)
    // Every object inherits a `__proto__` that is equal to `{}`.
    const [bare] = parseAuthorizationDetails(JSON.parse('[{"type":"t","__proto__":{}}]'))
    const [deep] = parseAuthorizationDetails(JSON.parse('[{"type":"t","limits":{"__proto__":{}}}]'))
    expect(isWithin(bare!, [bare!])).toBe(true)
    expect(isWithin({ type: 't', other: {} }, [bare!])).toBe(false)
    expect(isWithin({ type: 't', limits: { other: {} } }, [deep!])).toBe(false)
    expect(isWithin(deep!, [{ type: 't', limits: { other: {} } }])).toBe(false)
  })

  it('takes no member without a value for equal', () => {
    const odd = { type: 't', limits: undefined } as unknown as AuthorizationDetail
    expect(isWithin(odd, [odd])).toBe(false)
  })

  it('compares other members as JSON', () => {
    const grant = (limits: AuthorizationDetail['limits']): AuthorizationDetail => ({
      type: 't',
      limits: limits ?? null,
    })
    expect(isWithin(grant({ a: 1, b: [1, { c: null }] }), [grant({ b: [1, { c: null }], a: 1 })])).toBe(true)
    for (const [asked, given] of [
      [1, '1'],
      [true, 1],
      [null, 0],
      [
        [1, 2],
        [2, 1],
      ],
      [[1], [1, 2]],
      [[], {}],
      [{ a: 1 }, { a: 1, b: 1 }],
      [{ a: { b: 1 } }, { a: { b: 2 } }],
    ] as const) {
      expect(isWithin(grant(asked), [grant(given)])).toBe(false)
      expect(isWithin(grant(given), [grant(asked)])).toBe(false)
    }
  })
})
