/**
 * Sessions: what a handshake leaves behind, and how each request after it is held against it.
 *
 * The registry remembers who may do what until when, and forgets it in one atomic step when the session ends. A
 * request shows a short-lived access token (RFC 9068 profile) together with a proof of possession of the session's
 * key (DPoP, RFC 9449), made for that one request. Each request reads the session anew from the store, so that an
 * end takes effect with the next one, at every instance.
 *
 * @module
 */
export {
  issueAccessToken,
  MAX_TOKEN_LIFETIME,
  verifyAccessToken,
  type AccessToken,
  type IssueAccessTokenOptions,
  type VerifiedAccessToken,
  type VerifyAccessTokenOptions,
} from './access-token.ts'
export { parseAuthorization } from './authorization-header.ts'
export { authenticateHeader } from './challenge.ts'
export { createDpopNonces, type DpopNonces, type DpopNoncesOptions } from './dpop-nonces.ts'
export { createDpopProof, type CreateDpopProofOptions } from './dpop-proof.ts'
export {
  assertLease,
  assertLeaseSeconds,
  DEFAULT_LEASE_SECONDS,
  leasesOf,
  MAX_LEASE_SECONDS,
  MIN_LEASE_SECONDS,
  type LeaseOptions,
} from './lease.ts'
export type { SessionCompliance } from './session-compliance.ts'
export type { OutdatedAnchors, SessionCriteria } from './session-criteria.ts'
export type { SessionEvidence } from './session-evidence.ts'
export type { NewSession, SessionCredential, SessionRecord } from './session-record.ts'
export {
  createSessionRegistry,
  type SessionEnd,
  type SessionRegistry,
  type SessionRegistryOptions,
} from './session-registry.ts'
export { normalizeTargetUri } from './target-uri.ts'
export { verifyDpopProof, type VerifiedDpopProof, type VerifyDpopProofOptions } from './verify-dpop-proof.ts'
export {
  assertVerifiedRequest,
  verifyRequest,
  type SessionRequest,
  type VerifiedRequest,
  type VerifyRequestOptions,
} from './verify-request.ts'
