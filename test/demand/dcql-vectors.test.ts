import { describe, expect, it } from 'vitest'
import {
  DEMAND_FORMATS,
  evaluateDemand,
  matchesQuery,
  parseDemand,
  selectClaims,
  type ClaimsPath,
  type CredentialFact,
  type CredentialQuery,
  type Demand,
} from '../../src/demand/index.ts'
import { thrownBy } from '../support/thrown-by.ts'
import { loadVectors, type VectorCase } from '../support/vectors.ts'

interface Query {
  readonly credentials: readonly Record<string, unknown>[]
}

/** `vc+sd-jwt` is what earlier drafts called `dc+sd-jwt`. */
function modernFormat(format: unknown): string {
  return format === 'vc+sd-jwt' ? 'dc+sd-jwt' : String(format)
}

function modern(query: Query): Query {
  return {
    ...query,
    credentials: query.credentials.map((each) => ({ ...each, format: modernFormat(each['format']) })),
  }
}

/** The rule of scope: a case is ours where all its queries ask for formats that we have. */
function isInScope(query: Query): boolean {
  if (!Array.isArray(query.credentials)) return true
  const ours: readonly string[] = DEMAND_FORMATS
  return query.credentials.every(({ format }) => format === undefined || ours.includes(modernFormat(format)))
}

/**
 * What Comity refuses on purpose although some drafts allow it: a query without `meta` (required since 1.0), one that
 * waives holder binding, one that asks for several credentials, and `trusted_authorities` (trust is judged locally).
 */
function isRefusedOnPurpose(query: Query): boolean {
  return query.credentials.some(
    (each) =>
      each['meta'] === undefined ||
      each['require_cryptographic_holder_binding'] === false ||
      each['multiple'] === true ||
      each['trusted_authorities'] !== undefined,
  )
}

interface Credential {
  readonly credential_format: string
  readonly vct?: string
  readonly type?: readonly string[]
  readonly claims?: Record<string, unknown>
  readonly cryptographic_holder_binding?: boolean
}

function toFact(credential: Credential, query?: string): CredentialFact {
  return {
    format: modernFormat(credential.credential_format),
    types: credential.type ?? (credential.vct === undefined ? [] : [credential.vct]),
    issuer: 'did:web:issuer.example',
    claims: credential.claims ?? {},
    ...(query === undefined ? {} : { query }),
  }
}

interface PathCase extends VectorCase {
  readonly path: ClaimsPath
  readonly values?: readonly (string | number | boolean)[]
  readonly document: Record<string, unknown>
  readonly expected: { readonly result: 'valid' | 'invalid'; readonly selected?: readonly unknown[] }
}
const pathCases = loadVectors<PathCase>('dcql', 'claims-path')

describe.skipIf(pathCases === undefined)('dcql/claims-path', () => {
  it.each(pathCases ?? [])('$id', ({ path, values, document, expected }) => {
    expect(selectClaims(path, document)).toEqual(expected.selected ?? [])
    const query = {
      id: 'q',
      format: 'dc+sd-jwt',
      meta: { vct_values: ['t'] },
      claims: [{ path, ...(values === undefined ? {} : { values }) }],
    } as unknown as CredentialQuery
    const fact = { format: 'dc+sd-jwt', types: ['t'], issuer: 'did:web:i.example', claims: document }
    expect(matchesQuery(query, fact, { now: 0 })).toBe(expected.result === 'valid')
  })
})

interface QueryCase extends VectorCase {
  readonly query: Query
}
const queryCases = loadVectors<QueryCase>('dcql', 'query-validity')?.filter(({ query }) => isInScope(query))

describe.skipIf(queryCases === undefined)('dcql/query-validity', () => {
  it.each(queryCases ?? [])('$id', ({ query, expected }) => {
    const error = thrownBy(() => parseDemand(query))
    if (expected.result === 'valid') expect(error).toBeUndefined()
    else expect(error).toMatchObject({ code: 'COMITY_DEMAND_INVALID' })
  })
})

interface EvaluateCase extends QueryCase {
  readonly credentials: readonly Credential[]
  readonly expected: {
    readonly result: 'valid' | 'invalid'
    readonly matches: Record<string, readonly number[]>
  }
}
const evaluateCases = loadVectors<EvaluateCase>('dcql', 'evaluate')?.filter(({ query }) => isInScope(query))

describe.skipIf(evaluateCases === undefined)('dcql/evaluate', () => {
  it.each(evaluateCases ?? [])('$id', ({ query, credentials, expected }) => {
    if (isRefusedOnPurpose(query)) {
      expect(thrownBy(() => parseDemand(modern(query)))).toMatchObject({ code: 'COMITY_DEMAND_INVALID' })
      return
    }
    const demand: Demand = parseDemand(modern(query))
    const facts = credentials.map((credential) => toFact(credential))
    for (const each of demand.credentials ?? []) {
      const matching = facts.flatMap((fact, index) => (matchesQuery(each, fact, { now: 0 }) ? [index] : []))
      expect(matching).toEqual(expected.matches[each.id])
    }
    const { met } = evaluateDemand(demand, { did: 'did:web:a.example', credentials: facts }, { now: 0 })
    expect(met).toBe(expected.result === 'valid')
  })
})

interface PresentationCase extends QueryCase {
  readonly presentation: Record<string, Credential | readonly Credential[]>
}
const presentationCases = loadVectors<PresentationCase>('dcql', 'presentation')?.filter(({ query }) =>
  isInScope(query),
)

describe.skipIf(presentationCases === undefined)('dcql/presentation', () => {
  it.each(presentationCases ?? [])('$id', ({ query, presentation, expected }) => {
    if (isRefusedOnPurpose(query)) {
      expect(thrownBy(() => parseDemand(modern(query)))).toMatchObject({ code: 'COMITY_DEMAND_INVALID' })
      return
    }
    const credentials = Object.entries(presentation).flatMap(([id, shown]) =>
      (Array.isArray(shown) ? (shown as readonly Credential[]) : [shown as Credential]).map((credential) =>
        toFact(credential, id),
      ),
    )
    const verdict = evaluateDemand(
      parseDemand(modern(query)),
      { did: 'did:web:a.example', credentials },
      { now: 0 },
    )
    // DCQL's verifier also refuses what is presented for a query that it does not answer.
    expect(verdict.met && verdict.mismatched.length === 0).toBe(expected.result === 'valid')
  })
})

it('finds cases in scope where the vectors are there', () => {
  if (pathCases === undefined) return
  const evaluated = [...(evaluateCases ?? []), ...(presentationCases ?? [])]
  expect(evaluated.filter(({ query }) => !isRefusedOnPurpose(query)).length).toBeGreaterThan(5)
  expect(queryCases?.length).toBeGreaterThan(20)
})
