import { createBundleSet, createTrustBundle, parseTrustDomain } from 'comity/spiffe'
import { figure, type Report } from '../support/result.ts'

/** How many trust domains there are, and how often one of them is asked for. */
export interface BundleSetEffort {
  readonly trustDomains: number
  readonly lookUps: number
}

const GOAL = 2

/** Finding the bundle of a trust domain among very many; each time another one. */
export function benchBundleSet(
  bench: string,
  report: Report,
  { trustDomains, lookUps }: BundleSetEffort,
): void {
  const domains = Array.from({ length: trustDomains }, (_, index) =>
    parseTrustDomain(`d${String(index)}.example`),
  )
  const set = createBundleSet(domains.map((trustDomain) => createTrustBundle({ trustDomain })))
  let found = 0
  const before = process.cpuUsage()
  for (let index = 0; index < lookUps; index += 1) {
    // A step without a common divisor, so that neighbours do not come one after the other.
    const domain = domains[(index * 7919) % domains.length]
    if (domain !== undefined && set.getBundle(domain)?.trustDomain === domain) found += 1
  }
  const { user, system } = process.cpuUsage(before)
  if (found !== lookUps) throw new Error('a bundle was not found')
  const name = `set of ${String(trustDomains)} trust domains`
  report(figure(bench, name, 'look-up', (user + system) / lookUps, 'µs', GOAL))
}
