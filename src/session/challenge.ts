import { ComityError, type ComityErrorCode } from '../errors/index.ts'
import { SIGNATURE_ALGORITHMS } from '../keys/index.ts'

/**
 * Turns a refusal into the value of a `WWW-Authenticate` header: a coarse code, and the algorithms for proofs.
 *
 * `invalid_token`: get a new token or session. `invalid_dpop_proof`: make a new proof. `use_dpop_nonce`: the same
 * with the nonce of the header `DPoP-Nonce`, which the caller adds. `posture_stale`: renew with a posture that is not
 * older than `max_age` seconds (from `details.maxAge`). `session_suspended`: the session is good, and an organization
 * that may end it is silent; the same token works again later. `insufficient_scope`: not granted. Where the request brought
 * no token at all, or the error is not one of a request, there is no `error`.
 *
 * @param error - What {@link verifyRequest} or the decision after it threw, or anything else.
 * @returns The header's value. Nothing of the request is in it.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-7.1 | RFC 9449 §7.1}
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750#section-3 | RFC 6750 §3}
 */
export function authenticateHeader(error: unknown): string {
  const parameters = error instanceof ComityError ? errorParameters(error) : []
  return `DPoP ${[...parameters, `algs="${SIGNATURE_ALGORITHMS.join(' ')}"`].join(', ')}`
}

const COARSE: Partial<Record<ComityErrorCode, string>> = {
  COMITY_SESSION_TOKEN_INVALID: 'invalid_token',
  COMITY_TOKEN_EXPIRED: 'invalid_token',
  COMITY_TOKEN_NOT_YET_VALID: 'invalid_token',
  COMITY_AUDIENCE_MISMATCH: 'invalid_token',
  COMITY_DPOP_KEY_MISMATCH: 'invalid_token',
  COMITY_SESSION_UNKNOWN: 'invalid_token',
  COMITY_SESSION_ENDED: 'invalid_token',
  COMITY_SESSION_SUSPENDED: 'session_suspended',
  COMITY_DPOP_INVALID: 'invalid_dpop_proof',
  COMITY_DPOP_REPLAYED: 'invalid_dpop_proof',
  COMITY_POSTURE_STALE: 'posture_stale',
  COMITY_REQUEST_NOT_GRANTED: 'insufficient_scope',
}

function errorParameters(error: ComityError): readonly string[] {
  const code = coarseCode(error)
  const { maxAge } = error.details
  if (code === undefined) return []
  if (code !== 'posture_stale' || !isAge(maxAge)) return [`error="${code}"`]
  return [`error="${code}"`, `max_age=${String(maxAge)}`]
}

function coarseCode(error: ComityError): string | undefined {
  // A client that sent nothing yet is only told what to send.
  if (error.code === 'COMITY_SESSION_TOKEN_INVALID' && error.details.missing === true) return undefined
  if (error.code === 'COMITY_DPOP_INVALID' && error.details.reason === 'nonce') return 'use_dpop_nonce'
  return COARSE[error.code]
}

function isAge(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
