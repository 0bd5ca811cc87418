/**
 * Federation of SPIFFE trust domains through DIDs, at first contact and without an administrator.
 *
 * An organization's DID document says which trust domain its workloads are in and where its bundle is. That is a claim:
 * {@link createTrustDomainFederation} believes it by local configuration, by the name of the DID's host, or by a
 * credential of an issuer that is trusted for it, and then gets the bundle, keeps it new, and gives it to whoever
 * verifies SVIDs.
 *
 * @see {@link https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE_Federation.md | SPIFFE Federation}
 * @module
 */
export { TRUST_DOMAIN_CREDENTIAL } from './attestation.ts'
export type { Belief, PinnedTrustDomain } from './belief.ts'
export type { BundleSink } from './bundle-sink.ts'
export {
  findTrustDomainClaim,
  readTrustDomainClaim,
  TRUST_DOMAIN_SERVICE,
  type FirstBundle,
  type TrustDomainClaim,
} from './claim.ts'
export { nameFault, type NameFault } from './domain-name.ts'
export { createTrustDomainFederation, type TrustDomainFederation } from './federation.ts'
export type { TrustDomainChange } from './holdings.ts'
export type { LearnedTrustDomain, LearnOptions } from './learn.ts'
export type { FederationLog, FederationLogEntry } from './log.ts'
export type { Membership } from './organization.ts'
export type { TrustDomainFederationOptions } from './options.ts'
export { publishFirstBundle, type PublishedFirstBundle } from './publish.ts'
export { MAX_LEARNED_BUNDLE_BYTES } from './watch.ts'
