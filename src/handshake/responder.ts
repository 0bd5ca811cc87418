import type { AuthorizationDetail } from '../authorization/index.ts'
import type { VerifiedCredential } from '../credentials/index.ts'
import type { Demand, Verdict } from '../demand/index.ts'
import type { Clock, Timers } from '../runtime/index.ts'
import type { Store } from '../store/index.ts'
import type { Wallet } from '../wallet/index.ts'
import type { VerifiedComplianceProof } from '../zk/index.ts'
import type { Channel } from './channel.ts'
import type { HANDSHAKE_MEDIA_TYPE } from './envelope.ts'
import type { EvidenceTrust } from './evidence.ts'
import type { HandshakeLimits } from './limits.ts'
import type { SessionGrant } from './messages.ts'
import type { RefusalReason } from './reasons.ts'
import type { HandshakeRegistry } from './registry.ts'
import { ResponderMachine } from './responder-machine.ts'
import type { OwnSvids } from './svid-ports.ts'
import type { ShownSvid } from './svid-evidence.ts'

/** A run that passed every check: what a session is opened from. */
export interface EstablishedRun {
  /** The session's identifier, derived from the run. */
  readonly id: string
  /** The initiator's DID. */
  readonly initiator: string
  /** The DIDs that the initiator's document names as its controllers. */
  readonly controllers: readonly string[]
  /** Thumbprint of the session key that the session must be bound to. */
  readonly jkt: string
  /** The authorization details wanted. */
  readonly request: readonly AuthorizationDetail[]
  /** The initiator's verified credentials. */
  readonly credentials: readonly VerifiedCredential[]
  /** The initiator's verified SVIDs. */
  readonly svids: readonly ShownSvid[]
  /** The initiator's verified compliance proofs. */
  readonly compliance: readonly VerifiedComplianceProof[]
  /** How the demand was met. */
  readonly verdict: Verdict
  /** Seconds since the epoch: the first of the evidence ends then, and the session no later. */
  readonly evidenceExpiresAt: number
  /**
   * Seconds since the epoch: when the judgement of the evidence began. What was revoked since then counts against the
   * run.
   */
  readonly now: number
}

/** How one message ended, for log and audit. Never sent to the peer. */
export type HandshakeOutcome =
  | {
      readonly kind: 'accepted'
      /** Whom the message was counted for. */
      readonly source: string
      /** What the session was opened from. */
      readonly run: EstablishedRun
    }
  | {
      readonly kind: 'refused'
      /** Whom the message was counted for. */
      readonly source: string
      /** What the peer was told. */
      readonly reason: RefusalReason
      /** What was thrown: a ComityError, or a fault of this side's own. */
      readonly error: unknown
      /** The initiator, where its signature was verified. */
      readonly peer: string | undefined
    }

/** What a responder is made with. */
export interface ResponderOptions {
  /** The own DID; the wallet has its `authentication` key. */
  readonly did: string
  /** Signs, and holds the evidence with its release rules. */
  readonly wallet: Wallet
  /** What the initiator's evidence is judged with. */
  readonly evidence: EvidenceTrust
  /** The own SVIDs, for an initiator that asks. */
  readonly svids?: OwnSvids
  /**
   * What is asked of every initiator. Its `channel.binding`, `if-present` where it says nothing, is also how this side
   * stands to the binding: with `required` a hello over a connection that is not known here is refused.
   *
   * A function where it changes: it is asked for each hello, and a run is judged by what it was offered with. What it
   * throws refuses the hello. `channel` must not change.
   */
  readonly demand: Demand | (() => Demand)
  /** Holds the runs under way. */
  readonly store: Store
  /**
   * Opens the session of a run that passed every check; a ComityError from here rejects the run with
   * `policy`. Its `id` and `jkt` are those of the run, and it ends in at most 900 seconds.
   */
  openSession(run: EstablishedRun): Promise<Omit<SessionGrant, 'id' | 'jkt'>>
  /** Told of every ending, good or bad, before the peer is: what it throws keeps an `accept` from leaving. */
  onOutcome?(outcome: HandshakeOutcome): Promise<void>
  /** Versions and suites. Defaults to all of this release. */
  readonly registry?: HandshakeRegistry
  /** Limits of this process. */
  readonly limits?: HandshakeLimits
  /** Defaults to the system clock. */
  readonly clock?: Clock
  /** Defaults to the system's timers. */
  readonly timers?: Timers
}

/** The HTTP answer to a message. */
export interface ResponderAnswer {
  /** 200 for every boxed answer; 400, 429 or 500 with a problem. */
  readonly status: 200 | 400 | 429 | 500
  /** The `Content-Type`. */
  readonly mediaType: typeof HANDSHAKE_MEDIA_TYPE | 'application/problem+json'
  /** The body, JSON. */
  readonly body: string
}

/** What is known of the request that brought a message. */
export interface MessageContext {
  /** Whom to count it for, such as the remote address. */
  readonly source: string
  /** The TLS connection that brought it; undefined where TLS does not end here, or is older than 1.3. */
  readonly channel?: Channel
}

/** The responder's side of the handshake. */
export interface Responder {
  /**
   * Answers one message. Never throws for what a peer sends.
   *
   * @param body The HTTP body as received.
   * @param context See {@link MessageContext}.
   */
  receive(body: Uint8Array, context: MessageContext): Promise<ResponderAnswer>
  /**
   * The demand that a hello over the same connection would be offered now.
   *
   * @throws {ComityError} A hello would be refused.
   */
  currentDemand(context: MessageContext): Demand
}

/** Makes the responder's side of the handshake. */
export function createResponder(options: ResponderOptions): Responder {
  const responder = new ResponderMachine(options)
  return {
    receive: (body, context) => responder.receive(body, context),
    currentDemand: (context) => responder.currentDemand(context),
  }
}
