/**
 * Trust: who may attest what.
 *
 * A registry answers whether an issuer is believed for one type of credential, and towards whom, and says why. Its
 * rules are issuers in the configuration, signed lists of issuers, and accreditations by accepted bodies. There is no
 * default: an empty registry believes nobody, and believing everyone has to be spelled out with {@link trustAnyone}.
 *
 * {@link issueTrustList} and {@link issueAccreditation} make what others judge by.
 *
 * @module
 */
export { MAX_HOPS, type Accreditation } from './accreditation-document.ts'
export { MAX_LOOKUPS } from './accreditation-rule.ts'
export { ACCREDITATION_SERVICE } from './accreditation-source.ts'
export type { Accreditor } from './chain.ts'
export { issueAccreditation, type IssueAccreditationOptions } from './issue-accreditation.ts'
export { issueTrustList, type IssueTrustListOptions } from './issue-list.ts'
export {
  MAX_TRUST_LIST_ENTRIES,
  MAX_TRUST_LIST_LENGTH,
  type TrustListContent,
  type TrustListEntry,
} from './list-document.ts'
export type { TrustListSource } from './list-rule.ts'
export { TRUST_LIST_SERVICE, TRUST_MEDIA_TYPE } from './list-source.ts'
export type { Refusal, RuleJudgement, TrustRuleKind } from './reason.ts'
export { trustSchemas } from './schemas.ts'
export { ACCREDITATION_TYPE, TRUST_LIST_TYPE, type Coverage } from './shape.ts'
export type { TrustedIssuer } from './static-rules.ts'
export {
  createTrustRegistry,
  trustAnyone,
  type TrustExplanation,
  type TrustRegistry,
  type TrustRegistryOptions,
} from './trust-registry.ts'
export {
  verifyTrustList,
  type SeenList,
  type VerifiedTrustList,
  type VerifyTrustListOptions,
} from './verify-list.ts'
