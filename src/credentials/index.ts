/**
 * Credentials: what an organization attests about an agent, in the form of the W3C Verifiable Credentials Data Model
 * 2.0, secured as `vc+jwt`, or as SD-JWT VC (`dc+sd-jwt`), of which the holder shows only what it is asked for.
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
  CREDENTIAL_TYPES,
  ORGANIZATION_CREDENTIAL_TYPES,
  credentialSchemas,
  isAgentCredentialType,
  isCredentialType,
  type AgentCredentialType,
  type CredentialType,
  type OrganizationCredentialType,
} from './agent-types.ts'
export type { CheckName } from './checks.ts'
export {
  answersFor,
  type AgentCapabilityClaims,
  type AgentCredentialClaims,
  type AgentPostureClaims,
  type AgentProvenanceClaims,
  type AgentScopeClaims,
  type CapabilityDetail,
  type CredentialClaims,
  type OrganizationClaims,
  type TrustDomainClaims,
} from './claims.ts'
export { CREDENTIALS_CONTEXT } from './context-rules.ts'
export { credentialDigest } from './credential-digest.ts'
export { formatDateTimeStamp, parseDateTimeStamp } from './date-time.ts'
export { CREDENTIAL_FORMATS, isCredentialFormat, type CredentialFormat } from './format.ts'
export { issueCredential, type IssueCredentialOptions } from './issue.ts'
export { credentialModelFaults, presentationModelFaults } from './model-faults.ts'
export type { IssuerAnswer, IssuerQuestion, IssuerTrust, StatusChecker, StatusQuestion } from './ports.ts'
export { MAX_PRESENTED } from './presentation-rules.ts'
export { createPresentation, type CreatePresentationOptions } from './presentation/create-presentation.ts'
export {
  MAX_PRESENTATION_LENGTH,
  parsePresentation,
  type UnverifiedPresentation,
} from './presentation/unverified-presentation.ts'
export {
  assertVerifiedPresentation,
  type VerifiedPresentation,
} from './presentation/verified-presentation.ts'
export { verifyPresentation, type VerifyPresentationOptions } from './presentation/verify-presentation.ts'
export type { ClaimsPath } from './sd-jwt/claims-path.ts'
export { parseDisclosure, type Disclosure } from './sd-jwt/disclosure.ts'
export type { SdHashName } from './sd-jwt/hash.ts'
export { issueSdJwtCredential, type IssueSdJwtCredentialOptions } from './sd-jwt/issue-sd-jwt.ts'
export type { KeyBindingExpectation } from './sd-jwt/key-binding.ts'
export { MAX_DISCLOSURES, MAX_SD_JWT_LENGTH, type UnverifiedSdJwt } from './sd-jwt/parse-sd-jwt.ts'
export { presentSdJwtCredential, type PresentSdJwtOptions } from './sd-jwt/present-sd-jwt.ts'
export { parseSdJwtCredential, type UnverifiedSdJwtCredential } from './sd-jwt/sd-jwt-credential.ts'
export { vctOf } from './sd-jwt/vct.ts'
export {
  assertVerifiedSdJwt,
  verifySdJwt,
  type VerifiedSdJwt,
  type VerifySdJwtOptions,
} from './sd-jwt/verify-sd-jwt.ts'
export { createSignatureCache, type SignatureCache } from './signature-cache.ts'
export {
  parseStatusEntry,
  parseStatusReference,
  parseTokenStatus,
  type AnyStatusEntry,
  type StatusEntry,
  type StatusMessage,
  type StatusPurpose,
  type StatusReference,
  type TokenStatusReference,
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
export { parseVc1Credential } from './vc1/unverified-vc1.ts'
