import { reachValues } from './claims-path.ts'
import { comparable } from './comparable.ts'
import type { Predicate, RangeBound } from './demand.ts'

/** From where relative bounds count, in seconds since the Unix epoch. */
export interface PredicateTimes {
  /** The time of the decision, for `{now: n}`. */
  readonly now: number
  /** The start of the epoch, for `{epoch: n}`; without it such a bound is never kept. */
  readonly epoch?: number
}

/**
 * Whether a predicate holds for a credential. Pure; the circuit of compliance proofs judges alike.
 *
 * `eq`, `in` and `range` need one value at the path that fits; `none` needs that no value there fits, and so holds too
 * where there is none. Values are compared by type and value (see {@link Predicate}).
 *
 * @param predicate A parsed predicate.
 * @param document The whole credential, as parsed JSON.
 */
export function predicateHolds(predicate: Predicate, document: unknown, times: PredicateTimes): boolean {
  const values = reachValues(predicate.path, document).map(comparable)
  switch (predicate.op) {
    case 'eq': {
      const wanted = comparable(predicate.value)
      return wanted !== undefined && values.includes(wanted)
    }
    case 'none': {
      const unwanted = comparable(predicate.value)
      return unwanted !== undefined && !values.includes(unwanted)
    }
    case 'in': {
      const wanted = new Set(predicate.values.map(comparable))
      return values.some((value) => value !== undefined && wanted.has(value))
    }
    case 'range': {
      const min = boundOf(predicate.min, -Infinity, times)
      const max = boundOf(predicate.max, Infinity, times)
      return values.some((value) => typeof value === 'number' && value >= min && value <= max)
    }
  }
}

function boundOf(bound: RangeBound | undefined, open: number, times: PredicateTimes): number {
  if (bound === undefined) return open
  if (typeof bound === 'number') return bound
  if ('now' in bound) return times.now + bound.now
  // NaN where there is no epoch: no comparison with it holds.
  return (times.epoch ?? NaN) + bound.epoch
}
