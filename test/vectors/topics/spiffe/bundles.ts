import {
  parseJwtBundle,
  parsePemBundle,
  parseTrustBundle,
  parseTrustBundleMap,
  parseTrustDomain,
  parseWitBundle,
  parseX509Bundle,
  type TrustBundle,
  type TrustDomain,
} from '../../../../src/spiffe/index.ts'
import { difference, judgeCall, type VectorCase } from '../../verdict.ts'
import type { SpiffeOperation } from './operation.ts'

/** Bundles in all their forms. */
export const spiffeBundles: Readonly<Record<string, SpiffeOperation>> = {
  'spiffe-bundle': ofDomain((trustDomain, entry) => parseTrustBundle(trustDomain, String(entry['document']))),
  'workload-jwks': ofDomain((trustDomain, entry) => parseJwtBundle(trustDomain, String(entry['document']))),
  'workload-wit-jwks': ofDomain((trustDomain, entry) =>
    parseWitBundle(trustDomain, String(entry['document'])),
  ),
  'x509-pem': ofDomain((trustDomain, entry) =>
    parsePemBundle(trustDomain, bytesOf(entry).toString('latin1')),
  ),
  'x509-der': ofDomain((trustDomain, entry) => parseX509Bundle(trustDomain, bytesOf(entry))),
  'spiffe-bundle-map': (entry) =>
    judgeCall(
      entry,
      () => parseTrustBundleMap(String(entry['document'])),
      (bundles) => {
        const names = bundles.map(({ trustDomain }) => trustDomain.name)
        return difference('the trust domains', names, entry.expect['trustDomains'])
      },
    ),
}

function ofDomain(parse: (trustDomain: TrustDomain, entry: VectorCase) => TrustBundle): SpiffeOperation {
  return (entry) =>
    judgeCall(
      entry,
      () => parse(parseTrustDomain(String(entry['trustDomain'])), entry),
      (bundle) => wrongBundle(bundle, entry.expect),
    )
}

function wrongBundle(bundle: TrustBundle, expect: Readonly<Record<string, unknown>>): string | undefined {
  const actual: Readonly<Record<string, unknown>> = {
    x509Count: bundle.x509Authorities.length,
    jwtKids: [...bundle.jwtAuthorities.keys()].sort(),
    witKids: [...bundle.witAuthorities.keys()].sort(),
    sequence: bundle.sequence?.toString() ?? null,
    refreshHint: bundle.refreshHint ?? null,
  }
  for (const [name, value] of Object.entries(expect)) {
    const wanted: unknown = Array.isArray(value)
      ? [...(value as string[])].sort()
      : name === 'sequence' && typeof value === 'number'
        ? String(value)
        : value
    const wrong = difference(name, actual[name], wanted)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function bytesOf(entry: VectorCase): Buffer {
  return Buffer.from(String(entry['base64']), 'base64')
}
