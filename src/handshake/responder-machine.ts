import { zkQueriesOf, type Demand } from '../demand/index.ts'
import { ComityError, PolicyError } from '../errors/index.ts'
import { parseJws } from '../keys/index.ts'
import { randomBytes, randomId, systemClock, systemTimers, type Clock } from '../runtime/index.ts'
import { MAX_SESSION_SECONDS } from './bounds.ts'
import { openBox, sealBox } from './box.ts'
import {
  bindingWhileOpen,
  channelClaim,
  demandOver,
  seenChannel,
  usableChannel,
  type Channel,
} from './channel.ts'
import { proofsExpireAt } from './compliance-evidence.ts'
import { offerClear, parseHello, parseSidClear, type Hello } from './clear-parts.ts'
import { publicEvidence } from './disclosure.ts'
import {
  encodeClear,
  encodeEnvelope,
  HANDSHAKE_MEDIA_TYPE,
  parseEnvelope,
  type Envelope,
} from './envelope.ts'
import { deriveKeys, deriveSessionId } from './key-schedule.ts'
import { createLimiter, type Limiter } from './limits.ts'
import { evidenceClaim, sessionClaim } from './messages.ts'
import { judgePresent, type JudgedPresent, type JudgementProgress } from './present-judgement.ts'
import { refusalReason, type RefusalReason } from './reasons.ts'
import { choose, defaultRegistry, supportedBy, type HandshakeRegistry } from './registry.ts'
import type { EstablishedRun, MessageContext, ResponderAnswer, ResponderOptions } from './responder.ts'
import type { OpenRun } from './run-record.ts'
import { createRunRepository, RUN_SECONDS, type RunRepository } from './runs.ts'
import { signMessage, type MessageName } from './signed-message.ts'
import { publicSvid } from './svid-answer.ts'
import { svidsExpireAt } from './svid-evidence.ts'
import { unknownVerifier } from './svid-names.ts'
import { extendTranscript, transcriptOfClear } from './transcript.ts'

/** Where a message comes from, as far as it counts here. */
interface Origin {
  readonly source: string
  readonly channel: Channel | undefined
}

/** What an answer is made with. */
interface Decision {
  /** `H4`. */
  readonly hash: Uint8Array
  readonly source: string
  readonly now: number
  /** The answer's binding to the connection. */
  readonly cb: string | undefined
}

/** The protocol machine behind `createResponder`; what it remembers between messages is in the store. */
export class ResponderMachine {
  readonly #options: ResponderOptions
  readonly #registry: HandshakeRegistry
  readonly #clock: Clock
  readonly #limiter: Limiter
  readonly #runs: RunRepository

  constructor(options: ResponderOptions) {
    const { registry = defaultRegistry, clock = systemClock, timers = systemTimers } = options
    this.#options = options
    this.#registry = registry
    this.#clock = clock
    this.#limiter = createLimiter(options.limits ?? {}, RUN_SECONDS)
    this.#runs = createRunRepository({ store: options.store, clock, timers })
  }

  /**
   *
   */
  async receive(body: Uint8Array, { source, channel }: MessageContext): Promise<ResponderAnswer> {
    try {
      const from = { source, channel: usableChannel(this.#demand(), channel) }
      const envelope = parseEnvelope(body)
      const answer =
        envelope.box === undefined
          ? await this.#offer(envelope, from)
          : await this.#answer({ ...envelope, box: envelope.box }, body, from)
      return { status: 200, mediaType: HANDSHAKE_MEDIA_TYPE, body: answer }
    } catch (error) {
      const reason = refusalReason(error, 'message')
      await this.#report(source, reason, error, undefined)
      return problem(reason)
    }
  }

  /**
   *
   */
  currentDemand({ channel }: MessageContext): Demand {
    const demand = this.#demand()
    return demandOver(usableChannel(demand, channel), demand)
  }

  #demand(): Demand {
    const { demand } = this.#options
    return typeof demand === 'function' ? demand() : demand
  }

  async #offer(envelope: Envelope, { source, channel }: Origin): Promise<string> {
    const sid = randomId()
    this.#limiter.admit(source, sid, this.#clock.now())
    try {
      return await this.#offerRun(envelope, sid, channel)
    } catch (error) {
      this.#limiter.forget(sid)
      throw error
    }
  }

  async #offerRun(
    { clear, clearBytes }: Envelope,
    sid: string,
    channel: Channel | undefined,
  ): Promise<string> {
    const { did, wallet, svids } = this.#options
    const hello = parseHello(clear)
    const demand = demandOver(channel, this.#demand())
    const { version, suite, share, secret } = await this.#agree(hello)
    const offer = encodeClear(offerClear({ version, suite, share, nonce: randomBytes(32), sid }))
    const hash = transcriptOfClear(version, clearBytes, offer)
    const keys = deriveKeys(version, secret, hash)
    const now = this.#clock.now()
    const occasion = { version, hash, presenter: did, role: 'responder' } as const
    const seen = channel === undefined ? undefined : seenChannel(channel, occasion)
    const shown = [
      ...publicEvidence(await wallet.credentials(did), now),
      ...(await publicSvid(svids, { ...occasion, verifier: unknownVerifier(version, clearBytes) }, now)),
    ]
    const jws = await signMessage({
      name: 'offer',
      signer: await wallet.signer(did, 'authentication'),
      issuer: did,
      hash,
      now,
      claims: {
        supported: { ...supportedBy(this.#registry) },
        evidence: evidenceClaim(shown),
        demand: demand as never,
        ...channelClaim(seen?.cb),
      },
    })
    const addressed = hello.to !== undefined
    const next = extendTranscript(hash, jws)
    const kept = zkQueriesOf(demand).length === 0 ? undefined : demand
    await this.#runs.open({ sid, version, suite, addressed, keys, hash: next, demand: kept, channel: seen })
    return encodeEnvelope(offer, await sealBox(jws, keys.r2i, { sid, dir: 'r2i', seq: 0 }))
  }

  async #agree(
    hello: Hello,
  ): Promise<{ version: string; suite: string; share: Uint8Array; secret: Uint8Array }> {
    if (hello.to !== undefined && hello.to !== this.#options.did) {
      throw new PolicyError('COMITY_HANDSHAKE_FOREIGN_TO', 'the hello is for another DID', {
        spec: 'comity handshake, check 4',
      })
    }
    const { version, suite } = choose(this.#registry, hello)
    const { share, secret } = await suite.respond(hello.shares.get(suite.name) ?? new Uint8Array(0))
    return { version, suite: suite.name, share, secret }
  }

  async #answer(envelope: Envelope & { box: string }, body: Uint8Array, from: Origin): Promise<string> {
    const sid = parseSidClear(envelope.clear)
    const state = await this.#runs.find(sid, body)
    if (state.kind === 'answered') return state.answer
    const { run, digest, spend } = state
    const jws = await openBox(envelope.box, run.keys.i2r, { sid, dir: 'i2r', seq: 0 })
    if (!(await spend())) {
      const other = await this.#runs.find(sid, body)
      if (other.kind === 'answered') return other.answer
      throw new TypeError('a run that was spent is open again')
    }
    try {
      const answer = await this.#decide(run, jws, from)
      await this.#runs.answer(sid, digest, answer)
      return answer
    } finally {
      // Not before: each judgement may hold the largest status lists in memory, for as long as its look-ups take.
      this.#limiter.release(sid)
    }
  }

  async #decide(run: OpenRun, jws: string, { source, channel }: Origin): Promise<string> {
    const { did, wallet, svids, evidence } = this.#options
    const hash = extendTranscript(run.hash, jws)
    const progress: JudgementProgress = { phase: 'message', peer: undefined }
    const now = this.#clock.now()
    // Before anything is judged: the client may be gone when it is, and the session would be open.
    const occasion = { version: run.version, hash, presenter: did, role: 'responder' } as const
    const cb = bindingWhileOpen(channel, occasion)
    try {
      const demand = run.demand ?? this.#demand()
      const context = { channel, did, wallet, svids, evidence, demand, registry: this.#registry, now }
      const judged = await judgePresent(jws, run, context, progress)
      progress.phase = 'policy'
      return await this.#accept(run, judged, { hash, source, now, cb })
    } catch (error) {
      const reason = refusalReason(error, progress.phase)
      await this.#report(source, reason, error, progress.peer)
      return this.#seal(run, 'reject', progress.peer ?? claimedIssuer(jws), hash, {
        reason,
        ...channelClaim(cb),
      })
    }
  }

  async #accept(run: OpenRun, judged: JudgedPresent, { hash, source, now, cb }: Decision): Promise<string> {
    const { initiator, controllers, jkt, credentials, svids, proofs, verdict, claims, disclosure } = judged
    const established: EstablishedRun = {
      id: deriveSessionId(run.keys, hash),
      initiator,
      controllers,
      jkt,
      request: claims.request,
      credentials,
      svids,
      compliance: proofs,
      verdict,
      evidenceExpiresAt: Math.min(
        ...credentials.map(({ validUntil }) => validUntil),
        svidsExpireAt(svids),
        proofsExpireAt(proofs),
        Number.MAX_SAFE_INTEGER,
      ),
      now,
    }
    const grant = await this.#options.openSession(established)
    if (grant.expiresAt > Math.min(now + MAX_SESSION_SECONDS, established.evidenceExpiresAt)) {
      throw new TypeError('openSession() gave a session that outlives its evidence or 900 seconds')
    }
    const answer = await this.#seal(run, 'accept', initiator, hash, {
      evidence: evidenceClaim(disclosure),
      session: sessionClaim({ ...grant, id: established.id, jkt }),
      ...channelClaim(cb),
    })
    await this.#options.onOutcome?.({ kind: 'accepted', source, run: established })
    return answer
  }

  async #seal(
    run: OpenRun,
    name: MessageName,
    audience: string | undefined,
    hash: Uint8Array,
    claims: Parameters<typeof signMessage>[0]['claims'],
  ): Promise<string> {
    const { did, wallet } = this.#options
    const jws = await signMessage({
      name,
      signer: await wallet.signer(did, 'authentication'),
      issuer: did,
      ...(audience === undefined ? {} : { audience }),
      hash,
      now: this.#clock.now(),
      claims,
    })
    const box = await sealBox(jws, run.keys.r2i, { sid: run.sid, dir: 'r2i', seq: 1 })
    return encodeEnvelope(encodeClear({ sid: run.sid }), box)
  }

  async #report(
    source: string,
    reason: RefusalReason,
    error: unknown,
    peer: string | undefined,
  ): Promise<void> {
    await this.#options.onOutcome?.({ kind: 'refused', source, reason, error, peer })
  }
}

/** Whom a reject is for when nothing of the present was verified: it is readable within the run only. */
function claimedIssuer(jws: string): string | undefined {
  try {
    const { iss } = parseJws(jws).claims
    return typeof iss === 'string' ? iss : undefined
  } catch (error) {
    if (error instanceof ComityError) return undefined
    throw error
  }
}

function problem(reason: RefusalReason): ResponderAnswer {
  const status = reason === 'internal' ? 500 : reason === 'limit' ? 429 : 400
  const body = JSON.stringify({ type: 'about:blank', title: 'handshake refused', status, code: reason })
  return { status, mediaType: 'application/problem+json', body }
}
