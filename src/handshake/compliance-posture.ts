import { POSTURE_TYPE, zkQueriesOf, type Demand } from '../demand/index.ts'
import { provenAssessment } from '../zk/index.ts'

/**
 * Whether compliance proofs say of the posture what `posture.maxAge` asks: that it was assessed late enough. A proof tells
 * no time; it shows no more than the bound that its query has.
 *
 * @param proofs The queries that are answered by proofs.
 * @param now The current time in seconds since the epoch.
 */
export function provesPosture(demand: Demand, proofs: readonly string[], now: number): boolean {
  const { posture } = demand
  if (posture === undefined) return false
  return zkQueriesOf(demand).some(({ id, meta, predicates = [] }) => {
    if (!proofs.includes(id) || !meta.type_values.every((types) => types.includes(POSTURE_TYPE))) return false
    return (provenAssessment(predicates, meta.epoch) ?? -Infinity) >= now - posture.maxAge
  })
}
