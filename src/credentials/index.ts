/**
 * Credentials: what an organization attests about an agent, in the form of the W3C Verifiable Credentials Data Model
 * 2.0, secured as `vc+jwt`.
 *
 * {@link issueCredential} makes one, {@link verifyCredential} judges one that its subject shows, and
 * {@link explainCredential} lists all that is wrong with it. A credential is evidence about its subject and never a
 * bearer token: the caller says who has just proven to be the subject. Whom to believe and how to look up a status
 * are ports, {@link IssuerTrust} and {@link StatusChecker}.
 *
 * @module
 */
export {
  AGENT_CREDENTIAL_TYPES,
  credentialSchemas,
  isAgentCredentialType,
  type AgentCredentialType,
} from './agent-types.ts'
export type { CheckName } from './checks.ts'
export type {
  AgentCapabilityClaims,
  AgentCredentialClaims,
  AgentPostureClaims,
  AgentProvenanceClaims,
  AgentScopeClaims,
  CapabilityDetail,
} from './claims.ts'
export { credentialDigest } from './credential-digest.ts'
export { formatDateTimeStamp, parseDateTimeStamp } from './date-time.ts'
export { CREDENTIALS_CONTEXT } from './document-rules.ts'
export { issueCredential, type IssueCredentialOptions } from './issue.ts'
export type { IssuerAnswer, IssuerQuestion, IssuerTrust, StatusChecker, StatusQuestion } from './ports.ts'
export { createSignatureCache, type SignatureCache } from './signature-cache.ts'
export {
  parseStatusEntry,
  type AnyStatusEntry,
  type StatusEntry,
  type StatusMessage,
  type StatusPurpose,
} from './status-entry.ts'
export { MAX_CREDENTIAL_LENGTH, parseCredential, type UnverifiedCredential } from './unverified-credential.ts'
export {
  assertSignedCredential,
  assertVerifiedCredential,
  type SignedCredential,
  type VerifiedCredential,
} from './verified-credential.ts'
export {
  explainCredential,
  verifyCredential,
  verifySignedCredential,
  type Fault,
  type VerifyCredentialOptions,
  type VerifySignedCredentialOptions,
} from './verify.ts'
