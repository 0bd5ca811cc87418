import type { StatusChecker } from '../credentials/index.ts'
import { handshakeBudget } from '../handshake/index.ts'
import type { SessionCredential } from '../session/index.ts'

/**
 * Looks up the status of what a session rests on.
 *
 * @param now Seconds since the epoch.
 * @throws {VerificationError} `COMITY_STATUS_REVOKED`, `COMITY_STATUS_SUSPENDED`, `COMITY_STATUS_LIST_INVALID`.
 * @throws {TrustError} `COMITY_STATUS_UNAVAILABLE` when it cannot be had.
 */
export async function checkStatus(
  credentials: readonly SessionCredential[],
  status: StatusChecker,
  now: number,
): Promise<void> {
  const budget = handshakeBudget()
  for (const { issuer, statusRefs } of credentials) {
    if (statusRefs.length > 0) await status.check({ entries: statusRefs, issuer, now, budget })
  }
}
