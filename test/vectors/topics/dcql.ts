import {
  DEMAND_FORMATS,
  evaluateDemand,
  matchesQuery,
  parseDemand,
  selectClaims,
  type ClaimsPath,
  type CredentialFact,
  type CredentialQuery,
} from '../../../src/demand/index.ts'
import type { ScopeRule } from '../scope.ts'
import {
  difference,
  fail,
  judgeCall,
  judgeForeign,
  PASS,
  type Driver,
  type VectorCase,
  type Verdict,
} from '../verdict.ts'
import { byShape } from './by-shape.ts'

/** Queries, claims paths, and whether credentials answer a query: through demands, which hold a DCQL query. */
export const dcql: Driver = byShape({
  'claims-path': { has: ['path', 'document'], judge: judgePath },
  evaluate: { has: ['query', 'credentials'], judge: judgeEvaluation },
  presentation: { has: ['query', 'presentation'], judge: judgePresentation },
  'query-validity': { has: ['query'], judge: judgeValidity },
})

interface Query {
  readonly credentials?: unknown
}

/** A credential as dcql-ts has them. */
export interface DcqlCredential {
  readonly credential_format: string
  readonly vct?: string
  readonly type?: readonly string[]
  readonly claims?: Readonly<Record<string, unknown>>
  readonly cryptographic_holder_binding?: boolean
}

/** `vc+sd-jwt` is what earlier drafts called `dc+sd-jwt`. */
function modernFormat(format: unknown): string {
  return format === 'vc+sd-jwt' ? 'dc+sd-jwt' : String(format)
}

function modern(query: Query): unknown {
  return {
    ...query,
    credentials: queriesOf(query).map((each) => ({ ...each, format: modernFormat(each['format']) })),
  }
}

function queriesOf({ credentials }: Query): readonly Readonly<Record<string, unknown>>[] {
  const list: readonly unknown[] = Array.isArray(credentials) ? credentials : []
  return list.filter((each) => typeof each === 'object' && each !== null) as Record<string, unknown>[]
}

/**
 * Why a query is no demand: a format that Comity does not have; no `meta` (required since 1.0); a waiver of holder
 * binding; several credentials for one query; `trusted_authorities`, as trust is judged by the verifier's own rules.
 */
function foreignRule(query: Query): ScopeRule | undefined {
  const queries = queriesOf(query)
  const formats: readonly string[] = DEMAND_FORMATS
  const isOther = ({ format }: Readonly<Record<string, unknown>>): boolean =>
    typeof format === 'string' && !formats.includes(modernFormat(format))
  if (queries.some(isOther)) return 'dcql-format'
  const isStricter = queries.some(
    (each) =>
      each['meta'] === undefined ||
      each['require_cryptographic_holder_binding'] === false ||
      each['multiple'] === true ||
      each['trusted_authorities'] !== undefined,
  )
  return isStricter ? 'dcql-stricter' : undefined
}

async function judgePath(entry: VectorCase): Promise<Verdict> {
  const path = entry['path'] as ClaimsPath
  const document = entry['document'] as Readonly<Record<string, unknown>>
  const { values } = entry
  const query = {
    id: 'q',
    format: 'dc+sd-jwt',
    meta: { vct_values: ['t'] },
    claims: [{ path, ...(values === undefined ? {} : { values }) }],
  } as unknown as CredentialQuery
  const fact = { format: 'dc+sd-jwt', types: ['t'], issuer: 'did:web:issuer.example', claims: document }
  const wrong = difference('the selection', selectClaims(path, document), entry.expected['selected'] ?? [])
  if (wrong !== undefined) return fail(wrong)
  return judgeAnswer(entry, matchesQuery(query, fact, { now: 0 }))
}

async function judgeValidity(entry: VectorCase): Promise<Verdict> {
  const query = entry['query'] as Query
  const rule = foreignRule(query)
  if (rule !== undefined) return judgeForeign(rule, entry, () => parseDemand(query))
  return judgeCall(entry, () => parseDemand(query))
}

async function judgeEvaluation(entry: VectorCase): Promise<Verdict> {
  const query = entry['query'] as Query
  const rule = foreignRule(query)
  if (rule !== undefined) return judgeForeign(rule, entry, () => parseDemand(modern(query)))
  const demand = parseDemand(modern(query))
  const credentials = entry['credentials'] as readonly DcqlCredential[]
  const matches = entry.expected['matches'] as Readonly<Record<string, readonly number[]>>
  for (const each of demand.credentials ?? []) {
    const matching = credentials.flatMap((credential, index) =>
      factsOf(credential).some((fact) => matchesQuery(each, fact, { now: 0 })) ? [index] : [],
    )
    const wrong = difference(`what answers ${each.id}`, matching, matches[each.id])
    if (wrong !== undefined) return fail(wrong)
  }
  const facts = credentials.flatMap((credential) => factsOf(credential))
  const { met, answers } = evaluateDemand(demand, { did: HOLDER, credentials: facts }, { now: 0 })
  const sets = (entry.expected['credentialSetMatches'] ?? []) as readonly (readonly string[][] | null)[]
  const unanswered = sets.find((options) => options?.[0]?.every((id) => id in answers) === false)
  if (unanswered !== undefined) return fail('an option of a set is answered, and was found not to be')
  return judgeAnswer(entry, met)
}

async function judgePresentation(entry: VectorCase): Promise<Verdict> {
  const query = entry['query'] as Query
  const rule = foreignRule(query)
  if (rule !== undefined) return judgeForeign(rule, entry, () => parseDemand(modern(query)))
  const shown = entry['presentation'] as Readonly<Record<string, DcqlCredential | readonly DcqlCredential[]>>
  const credentials = Object.entries(shown).flatMap(([id, one]) =>
    (Array.isArray(one) ? (one as readonly DcqlCredential[]) : [one as DcqlCredential]).flatMap((each) =>
      factsOf(each, id),
    ),
  )
  const verdict = evaluateDemand(parseDemand(modern(query)), { did: HOLDER, credentials }, { now: 0 })
  // DCQL's verifier also refuses what is presented for a query that it does not answer.
  return judgeAnswer(entry, verdict.met && verdict.mismatched.length === 0)
}

const HOLDER = 'did:web:holder.example'

/** What Comity would know of a credential: nothing of one that is not bound to its holder, as it refuses those. */
function factsOf(credential: DcqlCredential, query?: string): readonly CredentialFact[] {
  if (credential.cryptographic_holder_binding === false) return []
  return [
    {
      format: modernFormat(credential.credential_format),
      types: credential.type ?? (credential.vct === undefined ? [] : [credential.vct]),
      issuer: 'did:web:issuer.example',
      claims: credential.claims ?? {},
      ...(query === undefined ? {} : { query }),
    },
  ]
}

function judgeAnswer(entry: VectorCase, answered: boolean): Verdict {
  const { result, satisfied = result === 'valid' } = entry.expected
  if (satisfied !== (result === 'valid')) return fail('malformed: `satisfied` is not the result')
  if (result === 'valid' && !answered) return fail('answers the query, and was found not to')
  if (result === 'invalid' && answered) return fail('does not answer the query, and was found to')
  return PASS
}
