import type { Demand } from '../demand/index.ts'
import type { DidDocument } from '../did/index.ts'
import { PeerError, PolicyError, VerificationError } from '../errors/index.ts'
import { generateSigner, type Signer } from '../keys/index.ts'
import type { FetchBudget } from '../net/index.ts'
import { randomBytes, systemClock, type Clock } from '../runtime/index.ts'
import { handshakeBudget } from './bounds.ts'
import { openBox, sealBox } from './box.ts'
import { helloClear, parseOfferClear, parseSidClear, type OfferClear } from './clear-parts.ts'
import type { Occasion } from './binding.ts'
import { channelClaim, type Channel, type ChannelExpectation } from './channel.ts'
import { encodeClear, encodeEnvelope, parseBoxedEnvelope } from './envelope.ts'
import { assertDemandMet, credentialsOf } from './evidence.ts'
import { identityFor } from './initiator-identity.ts'
import { bindingAt, isBindingWanted, ownChannel, responderBinding } from './initiator-channel.ts'
import type { EstablishedSession, InitiatorOptions } from './initiator.ts'
import { deriveKeys, type KeySchedule } from './key-schedule.ts'
import {
  evidenceClaim,
  parseAnswerClaims,
  parseOfferClaims,
  type AnswerClaims,
  type OfferClaims,
} from './messages.ts'
import { assertOwnSession } from './own-session.ts'
import { assertNoDowngrade, defaultRegistry, supportedBy, type HandshakeRegistry } from './registry.ts'
import { isRefusalReason } from './reasons.ts'
import { proveSessionKey } from './session-key.ts'
import { judgeShown, shownFacts, type ShownContext, type ShownEvidence } from './shown-evidence.ts'
import { signMessage, verifyMessage, type CheckedMessage, type MessageName } from './signed-message.ts'
import type { PendingAgreement } from './suite.ts'
import { answerInFull } from './svid-answer.ts'
import { unknownVerifier } from './svid-names.ts'
import { extendTranscript, transcriptOfClear } from './transcript.ts'

/** The state between hello and offer. */
interface Greeted {
  readonly clear: Uint8Array
  readonly pending: ReadonlyMap<string, PendingAgreement>
}

/** The state between present and answer. */
interface Presented {
  readonly offer: OfferClear
  readonly keys: KeySchedule
  /** `H4`. */
  readonly hash: Uint8Array
  /** What the `cb` of the answer must be. */
  readonly answerCb: string | undefined
  readonly peer: CheckedMessage
  readonly shown: ShownEvidence
  /** What the responder asks. */
  readonly asked: Demand
  readonly sessionKey: Signer
  readonly sessionJkt: string
}

/** The protocol machine behind `createInitiator`: each message moves it one state on. */
export class InitiatorRun {
  readonly #options: InitiatorOptions
  readonly #registry: HandshakeRegistry
  readonly #clock: Clock
  readonly #budget: FetchBudget
  #greeted: Greeted | undefined
  #presented: Presented | undefined
  #document: Promise<DidDocument> | undefined
  /** The own DID; a pairwise one from `present()` on. */
  #did: string

  constructor(options: InitiatorOptions) {
    if (options.did === options.peer) throw new TypeError('options.peer must not be options.did')
    if (options.request.length === 0) throw new TypeError('options.request must not be empty')
    this.#options = options
    this.#did = options.did
    this.#registry = options.registry ?? defaultRegistry
    this.#clock = options.clock ?? systemClock
    this.#budget = handshakeBudget()
  }

  /**
   *
   */
  async hello(): Promise<string> {
    if (this.#greeted !== undefined) throw new TypeError('hello() was called before')
    const { versions, suites } = this.#registry
    const started = await Promise.all(suites.map(async (suite) => [suite.name, await suite.start()] as const))
    const clear = encodeClear(
      helloClear({
        versions,
        suites: suites.map(({ name }) => name),
        shares: new Map(started.map(([name, { share }]) => [name, share])),
        nonce: randomBytes(32),
        to: this.#options.peer,
      }),
    )
    this.#greeted = { clear, pending: new Map(started) }
    return encodeEnvelope(clear)
  }

  /**
   *
   */
  async present(body: Uint8Array, connection?: Channel): Promise<string> {
    const greeted = this.#greeted
    if (greeted === undefined || this.#presented !== undefined) {
      throw new TypeError('present() comes once, after hello()')
    }
    const { demand } = this.#options
    const channel = ownChannel(demand, connection)
    const envelope = parseBoxedEnvelope(body)
    const offer = parseOfferClear(envelope.clear)
    const { keys, hash } = await this.#agree(greeted, offer, envelope.clearBytes)
    const jws = await openBox(envelope.box, keys.r2i, { sid: offer.sid, dir: 'r2i', seq: 0 })
    const place = this.#responderOccasion(offer.version, hash, '')
    const binding = responderBinding(demand, bindingAt(channel, place))
    const peer = await this.#verify(jws, ['offer'], hash, binding)
    const claims = parseOfferClaims(peer.claims)
    assertNoDowngrade(this.#registry, claims.supported, offer)
    const bindsTo = isBindingWanted(demand, claims.demand, channel) ? channel : undefined
    const occasion = this.#responderOccasion(
      offer.version,
      hash,
      unknownVerifier(offer.version, greeted.clear),
    )
    const shown = await judgeShown(claims.evidence, occasion, this.#evidenceContext(peer), undefined)
    const next = extendTranscript(hash, jws)
    return this.#answer({ offer, keys, hash: next, peer, shown, claims, channel, bindsTo })
  }

  async #agree(
    { clear, pending }: Greeted,
    offer: OfferClear,
    offerBytes: Uint8Array,
  ): Promise<{ keys: KeySchedule; hash: Uint8Array }> {
    const agreement = pending.get(offer.suite)
    if (agreement === undefined || !this.#registry.versions.includes(offer.version)) {
      throw new VerificationError('COMITY_HANDSHAKE_STATE', 'the offer takes what the hello did not offer')
    }
    const secret = await agreement.finish(offer.share)
    const hash = transcriptOfClear(offer.version, clear, offerBytes)
    return { keys: deriveKeys(offer.version, secret, hash), hash }
  }

  async #answer(run: {
    readonly offer: OfferClear
    readonly keys: KeySchedule
    readonly hash: Uint8Array
    readonly peer: CheckedMessage
    readonly shown: ShownEvidence
    readonly claims: OfferClaims
    /** The connection that the answer will come over. */
    readonly channel: Channel | undefined
    /** The same, where the message is to be bound to it. */
    readonly bindsTo: Channel | undefined
  }): Promise<string> {
    const { peer, wallet, demand, request, isPairwise = false } = this.#options
    const { offer, keys, hash, claims, shown, channel, bindsTo } = run
    const { did, signer, proofs } = await identityFor(claims.demand, this.#options)
    this.#did = did
    const now = this.#clock.now()
    const svids = isPairwise ? undefined : this.#options.svids
    const { version } = offer
    const occasion = { version, hash, presenter: did, role: 'initiator', verifier: peer } as const
    const showing = { wallet, signer, proofs, svids, shown, occasion, now }
    const answer = await answerInFull(claims.demand, { ...showing, tlsId: svids && bindsTo?.ownId })
    if (answer.evidence === undefined) throw noAnswer(answer.unanswered)
    const sessionKey = await generateSigner({ alg: 'Ed25519' })
    const jws = await signMessage({
      name: 'present',
      signer: answer.signer,
      issuer: did,
      audience: peer,
      hash,
      now,
      claims: {
        supported: { ...supportedBy(this.#registry) },
        evidence: evidenceClaim(answer.evidence),
        demand: demand as never,
        request,
        cnf: { jwk: { ...sessionKey.publicJwk } },
        cnf_proof: await proveSessionKey(sessionKey, { hash, initiator: did, responder: peer, now }),
        ...channelClaim(bindingAt(bindsTo, occasion)),
      },
    })
    const next = extendTranscript(hash, jws)
    this.#presented = {
      offer,
      keys,
      hash: next,
      // Now, for the responder may end the connection with its answer.
      answerCb: bindingAt(channel, this.#responderOccasion(version, next, did)),
      peer: run.peer,
      shown,
      asked: claims.demand,
      sessionKey,
      sessionJkt: sessionKey.kid,
    }
    const box = await sealBox(jws, keys.i2r, { sid: offer.sid, dir: 'i2r', seq: 0 })
    return encodeEnvelope(encodeClear({ sid: offer.sid }), box)
  }

  /**
   *
   */
  async finish(body: Uint8Array): Promise<EstablishedSession> {
    const presented = this.#presented
    if (presented === undefined) throw new TypeError('finish() comes after present()')
    const envelope = parseBoxedEnvelope(body)
    const { offer, keys, hash, peer, answerCb } = presented
    if (parseSidClear(envelope.clear) !== offer.sid) {
      throw new VerificationError('COMITY_HANDSHAKE_STATE', 'the answer is of another run')
    }
    const jws = await openBox(envelope.box, keys.r2i, { sid: offer.sid, dir: 'r2i', seq: 1 })
    const message = await this.#verify(
      jws,
      ['accept', 'reject'],
      hash,
      responderBinding(this.#options.demand, answerCb),
      peer,
    )
    const claims = parseAnswerClaims(message.name === 'accept' ? 'accept' : 'reject', message.claims)
    if (claims.kind === 'reject') {
      throw new PeerError('COMITY_PEER_REJECTED', 'the peer rejects the handshake', {
        details: { reason: isRefusalReason(claims.reason) ? claims.reason : 'unknown' },
      })
    }
    return this.#establish(presented, claims, message)
  }

  async #establish(
    presented: Presented,
    claims: Extract<AnswerClaims, { kind: 'accept' }>,
    message: CheckedMessage,
  ): Promise<EstablishedSession> {
    const now = this.#clock.now()
    assertOwnSession(claims.session, presented, now)
    const { peer, demand } = this.#options
    const { hash, offer } = presented
    const occasion = this.#responderOccasion(offer.version, hash, this.#did)
    const context = this.#evidenceContext(message)
    const shown = await judgeShown(claims.evidence, occasion, context, presented.shown)
    const verdict = assertDemandMet(demand, shownFacts(peer, shown), now)
    return Object.freeze({
      grant: claims.session,
      sessionKey: presented.sessionKey,
      did: this.#did,
      peer,
      credentials: credentialsOf(shown.credentials),
      svids: shown.svids,
      verdict,
      asked: presented.asked,
    })
  }

  async #verify(
    jws: string,
    names: readonly MessageName[],
    hash: Uint8Array,
    channel: ChannelExpectation,
    before?: CheckedMessage,
  ): Promise<CheckedMessage> {
    const { peer, evidence } = this.#options
    return verifyMessage(jws, {
      names,
      hash,
      self: this.#did,
      addressed: before !== undefined,
      peer: { did: peer, ...(before === undefined ? {} : { kid: before.kid }) },
      documentOf: (issuer) =>
        (this.#document ??= evidence.resolver.resolveDocument(issuer, { budget: this.#budget })),
      channel,
      now: this.#clock.now(),
    })
  }

  #responderOccasion(version: string, hash: Uint8Array, verifier: string): Occasion {
    return { version, hash, presenter: this.#options.peer, role: 'responder', verifier }
  }

  #evidenceContext({ isBound }: CheckedMessage): ShownContext {
    const { peer, evidence } = this.#options
    const connection = { isBound, svid: undefined, names: [] }
    return {
      ...evidence,
      holder: peer,
      audience: this.#did,
      now: this.#clock.now(),
      budget: this.#budget,
      connection,
    }
  }
}

function noAnswer(unanswered: readonly string[]): PolicyError {
  const details = { unanswered: unanswered.join(', ') }
  return new PolicyError('COMITY_DEMAND_UNMET', 'the wallet has, or releases, no answer', { details })
}
