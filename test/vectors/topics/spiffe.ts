import type { Driver } from '../verdict.ts'

/** SPIFFE, whose cases have a shape of their own: `op`, inputs, and `valid` as true, false or `policy`. */
export const spiffe: Driver = () => ({ outcome: 'skip', rule: 'spiffe-later' })
