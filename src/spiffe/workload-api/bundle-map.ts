import { ComityError } from '../../errors/index.ts'
import {
  parseJwtBundle,
  parseTrustDomain,
  parseX509Bundle,
  type TrustBundle,
  type TrustDomain,
} from '../index.ts'
import { fieldMissing, messageMalformed, type BundleMap } from './protocol.ts'

/** Takes note of what is wrong with a part of an answer that the rest can be used without. */
export type Report = (error: ComityError) => void

/** Reads the X.509 authorities of a map, see {@link readBundles}. */
export function readX509Bundles(map: BundleMap, report: Report): readonly TrustBundle[] {
  return readBundles(map, parseX509Bundle, report)
}

/** Reads the JWT authorities of a map, see {@link readBundles}. */
export function readJwtBundles(map: BundleMap, report: Report): readonly TrustBundle[] {
  return readBundles(map, parseJwtBundle, report)
}

/**
 * As {@link readX509Bundles} or {@link readJwtBundles}, where there has to be one that can be read.
 *
 * @throws {VerificationError} `COMITY_WORKLOAD_API_FIELD_MISSING`; what is wrong with the first, when all are malformed.
 */
export function readMandatoryBundles(
  map: BundleMap,
  read: typeof readX509Bundles,
  report: Report,
): readonly TrustBundle[] {
  if (Object.keys(map).length === 0) throw fieldMissing('bundles')
  const faults: ComityError[] = []
  const bundles = read(map, (fault) => faults.push(fault))
  const [first] = faults
  if (bundles.length === 0 && first !== undefined) throw first
  faults.forEach(report)
  return bundles
}

/**
 * Reads the bundles of a map, whose keys are SPIFFE IDs of trust domains; bare names are taken too.
 *
 * One that is malformed is left out and reported: its trust domain is not trusted then, and it cannot take the others
 * with it, as it is some other organization's doing.
 *
 * @throws {VerificationError} `COMITY_WORKLOAD_API_MESSAGE` when two keys name one trust domain.
 */
function readBundles(
  map: BundleMap,
  parse: (trustDomain: TrustDomain, bytes: Uint8Array) => TrustBundle,
  report: Report,
): readonly TrustBundle[] {
  const bundles = new Map<string, TrustBundle>()
  for (const [key, bytes] of Object.entries(map)) {
    const bundle = orReported(() => parse(trustDomainOf(key), bytes), report)
    if (bundle === undefined) continue
    const { name } = bundle.trustDomain
    if (bundles.has(name)) throw messageMalformed('a trust domain has two bundles', 'bundles')
    bundles.set(name, bundle)
  }
  return [...bundles.values()]
}

function trustDomainOf(key: string): TrustDomain {
  const trustDomain = parseTrustDomain(key)
  if (key === trustDomain.name || key === trustDomain.uri) return trustDomain
  throw messageMalformed('the key of a bundle is not the ID of a trust domain', 'bundles')
}

function orReported<Value>(read: () => Value, report: Report): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
    report(error)
    return undefined
  }
}
