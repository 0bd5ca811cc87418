import { ComityError } from '../errors/index.ts'

/** The coarse codes that a peer is told. Which credential or rule failed stays in the local log. */
export const REFUSAL_REASONS = [
  'malformed',
  'version',
  'suite',
  'expired',
  'authentication',
  'evidence',
  'no-agreement',
  'policy',
  'limit',
  'internal',
] as const

/** One of {@link REFUSAL_REASONS}. */
export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** The part of the checks that a failure came from. */
export type CheckPhase = 'message' | 'evidence' | 'agreement' | 'policy'

/** Type guard for {@link RefusalReason}. */
export function isRefusalReason(value: unknown): value is RefusalReason {
  return REFUSAL_REASONS.some((reason) => reason === value)
}

/**
 * The coarse code for a failure.
 *
 * @param error What was thrown. Anything but a ComityError is `internal`.
 * @param phase Where. A fault in evidence or policy is told as just that.
 */
export function refusalReason(error: unknown, phase: CheckPhase): RefusalReason {
  if (!(error instanceof ComityError)) return 'internal'
  if (error.code === 'COMITY_STORE_FULL' || error.code === 'COMITY_HANDSHAKE_LIMIT') return 'limit'
  if (error.code.startsWith('COMITY_STORE_')) return 'internal'
  if (phase === 'evidence') return 'evidence'
  if (phase === 'agreement') return 'no-agreement'
  if (phase === 'policy') return 'policy'
  switch (error.code) {
    case 'COMITY_HANDSHAKE_VERSION':
      return 'version'
    case 'COMITY_HANDSHAKE_SUITE':
      return 'suite'
    case 'COMITY_TOKEN_EXPIRED':
    case 'COMITY_TOKEN_NOT_YET_VALID':
      return 'expired'
    case 'COMITY_HANDSHAKE_TOO_LARGE':
    case 'COMITY_HANDSHAKE_MALFORMED':
    case 'COMITY_HANDSHAKE_STATE':
    case 'COMITY_HANDSHAKE_SPENT':
    case 'COMITY_HANDSHAKE_BOX':
    case 'COMITY_HANDSHAKE_KEY_SHARE':
    case 'COMITY_HANDSHAKE_EVIDENCE':
    case 'COMITY_DEMAND_INVALID':
    case 'COMITY_AUTHORIZATION_DETAILS_INVALID':
      return 'malformed'
    default:
      return 'authentication'
  }
}
