import { PolicyError } from '../errors/index.ts'
import type { AuthorizationDetail } from './authorization-detail.ts'
import { isWithin } from './comparison.ts'

/** One request of a session, as far as a decision rests on it. All of it is verified. */
export interface AuthorizationRequest {
  /** Who asks. */
  readonly subject: {
    /** The agent's DID. */
    readonly did: string
    /** The organizations that have attested what its session rests on. */
    readonly organizations: readonly string[]
    /** The SPIFFE IDs that it has proven, where there are any. */
    readonly spiffeIds?: readonly string[]
  }
  /** What it asks for: a type of authorization detail, one of its actions, and where, if that counts. */
  readonly resource: { readonly type: string; readonly action: string; readonly location?: string }
  /** What the session was granted. */
  readonly granted: readonly AuthorizationDetail[]
  /** When the agent's posture was assessed, in seconds since the Unix epoch. */
  readonly postureAssessedAt?: number
  /** How old it may be, in seconds; any age without it. */
  readonly maxPostureAge?: number
  /** The request itself, and the current time in seconds since the Unix epoch. */
  readonly context: { readonly method: string; readonly path: string; readonly now: number }
}

/** The codes with which a request is refused. */
export type RefusalCode = 'COMITY_REQUEST_NOT_GRANTED' | 'COMITY_POSTURE_STALE'

/** Whether one request is allowed, and why. */
export interface Decision {
  /** Whether it is. */
  readonly allow: boolean
  /** Why not, where it is not. */
  readonly code?: RefusalCode
  /** What it rests on, for the log: fixed words, no values. */
  readonly reasons: readonly string[]
}

/** Decides each request by itself. */
export interface Authorizer {
  /** Decides; an error is to be taken as a refusal. */
  decide(request: AuthorizationRequest): Promise<Decision>
}

/** By how many seconds a posture may have been assessed in the future: the difference of clocks. */
const POSTURE_SKEW = 60

/**
 * Makes the authorizer that allows what the session was granted while the posture is fresh.
 *
 * It asks whether `{type, actions: [action], locations: [location]}` is {@link isWithin | within} the grants, without
 * `locations` where the resource has none. So a grant with further members (a limit, an identifier) allows nothing
 * here: this authorizer could not keep what they say.
 *
 * The grant is looked at first: `COMITY_POSTURE_STALE` always means that a fresh posture would do.
 *
 * @returns An authorizer whose `decide` rejects with a `TypeError` when `context.now` or `maxPostureAge` is not a
 *   finite number.
 */
export function createGrantAuthorizer(): Authorizer {
  return {
    decide: async (request) => {
      const refused = refusedByGrant(request) ?? refusedByPosture(request)
      return Object.freeze(
        refused === undefined
          ? { allow: true, reasons: Object.freeze(['granted']) }
          : { allow: false, code: refused.code, reasons: Object.freeze([refused.reason]) },
      )
    },
  }
}

/**
 * Throws where a request is refused.
 *
 * @throws {PolicyError} `COMITY_REQUEST_NOT_GRANTED` or `COMITY_POSTURE_STALE`, as the decision says; the former where
 *   it says nothing. `details.reasons` has its reasons.
 */
export function assertAllowed(decision: Decision): void {
  if (decision.allow) return
  const { code = 'COMITY_REQUEST_NOT_GRANTED', reasons } = decision
  throw new PolicyError(code, 'the request is not allowed', { details: { reasons: reasons.join('; ') } })
}

interface Refusal {
  readonly code: RefusalCode
  readonly reason: string
}

function refusedByGrant({ resource, granted }: AuthorizationRequest): Refusal | undefined {
  const { type, action, location } = resource
  const requested: AuthorizationDetail = {
    type,
    actions: [action],
    ...(location === undefined ? {} : { locations: [location] }),
  }
  if (isWithin(requested, granted)) return undefined
  return { code: 'COMITY_REQUEST_NOT_GRANTED', reason: whyNotGranted(type, action, granted) }
}

function whyNotGranted(type: string, action: string, granted: readonly AuthorizationDetail[]): string {
  const ofType = granted.filter((detail) => detail.type === type)
  if (ofType.length === 0) return 'no grant for the type'
  if (!ofType.some((detail) => detail.actions?.includes(action))) return 'no grant for the action'
  return 'the grant is limited to a location or a condition that the request does not meet'
}

function refusedByPosture(request: AuthorizationRequest): Refusal | undefined {
  const { postureAssessedAt, maxPostureAge, context } = request
  if (!Number.isFinite(context.now)) throw new TypeError('context.now must be a finite number of seconds')
  if (maxPostureAge === undefined) return undefined
  if (!Number.isFinite(maxPostureAge)) throw new TypeError('maxPostureAge must be a finite number of seconds')
  const code = 'COMITY_POSTURE_STALE'
  if (postureAssessedAt === undefined) return { code, reason: 'no posture was shown' }
  const age = context.now - postureAssessedAt
  if (age >= -POSTURE_SKEW && age <= maxPostureAge) return undefined
  return { code, reason: age > 0 ? 'the posture is too old' : 'the posture is from the future' }
}
