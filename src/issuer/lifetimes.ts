import type { CredentialType } from '../credentials/index.ts'
import type { Validity } from './issuer.ts'

const HOUR = 3600
const DAY = 24 * HOUR

/** A number of seconds for each type of credential. */
export type Lifetimes = Readonly<Record<CredentialType, number>>

/**
 * For how long a credential of each type may be valid, in seconds. Posture is a matter of hours: it says how an
 * agent was at a moment.
 */
export const MAX_LIFETIMES: Lifetimes = Object.freeze({
  AgentCapabilityCredential: 90 * DAY,
  AgentProvenanceCredential: 366 * DAY,
  AgentScopeCredential: 90 * DAY,
  AgentPostureCredential: 24 * HOUR,
  TrustDomainCredential: 366 * DAY,
  OrganizationCredential: 366 * DAY,
})

/**
 * The limits that hold for an issuer: its own where it has some, which may be lower and never higher.
 *
 * @throws {TypeError} A limit is no number of seconds, is higher than the highest, or its type is unknown.
 */
export function lifetimesFrom(own: Partial<Lifetimes> = {}): Lifetimes {
  for (const [type, seconds] of Object.entries(own)) {
    const most = Object.hasOwn(MAX_LIFETIMES, type) ? MAX_LIFETIMES[type as CredentialType] : 0
    if (!(seconds > 0 && seconds <= most)) {
      throw new TypeError(`options.maxLifetimes.${type} must be above 0 and at most ${most} seconds`)
    }
  }
  return { ...MAX_LIFETIMES, ...own }
}

interface Times {
  readonly validFrom?: number
  readonly validUntil?: number
  readonly lifetimeSeconds?: number
}

/**
 * When a credential begins and ends.
 *
 * @throws {TypeError} The end is missing or given twice, in the past, or too far from the beginning.
 */
export function validityPeriod(
  options: Validity & { readonly validFrom?: number },
  { now, maxLifetime }: { readonly now: number; readonly maxLifetime: number },
): { readonly validFrom: number; readonly validUntil: number } {
  const { validFrom, validUntil, lifetimeSeconds }: Times = options
  if ((validUntil === undefined) === (lifetimeSeconds === undefined)) {
    throw new TypeError('one of options.validUntil and options.lifetimeSeconds must be given')
  }
  const from = validFrom ?? Math.floor(now)
  const until = validUntil ?? from + (lifetimeSeconds ?? 0)
  if (!(until > from && until > now)) throw new TypeError('the credential would never be valid')
  if (!(until - from <= maxLifetime)) {
    throw new TypeError(`a credential of this type must be valid for at most ${maxLifetime} seconds`)
  }
  return { validFrom: from, validUntil: until }
}
