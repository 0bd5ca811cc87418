import {
  parseDemand,
  type CredentialQuery,
  type Demand,
  type SdJwtQuery,
  type VcJwtQuery,
  type ZkQuery,
} from '../demand/index.ts'
import { compilePredicates } from './policy.ts'
import type { AnchorSet } from './anchor-set.ts'

/** A query for a compliance proof that does not say yet against which list of issuers, and as of when. */
export interface ZkQueryTemplate extends Omit<ZkQuery, 'meta'> {
  /** What stays the same in all epochs. */
  readonly meta: Omit<ZkQuery['meta'], 'anchors' | 'epoch'>
}

/** A demand whose queries for compliance proofs lack `anchors` and `epoch`. */
export interface DemandTemplate extends Omit<Demand, 'credentials'> {
  /** The credentials asked for. */
  readonly credentials?: readonly (VcJwtQuery | SdJwtQuery | ZkQueryTemplate)[]
}

type FindAnchors = (type: string) => Pick<AnchorSet, 'digest' | 'epoch'>

/** Stands in for a list while a template is checked. */
const SOME_ANCHORS = { digest: `urn:sha256:${'A'.repeat(43)}`, epoch: 1_800_000_000 }

/**
 * Checks a template: that it makes a demand, and its queries a policy of the circuit.
 *
 * @returns The types that it needs anchors for, each once.
 * @throws {VerificationError} `COMITY_DEMAND_INVALID`, and the codes of `compilePredicates`.
 * @throws {TypeError} A query for a compliance proof says `anchors` or `epoch` already.
 */
export function anchoredTypesOf(template: DemandTemplate): readonly string[] {
  const { credentials = [] } = completeDemand(template, () => SOME_ANCHORS)
  return [...new Set(credentials.filter(isZkQuery).map((query) => compilePredicates(query).type))]
}

/**
 * Fills in the current lists and their epochs.
 *
 * @param find - The current list of a type; what it throws goes through.
 * @returns A demand as `parseDemand` makes it.
 * @throws As {@link anchoredTypesOf}.
 */
export function completeDemand(template: DemandTemplate, find: FindAnchors): Demand {
  const { credentials, ...others } = template
  if (credentials === undefined) return parseDemand(others)
  return parseDemand({ ...others, credentials: credentials.map((query) => completeQuery(query, find)) })
}

function completeQuery(query: VcJwtQuery | SdJwtQuery | ZkQueryTemplate, find: FindAnchors): CredentialQuery {
  if (query.format !== 'comity-zk') return query
  const { meta } = query
  if ('anchors' in meta || 'epoch' in meta) {
    throw new TypeError('a template must leave `anchors` and `epoch` to the publisher of anchors')
  }
  const complete = ({ digest: anchors, epoch }: { digest: string; epoch: number }): ZkQuery => ({
    ...query,
    meta: { ...meta, anchors, epoch },
  })
  // The type can be read only where the rest is in order, which a list that stands in is enough for.
  const { credentials = [] } = parseDemand({ credentials: [complete(SOME_ANCHORS)] })
  const types = credentials.filter(isZkQuery).map((each) => compilePredicates(each).type)
  return complete(find(types[0] ?? ''))
}

function isZkQuery(query: CredentialQuery): query is ZkQuery {
  return query.format === 'comity-zk'
}
