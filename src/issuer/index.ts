/**
 * An organization's issuer: gives its agents credentials that can be taken back, and takes them back.
 *
 * One call of {@link Issuer.revoke} sets the status of every credential concerned and tells every peer that
 * listens, so that open sessions end too.
 *
 * @module
 */
export { COMPLIANCE_NONCE_SECONDS, type ComplianceRequest } from './compliance.ts'
export { createIssuer, type IssuerOptions } from './create-issuer.ts'
export { DEFAULT_TRACE_SECONDS, MAX_TRACE_SECONDS, type IssuedTrace } from './issued-traces.ts'
export type {
  ChangeOptions,
  CredentialForm,
  IssuedCredential,
  IssueOptions,
  Issuer,
  RevocationTarget,
  Validity,
} from './issuer.ts'
export { MAX_LIFETIMES, type Lifetimes } from './lifetimes.ts'
export type { FindTarget, FoundCredential } from './trace.ts'
