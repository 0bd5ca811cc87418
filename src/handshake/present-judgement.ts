import type { VerifiedCredential } from '../credentials/index.ts'
import type { Demand, Verdict } from '../demand/index.ts'
import { controllersOf, parseDid, type DidDocument } from '../did/index.ts'
import { PolicyError, VerificationError } from '../errors/index.ts'
import type { Wallet } from '../wallet/index.ts'
import { handshakeBudget } from './bounds.ts'
import type { Occasion } from './binding.ts'
import {
  assertSameChannel,
  bindingRequired,
  channelBinding,
  channelPolicyOf,
  type Channel,
  type ChannelExpectation,
} from './channel.ts'
import { assertDemandMet, credentialsOf, type EvidenceTrust } from './evidence.ts'
import { parsePresentClaims, type EvidenceItem, type PresentClaims } from './messages.ts'
import type { CheckPhase } from './reasons.ts'
import type { VerifiedComplianceProof } from '../zk/index.ts'
import { assertNoDowngrade, type HandshakeRegistry } from './registry.ts'
import type { OpenRun } from './run-record.ts'
import { answerInFull } from './svid-answer.ts'
import type { ConnectionFacts, ShownSvid } from './svid-evidence.ts'
import type { OwnSvids } from './svid-ports.ts'
import { verifySessionKey } from './session-key.ts'
import { judgeShown, NOTHING_SHOWN, shownFacts, type ShownEvidence } from './shown-evidence.ts'
import { verifyMessage, type CheckedMessage } from './signed-message.ts'
import { extendTranscript } from './transcript.ts'

/** How far the judgement of a `present` has come: what a refusal may say, and whom the log names. */
export interface JudgementProgress {
  /** The checks under way. */
  phase: CheckPhase
  /** The initiator's DID, once its signature over this run was verified. */
  peer: string | undefined
}

/** A `present` that passed every check. */
export interface JudgedPresent {
  readonly initiator: string
  readonly document: DidDocument
  /** The DIDs that the initiator's document names as its controllers: its organization. */
  readonly controllers: readonly string[]
  /** Thumbprint of the proven session key. */
  readonly jkt: string
  readonly claims: PresentClaims
  readonly credentials: readonly VerifiedCredential[]
  readonly svids: readonly ShownSvid[]
  readonly proofs: readonly VerifiedComplianceProof[]
  readonly verdict: Verdict
  /** The responder's evidence for the initiator's demand. */
  readonly disclosure: readonly EvidenceItem[]
}

/** What a `present` is judged with. */
export interface JudgementContext {
  readonly did: string
  readonly wallet: Wallet
  /** The own SVIDs. */
  readonly svids: OwnSvids | undefined
  readonly evidence: EvidenceTrust
  /** The responder's demand, as sent in the offer. */
  readonly demand: Demand
  readonly registry: HandshakeRegistry
  /** The connection that brought the message, where it is known here and counts. */
  readonly channel: Channel | undefined
  readonly now: number
}

/**
 * Judges the JWS of a `present`: message, negotiation, session key, evidence, both demands, in this order.
 *
 * @param progress Is kept up to date, so that a refusal is told coarsely and logged finely.
 * @throws {ComityError} The first check that fails.
 */
export async function judgePresent(
  jws: string,
  run: OpenRun,
  context: JudgementContext,
  progress: JudgementProgress,
): Promise<JudgedPresent> {
  const budget = handshakeBudget()
  const { did, evidence, now } = context
  const message = await verifyMessage(jws, {
    names: ['present'],
    hash: run.hash,
    self: did,
    addressed: true,
    documentOf: (issuer) => evidence.resolver.resolveDocument(issuer, { budget }),
    channel: expectedBinding(run, context),
    now,
  })
  progress.peer = message.issuer
  if (message.isBound) assertSameChannel(run.channel, context.channel)
  const claims = parsePresentClaims(message.claims)
  assertNoDowngrade(context.registry, claims.supported, run)
  assertPairwiseIfUnaddressed(run, message.issuer)
  const jkt = await proveKey(claims, message, run, context)

  progress.phase = 'evidence'
  const { version, hash } = run
  const shownAt = { version, hash, presenter: message.issuer, role: 'initiator', verifier: did } as const
  const judging = {
    ...evidence,
    holder: message.issuer,
    audience: did,
    now,
    budget,
    connection: connectionFacts(message, context),
    proving: { demand: context.demand, key: message.key },
  }
  const shown = await judgeShown(claims.evidence, shownAt, judging, NOTHING_SHOWN)
  const verdict = assertDemandMet(context.demand, shownFacts(message.issuer, shown), now)

  progress.phase = 'agreement'
  const occasion = answerOccasion(run, jws, did, message.issuer)
  const disclosure = await disclose(claims.demand, shown, occasion, context)
  return {
    initiator: message.issuer,
    document: message.document,
    controllers: controllersOf(message.document),
    jkt,
    claims,
    credentials: credentialsOf(shown.credentials),
    svids: shown.svids,
    proofs: shown.proofs,
    verdict,
    disclosure,
  }
}

/** The message that answers a `present`. */
function answerOccasion({ version, hash }: OpenRun, jws: string, did: string, peer: string): Occasion {
  return { version, hash: extendTranscript(hash, jws), presenter: did, role: 'responder', verifier: peer }
}

/** What the `cb` of a `present` must be: of this connection, by its signer. */
function expectedBinding(
  { version, hash }: OpenRun,
  { channel, demand }: JudgementContext,
): ChannelExpectation {
  return {
    of: channel && ((presenter) => channelBinding(channel, { version, hash, presenter, role: 'initiator' })),
    isRequired: channelPolicyOf(demand) === 'required',
    ignoresUnknown: false,
  }
}

function connectionFacts(
  { isBound, document }: CheckedMessage,
  { channel }: JudgementContext,
): ConnectionFacts {
  return { isBound, svid: channel?.peerSvid, names: document.alsoKnownAs }
}

/** Without `to` the initiator tells whoever answers, so only a pairwise DID may do so. */
function assertPairwiseIfUnaddressed(run: OpenRun, initiator: string): void {
  if (!run.addressed && parseDid(initiator).method !== 'key') {
    throw new VerificationError(
      'COMITY_HANDSHAKE_PEER_MISMATCH',
      'a hello without `to` needs a pairwise DID',
      {
        spec: 'comity handshake, messages',
      },
    )
  }
}

async function proveKey(
  claims: PresentClaims,
  message: CheckedMessage,
  run: OpenRun,
  { did, now }: JudgementContext,
): Promise<string> {
  return verifySessionKey(claims.cnfJwk, claims.cnfProof, {
    hash: run.hash,
    initiator: message.issuer,
    responder: did,
    now,
  })
}

async function disclose(
  demand: Demand,
  shown: ShownEvidence,
  occasion: Occasion,
  { wallet, svids, channel, now }: JudgementContext,
): Promise<readonly EvidenceItem[]> {
  if (channelPolicyOf(demand) === 'required' && channel === undefined) {
    throw bindingRequired('the initiator requires a binding to the connection, which cannot be had here')
  }
  const { evidence } = await answerInFull(demand, { wallet, svids, shown, occasion, now })
  if (evidence !== undefined) return evidence
  throw new PolicyError('COMITY_DEMAND_UNMET', 'the own wallet has, or releases, no answer to the demand')
}
