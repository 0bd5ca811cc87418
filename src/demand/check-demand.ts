import type { CredentialQuery, CredentialSet, Demand, RangeBound } from './demand.ts'
import { refuse } from './reader.ts'

/**
 * Checks what no JSON Schema can say.
 *
 * @throws {VerificationError} `COMITY_DEMAND_INVALID` with the rule `unique-ids`, `known-ids`, `used-queries`,
 *   `min-above-max` or `anyone`.
 */
export function checkDemand(demand: Demand): void {
  const queries = demand.credentials ?? []
  checkUnique(
    queries.map((query) => query.id),
    '/credentials',
  )
  for (const [index, query] of queries.entries()) checkQuery(query, `/credentials/${index}`)
  if (demand.credential_sets !== undefined) checkSets(demand.credential_sets, queries)
  if ((demand.anyone === true) === requiresSomething(demand)) refuse('', 'anyone')
}

function checkUnique(ids: readonly string[], path: string): void {
  if (new Set(ids).size !== ids.length) refuse(path, 'unique-ids')
}

function checkKnown(lists: readonly (readonly string[])[], known: ReadonlySet<string>, path: string): void {
  for (const [index, ids] of lists.entries()) {
    if (!ids.every((id) => known.has(id))) refuse(`${path}/${index}`, 'known-ids')
  }
}

function checkQuery(query: CredentialQuery, path: string): void {
  const ids = (query.claims ?? []).flatMap(({ id }) => (id === undefined ? [] : [id]))
  checkUnique(ids, `${path}/claims`)
  checkKnown(query.claim_sets ?? [], new Set(ids), `${path}/claim_sets`)
  for (const [index, predicate] of (query.predicates ?? []).entries()) {
    if (predicate.op === 'range' && isEmptyRange(predicate.min, predicate.max)) {
      refuse(`${path}/predicates/${index}`, 'min-above-max')
    }
  }
}

function checkSets(sets: readonly CredentialSet[], queries: readonly CredentialQuery[]): void {
  const known = new Set(queries.map((query) => query.id))
  for (const [index, set] of sets.entries()) {
    checkKnown(set.options, known, `/credential_sets/${index}/options`)
  }
  // In DCQL a query that no set names is never asked for: whoever wrote it did not mean that.
  const used = new Set(sets.flatMap((set) => set.options.flat()))
  if (used.size !== known.size) refuse('/credential_sets', 'used-queries')
}

function isEmptyRange(min: RangeBound | undefined, max: RangeBound | undefined): boolean {
  if (min === undefined || max === undefined) return false
  const [from, to] = [startOf(min), startOf(max)]
  return from.base === to.base && from.offset > to.offset
}

function startOf(bound: RangeBound): { base: 'zero' | 'now' | 'epoch'; offset: number } {
  if (typeof bound === 'number') return { base: 'zero', offset: bound }
  return 'now' in bound ? { base: 'now', offset: bound.now } : { base: 'epoch', offset: bound.epoch }
}

function requiresSomething({ credentials, credential_sets, posture, spiffe, channel }: Demand): boolean {
  const credentialRequired =
    credential_sets === undefined
      ? credentials !== undefined
      : credential_sets.some((set) => set.required !== false)
  return (
    credentialRequired ||
    posture !== undefined ||
    (spiffe !== undefined && spiffe.svid !== 'if-present') ||
    channel?.binding === 'required'
  )
}
