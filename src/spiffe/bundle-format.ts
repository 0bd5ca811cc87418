import type { TrustBundle } from './bundle.ts'
import type { Certificate } from './certificate.ts'
import type { JwtAuthority } from './jwt-authority.ts'
import { encodeBase64, formatPem } from './pem.ts'

/**
 * Writes a bundle as a SPIFFE bundle document, with nothing but the members that the specifications define.
 *
 * @returns JSON.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Trust_Domain_and_Bundle.md#4-spiffe-bundle-format | SPIFFE Bundle §4}
 */
export function formatTrustBundle(bundle: TrustBundle): string {
  const { refreshHint } = bundle
  const hint = refreshHint === undefined ? [] : [`"spiffe_refresh_hint":${refreshHint.toString()}`]
  return `{${[...membersOf(bundle), ...hint].join(',')}}`
}

/**
 * Writes bundles as one map, each under the name of its trust domain. Refresh hints are left out: how often to ask for a
 * map is not a matter of one bundle in it.
 *
 * @param bundles - Each of another trust domain; none is fine too.
 * @returns JSON.
 * @throws {TypeError} Two are of one trust domain.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Trust_Domain_and_Bundle.md#5-spiffe-bundle-map-format | SPIFFE Bundle §5}
 */
export function formatTrustBundleMap(bundles: Iterable<TrustBundle>): string {
  const entries = new Map<string, string>()
  for (const bundle of bundles) {
    const { name } = bundle.trustDomain
    if (entries.has(name)) throw new TypeError('two bundles are of one trust domain')
    entries.set(name, `${JSON.stringify(name)}:{${membersOf(bundle).join(',')}}`)
  }
  return `{"trust_domains":{${[...entries.values()].join(',')}}}`
}

function membersOf({
  x509Authorities,
  jwtAuthorities,
  witAuthorities,
  sequence,
}: TrustBundle): readonly string[] {
  const keys = [
    ...x509Authorities.map(x509Key),
    ...[...jwtAuthorities.values()].map((authority) => tokenKey('jwt-svid', authority)),
    ...[...witAuthorities.values()].map((authority) => tokenKey('wit-svid', authority)),
  ]
  // `JSON.stringify` has no way to write all digits of a bigint, so the number goes in as text.
  const number = sequence === undefined ? [] : [`"spiffe_sequence":${sequence.toString()}`]
  return [`"keys":${JSON.stringify(keys)}`, ...number]
}

/** Writes the X.509 authorities of a bundle as PEM. */
export function formatPemBundle({ x509Authorities }: TrustBundle): string {
  return x509Authorities.map(({ der }) => formatPem('CERTIFICATE', der)).join('')
}

function x509Key(certificate: Certificate): object {
  return { ...certificate.key.jwk, use: 'x509-svid', x5c: [encodeBase64(certificate.der)] }
}

function tokenKey(use: string, { kid, jwk }: JwtAuthority): object {
  return { ...jwk, kid, use }
}
