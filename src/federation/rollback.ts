import { VerificationError } from '../errors/index.ts'
import type { TrustBundle } from '../spiffe/index.ts'

/**
 * Makes sure that a bundle is not older than another of its trust domain. Where one of them has no sequence number, the
 * later one counts.
 *
 * @throws {VerificationError} `COMITY_BUNDLE_ROLLBACK`.
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md#42-trust-bundle-updates-and-storage | SPIFFE Federation §4.2}
 */
export function checkRollback(next: TrustBundle, held: TrustBundle): void {
  if (held.sequence === undefined || next.sequence === undefined) return
  if (next.sequence >= held.sequence) return
  throw new VerificationError('COMITY_BUNDLE_ROLLBACK', 'a newer bundle of this trust domain was seen', {
    spec: 'SPIFFE-Federation §4.2',
    details: { trustDomain: held.trustDomain.name },
  })
}
