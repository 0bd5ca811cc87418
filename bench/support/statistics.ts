/** The value in the middle of some numbers; between the two in the middle where their count is even. */
export function median(values: readonly number[]): number {
  return percentile(values, 50)
}

/**
 * A percentile of some numbers, interpolated between the two nearest.
 *
 * @param values At least one.
 * @param percent 0 to 100.
 */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new RangeError('there are no values')
  const sorted = values.toSorted((left, right) => left - right)
  const place = ((sorted.length - 1) * percent) / 100
  const lower = sorted[Math.floor(place)] ?? Number.NaN
  const upper = sorted[Math.ceil(place)] ?? Number.NaN
  return lower + (upper - lower) * (place - Math.floor(place))
}
