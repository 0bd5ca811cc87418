import { createTrustBundle, type TrustBundle, type TrustBundleParts } from './bundle.ts'
import { formatTrustBundle } from './bundle-format.ts'

/**
 * Makes the bundle that comes after another one, for who publishes it: with any change the sequence number grows by one,
 * and without a change it stays.
 *
 * @param previous - What was published last.
 * @param parts - What has changed; the rest is as it was.
 * @returns The next bundle, or `previous` itself where nothing has changed.
 * @throws {VerificationError} `COMITY_BUNDLE_MALFORMED`, as `createTrustBundle`.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Trust_Domain_and_Bundle.md#411-sequence-number | SPIFFE Bundle §4.1.1}
 */
export function nextTrustBundle(
  previous: TrustBundle,
  parts: Omit<TrustBundleParts, 'trustDomain' | 'sequence'>,
): TrustBundle {
  const { trustDomain, x509Authorities, jwtAuthorities, witAuthorities, refreshHint, sequence } = previous
  const make = (number: bigint | undefined): TrustBundle =>
    createTrustBundle({
      trustDomain,
      x509Authorities,
      jwtAuthorities: [...jwtAuthorities.values()],
      witAuthorities: [...witAuthorities.values()],
      ...(refreshHint !== undefined && { refreshHint }),
      ...parts,
      ...(number !== undefined && { sequence: number }),
    })
  const isSame = formatTrustBundle(make(sequence)) === formatTrustBundle(previous)
  return isSame ? previous : make((sequence ?? 0n) + 1n)
}
