import { PolicyError } from '../errors/index.ts'
import type { SessionRecord } from './session-record.ts'

/** The shortest lease, in seconds. */
export const MIN_LEASE_SECONDS = 5
/** The longest lease, in seconds. */
export const MAX_LEASE_SECONDS = 300
/** The lease where nothing else is said, in seconds: three heartbeats. */
export const DEFAULT_LEASE_SECONDS = 30

// By so much the own clock may be set back before what it said earlier counts for nothing.
const CLOCK_STEP = 5

/** What a lease is judged with. */
export interface LeaseOptions {
  /**
   * The time (seconds since the epoch) up to which all that an organization has revoked is known *in this process*;
   * undefined where it never was.
   */
  readonly lastHeard: (organization: string) => number | undefined
  /** For how many seconds that is enough, 5 to 300. Defaults to 30. */
  readonly leaseSeconds?: number
  /** Seconds since the epoch. */
  readonly now: number
}

/** The organizations that a session needs to be heard. */
export function leasesOf({
  organizations,
  leasedBy = organizations,
}: Pick<SessionRecord, 'organizations' | 'leasedBy'>): readonly string[] {
  return leasedBy
}

/**
 * Refuses a session while one of those who may end it has not been heard for longer than the lease. It has not ended:
 * once they are heard again it is served again, or an event has ended it.
 *
 * @throws {PolicyError} `COMITY_SESSION_SUSPENDED`; `details.organization` says who is silent.
 * @throws {TypeError} The lease is out of range.
 */
export function assertLease(
  session: Pick<SessionRecord, 'organizations' | 'leasedBy'>,
  { lastHeard, leaseSeconds = DEFAULT_LEASE_SECONDS, now }: LeaseOptions,
): void {
  assertLeaseSeconds(leaseSeconds)
  for (const organization of leasesOf(session)) {
    const silence = now - (lastHeard(organization) ?? -Infinity)
    if (silence <= leaseSeconds && silence >= -CLOCK_STEP) continue
    throw new PolicyError('COMITY_SESSION_SUSPENDED', 'an organization that may end the session is silent', {
      details: { organization, leaseSeconds },
    })
  }
}

/**
 * Refuses a lease that is out of range.
 *
 * @throws {TypeError} It is not 5 to 300 seconds.
 */
export function assertLeaseSeconds(leaseSeconds: number): void {
  if (leaseSeconds >= MIN_LEASE_SECONDS && leaseSeconds <= MAX_LEASE_SECONDS) return
  throw new TypeError(
    `options.leaseSeconds must be ${String(MIN_LEASE_SECONDS)} to ${String(MAX_LEASE_SECONDS)} seconds`,
  )
}
