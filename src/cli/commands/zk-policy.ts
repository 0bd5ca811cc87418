import { parseDemand, zkQueriesOf, type Predicate, type ZkQuery } from '../../demand/index.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../encoding/index.ts'
import { systemClock } from '../../runtime/index.ts'
import {
  compilePredicates,
  encodeFieldElement,
  lintPolicy,
  MAX_PREDICATES,
  type PolicyAdvice,
} from '../../zk/index.ts'
import { readJson } from '../folder.ts'
import { print, UsageError, type ProgramOutput } from '../output.ts'

/** The flags of `comity zk policy`. */
export interface PolicyFlags {
  readonly strict: boolean
  readonly json: boolean
}

const SOME_ANCHORS = `urn:sha256:${'A'.repeat(43)}`

const ADVICE: Readonly<Record<PolicyAdvice, string>> = {
  'none-holds-when-absent': 'it also holds where the claim is absent; for a number, `range` 0 to 0 does not',
  'range-is-empty': 'its lowest value is above its highest: nobody can prove it',
  'no-predicates': 'any valid credential of the type will do',
  'assessment-unbounded': 'nothing says how old the assessment may be',
  'value-repeated': 'a value stands twice, and takes two of the places',
}

/** Compiles the queries of a demand for the circuit and prints what comes of it. Gives the exit code. */
export async function showPolicy(file: string, flags: PolicyFlags, output: ProgramOutput): Promise<number> {
  const { json, isTemplate } = complete(await readJson(file))
  const queries = zkQueriesOf(parseDemand(json)).map((query) => describe(query, isTemplate))
  if (queries.length === 0) throw new UsageError('the demand asks for no compliance proof')
  const warnings = queries.reduce((count, { warnings: { length } }) => count + length, 0)
  const isGood = !flags.strict || warnings === 0
  print(output, flags.json, { ok: isGood, queries }, queries.flatMap(linesAbout))
  return isGood ? 0 : 1
}

/** A template lacks what changes with each epoch: it is judged as of now, against some list. */
function complete(demand: JsonValue): { readonly json: JsonValue; readonly isTemplate: boolean } {
  if (!isJsonObject(demand) || !Array.isArray(demand.credentials)) return { json: demand, isTemplate: false }
  let isTemplate = false
  const credentials = demand.credentials.map((query: JsonValue) => {
    if (!isJsonObject(query) || query.format !== 'comity-zk' || !isJsonObject(query.meta)) return query
    const { meta } = query
    if ('anchors' in meta || 'epoch' in meta) return query
    isTemplate = true
    const more: JsonObject = { anchors: SOME_ANCHORS, epoch: Math.floor(systemClock.now()) }
    return { ...query, meta: { ...meta, ...more } }
  })
  return { json: { ...demand, credentials }, isTemplate }
}

interface Described {
  readonly id: string
  readonly type: string
  /** Null for a template, of which each epoch has another. */
  readonly digest: string | null
  readonly used: number
  readonly of: number
  readonly clauses: readonly string[]
  readonly pseudonym: boolean
  readonly auditor: string | null
  readonly warnings: readonly { readonly advice: PolicyAdvice; readonly predicate?: number }[]
}

function describe(query: ZkQuery, isTemplate: boolean): Described {
  const policy = compilePredicates(query)
  return {
    id: query.id,
    type: policy.type,
    digest: isTemplate ? null : encodeFieldElement(policy.digest),
    used: policy.source.length,
    of: MAX_PREDICATES,
    clauses: (query.predicates ?? []).map(clauseOf),
    pseudonym: query.meta.domain !== undefined,
    auditor: query.meta.auditor ?? null,
    warnings: lintPolicy(query),
  }
}

function clauseOf(predicate: Predicate): string {
  const path = predicate.path.slice(1).map(String).join('.')
  switch (predicate.op) {
    case 'eq':
      return `${path} = ${JSON.stringify(predicate.value)}`
    case 'in':
      return `${path} is one of ${predicate.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'none':
      return `${path} is not ${JSON.stringify(predicate.value)}`
    case 'range': {
      const [min, max] = [predicate.min ?? 0, predicate.max ?? 'any'].map((bound) => JSON.stringify(bound))
      return `${path} from ${String(min)} to ${String(max)}`
    }
  }
}

function linesAbout({
  id,
  type,
  digest,
  used,
  of,
  clauses,
  pseudonym,
  auditor,
  warnings,
}: Described): string[] {
  return [
    `${id}: ${type}, ${used} of ${of} predicates`,
    `  digest: ${digest ?? 'another one in each epoch'}`,
    ...clauses.map((clause) => `  ${clause}`),
    ...(pseudonym
      ? ['  shows a pseudonym that is the same in all proofs of a holder for this verifier']
      : []),
    ...(auditor === null ? [] : [`  can be opened by ${auditor}`]),
    ...warnings.map(({ advice, predicate }) => {
      return `  warning: ${predicate === undefined ? '' : `${clauses[predicate] ?? ''}: `}${ADVICE[advice]}`
    }),
  ]
}
