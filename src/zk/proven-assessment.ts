import type { Predicate } from '../demand/index.ts'

const ASSESSED_AT = JSON.stringify(['credentialSubject', 'assessedAt'])

/**
 * The latest time, in seconds since the Unix epoch, of which predicates say that `credentialSubject.assessedAt` is not
 * before it. Undefined where none says so.
 *
 * @param predicates - Of a query that is met.
 * @param epoch - The start of the query's epoch, in seconds since the Unix epoch.
 */
export function provenAssessment(predicates: readonly Predicate[], epoch: number): number | undefined {
  const bounds = predicates.flatMap((predicate) => {
    if (predicate.op !== 'range' || JSON.stringify(predicate.path) !== ASSESSED_AT) return []
    const { min } = predicate
    if (typeof min === 'number') return [min]
    return min !== undefined && 'epoch' in min ? [epoch + min.epoch] : []
  })
  return bounds.length === 0 ? undefined : Math.max(...bounds)
}
