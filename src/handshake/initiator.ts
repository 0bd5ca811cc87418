import type { AuthorizationDetail } from '../authorization/index.ts'
import type { VerifiedCredential } from '../credentials/index.ts'
import type { Demand, Verdict } from '../demand/index.ts'
import type { Signer } from '../keys/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { Wallet } from '../wallet/index.ts'
import type { Channel } from './channel.ts'
import type { ComplianceEvidenceSource } from './compliance-ports.ts'
import type { EvidenceTrust } from './evidence.ts'
import { InitiatorRun } from './initiator-run.ts'
import type { SessionGrant } from './messages.ts'
import type { HandshakeRegistry } from './registry.ts'
import type { ShownSvid } from './svid-evidence.ts'
import type { OwnSvids } from './svid-ports.ts'

/** What an initiator is made with. */
export interface InitiatorOptions {
  /** The own DID; the wallet has its `authentication` key. */
  readonly did: string
  /** The DID that must answer. */
  readonly peer: string
  /** Signs, and holds the evidence with its release rules. */
  readonly wallet: Wallet
  /** What the responder's evidence is judged with. */
  readonly evidence: EvidenceTrust
  /**
   * What is asked of the responder. Its `channel.binding`, `if-present` where it says nothing, is also how this side
   * stands to the binding.
   */
  readonly demand: Demand
  /** The own SVIDs, for a responder that asks. */
  readonly svids?: OwnSvids
  /** Makes compliance proofs for a responder that asks. Without it none is shown. */
  readonly compliance?: ComplianceEvidenceSource
  /**
   * Whether the responder sees a fresh `did:key` in place of the own DID, and nothing that would lead to it: no
   * credential and no SVID of the own DID, and compliance proofs for the fresh key alone. Defaults to false.
   */
  readonly isPairwise?: boolean
  /** The authorization details wanted, RFC 9396; 1 to 32. */
  readonly request: readonly AuthorizationDetail[]
  /** Versions and suites. Defaults to all of this release. */
  readonly registry?: HandshakeRegistry
  /** Defaults to the system clock. */
  readonly clock?: Clock
}

/** A session that the responder has opened, and whose responder has met the demand. */
export interface EstablishedSession {
  /** What the responder granted. */
  readonly grant: SessionGrant
  /** The key that the session is bound to; it signs the DPoP proofs. */
  readonly sessionKey: Signer
  /** The DID under which the responder knows this side: the own one, or a pairwise one. */
  readonly did: string
  /** The responder's DID. */
  readonly peer: string
  /** The responder's verified credentials. */
  readonly credentials: readonly VerifiedCredential[]
  /** The responder's verified SVIDs. The session must not be used after the first of them ends. */
  readonly svids: readonly ShownSvid[]
  /** How the responder met the demand. */
  readonly verdict: Verdict
  /** What the responder asked; of it, a fresh posture may be asked again. */
  readonly asked: Demand
}

/** The initiator's side of one run. Its methods are called once each, in this order. */
export interface Initiator {
  /** Message 1, the body of the first POST. */
  hello(): Promise<string>
  /**
   * Takes message 2 and gives message 3, the body of the second POST.
   *
   * @param channel The TLS 1.3 connection that message 1 was sent over, and that message 3 will be. Without it nothing is
   *   bound to the connection.
   * @throws {TrustError} `COMITY_CHANNEL_BINDING_UNSUPPORTED` when one side requires a binding and there is no `channel`;
   *   nothing has left then.
   * @throws The offer does not pass its checks, or asks for what the wallet cannot show
   *   (`COMITY_DEMAND_UNMET`), or for a pseudonym that is not for it (`COMITY_ZK_DOMAIN_FOREIGN`); nothing has left then.
   */
  present(offer: Uint8Array, channel?: Channel): Promise<string>
  /**
   * Takes message 4.
   *
   * @throws {PeerError} `COMITY_PEER_REJECTED`: the responder said no, and signed it.
   * @throws The answer does not pass its checks, or does not meet the demand.
   */
  finish(answer: Uint8Array): Promise<EstablishedSession>
}

/** Makes the initiator's side of one run. The session key is generated fresh for it. */
export function createInitiator(options: InitiatorOptions): Initiator {
  const run = new InitiatorRun(options)
  return {
    hello: () => run.hello(),
    present: (offer, channel) => run.present(offer, channel),
    finish: (answer) => run.finish(answer),
  }
}
