/**
 * Holds demands against another implementation of DCQL. Neither is asked what the other should say: both judge the
 * same random queries and credentials, and where they differ one of them is wrong.
 */
import { DcqlPresentationResult, DcqlQuery, type DcqlCredential } from 'dcql'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  evaluateDemand,
  matchesQuery,
  parseDemand,
  type CredentialFact,
  type Demand,
} from '../../src/demand/index.ts'
import { ComityError } from '../../src/errors/index.ts'

const NOW = { now: 0 }
const HOLDER = 'did:web:holder.example'

// Few names and values, so that queries and credentials meet. Left out is where the other implementation is known to
// differ: it fails on names that objects inherit, such as `constructor` (the vectors of claims paths have those), and
// takes a claim that is null for one that is not there, all elements of an empty list for something that is there, and
// goes on where only some of several elements are lists or objects. OpenID4VP 1.0 §7.1 says otherwise each time.
const names = fc.constantFrom('a', 'b', 'c')
const scalars = fc.constantFrom('x', 'y', '1', 1, 0, true, false)
const { document } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalars,
    fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
    tie('document'),
  ),
  document: fc.dictionary(names, tie('value'), { maxKeys: 4, noNullPrototype: true }),
}))
const sets = fc.array(
  fc.record({
    options: fc.array(fc.nat({ max: 2 }), { minLength: 1, maxLength: 2 }),
    required: fc.boolean(),
  }),
  { minLength: 1, maxLength: 2 },
)

function claimsOf(steps: fc.Arbitrary<string | number>) {
  const path = fc
    .tuple(names, fc.array(steps, { maxLength: 2 }), fc.boolean())
    .map(([first, rest, all]) => [first, ...rest, ...(all ? [null] : [])])
  const values = fc.array(scalars, { minLength: 1, maxLength: 2 })
  const claim = fc.record({ path, values }, { requiredKeys: ['path'] })
  return fc.array(claim, { minLength: 1, maxLength: 3 })
}

/** One to three queries of one type or two, some with sets of claims, and perhaps sets of credentials. */
function queriesOf(steps: fc.Arbitrary<string | number>) {
  const parts = fc.record({
    lists: fc.array(fc.option(claimsOf(steps)), { minLength: 1, maxLength: 3 }),
    types: fc.array(fc.constantFrom('t', 'u'), { minLength: 3, maxLength: 3 }),
    claimSets: fc.boolean(),
    credentialSets: fc.option(sets),
  })
  return parts.map(({ lists, types, claimSets, credentialSets }) => ({
    credentials: lists.map((list, at) => ({
      id: `q${String(at)}`,
      format: 'dc+sd-jwt',
      meta: { vct_values: [types[at] ?? 't'] },
      ...(list !== null && { claims: list.map((claim, index) => ({ id: `c${String(index)}`, ...claim })) }),
      ...(list !== null && claimSets && { claim_sets: list.map((_, index) => [`c${String(index)}`]) }),
    })),
    ...(credentialSets !== null && { credential_sets: setsOf(credentialSets, lists.length) }),
  }))
}

const queries = queriesOf(fc.oneof({ weight: 3, arbitrary: names }, fc.nat({ max: 2 })))
// To a verifier the other implementation takes any element for one that is asked for by its place, as elements before
// it may be withheld. Here the place counts in what was disclosed.
const placeless = queriesOf(names)

/** Sets of credentials as a demand may have them: one at least is required, and each query is in one. */
function setsOf(
  wanted: readonly { readonly options: readonly number[]; readonly required: boolean }[],
  count: number,
): object[] {
  const ids = Array.from({ length: count }, (_, at) => `q${String(at)}`)
  const chosen = wanted.map(({ options, required }, index) => ({
    options: options.map((at) => [ids[at % count]]),
    required: required || index === 0,
  }))
  return [...chosen, { options: [ids], required: false }]
}

const credentials = fc.array(fc.record({ vct: fc.constantFrom('t', 'u'), claims: document }), {
  maxLength: 3,
})

interface Credential {
  readonly vct: string
  readonly claims: object
}

function theirs({ vct, claims: disclosed }: Credential): DcqlCredential {
  return {
    credential_format: 'dc+sd-jwt',
    vct,
    claims: disclosed as Record<string, never>,
    cryptographic_holder_binding: true,
  }
}

function ours({ vct, claims: disclosed }: Credential): CredentialFact {
  return {
    format: 'dc+sd-jwt',
    types: [vct],
    issuer: 'did:web:issuer.example',
    claims: disclosed as Record<string, unknown>,
  }
}

describe('DCQL by another implementation', () => {
  it('finds the same credentials to answer the same queries', () => {
    let answered = 0
    fc.assert(
      fc.property(queries, credentials, (query, held) => {
        const demand: Demand = parseDemand(query)
        const parsed = DcqlQuery.parse(query as DcqlQuery.Input)
        DcqlQuery.validate(parsed)
        const result = DcqlQuery.query(parsed, held.map(theirs))
        for (const each of demand.credentials ?? []) {
          const match = result.credential_matches[each.id]
          const expected = match?.valid_credentials?.map(({ input_credential_index: index }) => index) ?? []
          const facts = held.map(ours)
          const actual = facts.flatMap((fact, index) => (matchesQuery(each, fact, NOW) ? [index] : []))
          expect(actual).toEqual(expected)
          answered += actual.length
        }
        const { met } = evaluateDemand(demand, { did: HOLDER, credentials: held.map(ours) }, NOW)
        expect(met).toBe(result.can_be_satisfied)
      }),
      { numRuns: 2000 },
    )
    expect(answered).toBeGreaterThan(100)
  })

  it('accepts the same presentations', () => {
    let accepted = 0
    fc.assert(
      fc.property(placeless, credentials, (query, held) => {
        // The first credentials are shown for the first queries.
        const shown = held.slice(0, query.credentials.length)
        fc.pre(shown.length > 0)
        const presentation = Object.fromEntries(shown.map((each, at) => [`q${String(at)}`, [theirs(each)]]))
        const facts = shown.map((each, at) => ({ ...ours(each), query: `q${String(at)}` }))
        const verdict = evaluateDemand(parseDemand(query), { did: HOLDER, credentials: facts }, NOW)
        const met = verdict.met && verdict.mismatched.length === 0
        expect(met).toBe(isAcceptedByThem(presentation, query as DcqlQuery.Input))
        if (met) accepted += 1
      }),
      { numRuns: 2000 },
    )
    expect(accepted).toBeGreaterThan(20)
  })

  it('refuses the same queries', () => {
    const broken = fc.constantFrom<unknown>(
      '',
      [],
      {},
      null,
      0,
      1.5,
      -1,
      'q0',
      'a.b',
      [[]],
      [{}],
      true,
      undefined,
    )
    const places = fc.constantFrom(
      ['credentials'],
      ['credentials', 0],
      ['credentials', 0, 'id'],
      ['credentials', 0, 'format'],
      ['credentials', 0, 'meta'],
      ['credentials', 0, 'meta', 'vct_values'],
      ['credentials', 0, 'claims'],
      ['credentials', 0, 'claims', 0, 'path'],
      ['credentials', 0, 'claims', 0, 'path', 0],
      ['credentials', 0, 'claims', 0, 'values'],
      ['credentials', 0, 'claims', 0, 'id'],
      ['credentials', 0, 'claim_sets'],
      ['credential_sets'],
      ['credential_sets', 0, 'options'],
    )
    const differences = new Set<string>()
    fc.assert(
      fc.property(queries, places, broken, (query, place, value) => {
        const changed = put(query, place, value)
        const [mine, other] = [isTakenByUs(changed), isTakenByThem(changed)]
        if (mine && !other)
          differences.add(`${place.join('/')} as ${JSON.stringify(value)} is taken only here`)
      }),
      { numRuns: 3000 },
    )
    expect([...differences]).toEqual([])
  })
})

function isAcceptedByThem(presentation: object, query: DcqlQuery.Input): boolean {
  try {
    const dcqlQuery = DcqlQuery.parse(query)
    return DcqlPresentationResult.fromDcqlPresentation(presentation as never, { dcqlQuery }).can_be_satisfied
  } catch {
    return false
  }
}

function isTakenByUs(query: unknown): boolean {
  try {
    parseDemand(query)
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(ComityError)
    return false
  }
}

function isTakenByThem(query: unknown): boolean {
  try {
    DcqlQuery.validate(DcqlQuery.parse(query as DcqlQuery.Input))
    return true
  } catch {
    return false
  }
}

/** A copy with one value put at a place, where there is such a place. */
function put(value: unknown, [step, ...rest]: readonly (string | number)[], inner: unknown): unknown {
  if (step === undefined) return inner
  if (Array.isArray(value))
    return value.map((each, at): unknown => (at === step ? put(each, rest, inner) : each))
  if (typeof value !== 'object' || value === null) return value
  return { ...value, [step]: put((value as Record<string, unknown>)[step], rest, inner) }
}
