import type { Driver, VectorCase, Verdict } from '../verdict.ts'
import { spiffeBundles } from './spiffe/bundles.ts'
import { spiffeEndpoints } from './spiffe/endpoints.ts'
import { spiffeIds } from './spiffe/ids.ts'
import { spiffeJwtSvids } from './spiffe/jwt-svids.ts'
import type { SpiffeCase, SpiffeOperation } from './spiffe/operation.ts'
import { spiffeX509Svids } from './spiffe/x509-svids.ts'

const OPERATIONS: Readonly<Record<string, SpiffeOperation>> = {
  ...spiffeIds,
  ...spiffeEndpoints,
  ...spiffeBundles,
  ...spiffeJwtSvids,
  ...spiffeX509Svids,
}

/** SPIFFE, whose cases have a shape of their own: `op`, inputs, and `valid` as true, false or `policy`. */
export const spiffe: Driver = (entry) => {
  const spiffeCase = entry as VectorCase & SpiffeCase
  const { op, valid, expect = {} } = spiffeCase
  const judge = typeof op === 'string' && Object.hasOwn(OPERATIONS, op) ? OPERATIONS[op] : undefined
  if (judge === undefined) return { outcome: 'skip', rule: 'unknown-file' } satisfies Verdict
  const result = valid === true ? 'valid' : valid === false ? 'invalid' : 'either'
  return judge({ ...spiffeCase, expect, expected: { result } })
}
