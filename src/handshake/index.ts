/**
 * The handshake: two agents that share no identity provider leave it with one session, bound to both keys
 * and to every byte that led there.
 *
 * SIGMA-I over HTTP in JOSE's vocabulary: ephemeral key agreement first, then each side proves itself
 * inside the encryption, the responder first. This area does no I/O of its own beyond the resolver, trust
 * and status that it is given; `agent` and `gateway` carry the messages.
 *
 * @see docs/spec/handshake.md
 * @module
 */
export { handshakeBudget, MAX_SESSION_SECONDS } from './bounds.ts'
export { chooseDisclosure, releasable, type ChosenEvidence, type Disclosure } from './disclosure.ts'
export type { Channel, ChannelPolicy } from './channel.ts'
export {
  COMPLIANCE_FORMAT,
  type ComplianceEvidence,
  type ComplianceEvidenceSource,
  type ComplianceExpectation,
  type ComplianceQuestion,
  type ComplianceTrust,
  type PairwiseEvidence,
} from './compliance-ports.ts'
export { HANDSHAKE_MEDIA_TYPE, MAX_MESSAGE_BYTES } from './envelope.ts'
export type { EvidenceTrust } from './evidence.ts'
export { chooseFreshPosture, judgeFreshPosture, postureDemand, type FreshPosture } from './fresh-posture.ts'
export {
  createInitiator,
  type EstablishedSession,
  type Initiator,
  type InitiatorOptions,
} from './initiator.ts'
export type { HandshakeLimits } from './limits.ts'
export type { EvidenceItem, SessionGrant } from './messages.ts'
export {
  presentForDemand,
  type PresentedEvidence,
  type PresentForDemandOptions,
} from './present-for-demand.ts'
export { isRefusalReason, REFUSAL_REASONS, type RefusalReason } from './reasons.ts'
export { defaultRegistry, HANDSHAKE_VERSION, type HandshakeRegistry } from './registry.ts'
export {
  createResponder,
  type EstablishedRun,
  type HandshakeOutcome,
  type MessageContext,
  type Responder,
  type ResponderAnswer,
  type ResponderOptions,
} from './responder.ts'
export { assertOwnSvids } from './svid-answer.ts'
export {
  JWT_SVID_FORMAT,
  spiffeIdsOf,
  svidsExpireAt,
  TLS_SVID_FORMAT,
  X509_SVID_FORMAT,
  type ShownSvid,
} from './svid-evidence.ts'
export type { LearnOptions, OwnSvids, SpiffeTrust, TrustDomainLearner } from './svid-ports.ts'
export { chooseFromWallet, type WalletChoice, type WalletQuestion } from './wallet-choice.ts'
export { x25519, type PendingAgreement, type Suite } from './suite.ts'
