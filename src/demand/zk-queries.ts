import type { Demand, ZkQuery } from './demand.ts'

/** The queries of a demand that compliance proofs answer, in its order. */
export function zkQueriesOf({ credentials = [] }: Demand): readonly ZkQuery[] {
  return credentials.filter((query) => query.format === 'comity-zk')
}
