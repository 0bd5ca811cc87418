import { evaluateDemand, parseDemand, type Demand, type Facts } from '../demand/index.ts'
import { ComityError, PolicyError } from '../errors/index.ts'
import { parseJwtSvid, type SpiffeId } from '../spiffe/index.ts'
import { answerDemand, type AnsweringContext, type DemandAnswer } from './answer-demand.ts'
import type { Occasion } from './binding.ts'
import { MAX_EVIDENCE, type EvidenceItem } from './messages.ts'
import { releaseFacts } from './shown-evidence.ts'
import { JWT_SVID_FORMAT, TLS_SVID_FORMAT, X509_SVID_FORMAT } from './svid-evidence.ts'
import { runAudience } from './svid-names.ts'
import type { OwnSvids } from './svid-ports.ts'
import { proveX509Svid } from './svid-proof.ts'

/** Who shows an SVID to whom, in which message. */
export interface SvidAnswerContext {
  /** The own SVIDs; undefined where there are none. */
  readonly svids: OwnSvids | undefined
  /** What the peer has proven: {@link OwnSvids.release} is held against it. */
  readonly peer: Facts
  /** The message that will carry it. */
  readonly occasion: Occasion
  /** The SPIFFE ID of the SVID that was offered in TLS on the connection that the message is bound to. */
  readonly tlsId: SpiffeId | undefined
  /** The current time in seconds since the epoch. */
  readonly now: number
}

/**
 * Answers a peer's demand from the wallet, and with an SVID where it asks for one.
 *
 * @throws {PolicyError} `COMITY_WALLET_KEY_UNKNOWN`, `COMITY_SPIFFE_DEMAND_UNMET`.
 */
export async function answerInFull(
  demand: Demand,
  options: AnsweringContext & {
    readonly svids: OwnSvids | undefined
    /** As in {@link SvidAnswerContext}. */
    readonly tlsId?: SpiffeId | undefined
  },
): Promise<DemandAnswer> {
  const { svids, shown, occasion, tlsId, now } = options
  const answer = await answerDemand(demand, options)
  if (answer.evidence === undefined) return answer
  const peer = releaseFacts(occasion.verifier, shown)
  return {
    ...answer,
    evidence: await answerWithSvid(demand, answer.evidence, { svids, peer, occasion, tlsId, now }),
  }
}

/**
 * Adds an SVID to the evidence for a demand that asks for one: the X.509-SVID where there is one, else the one of the TLS
 * connection, else a JWT-SVID. One that the demand does not accept is not shown, for it would tell who runs here and be of no use.
 *
 * @returns The evidence; as it was where the demand asks for no SVID, or for one only if there is one to show.
 * @throws {PolicyError} `COMITY_SPIFFE_DEMAND_UNMET` when one is required and there is none that may be shown.
 * @throws {ComityError} What the source of the SVID throws, where one is required.
 */
export async function answerWithSvid(
  demand: Demand,
  evidence: readonly EvidenceItem[],
  context: SvidAnswerContext,
): Promise<readonly EvidenceItem[]> {
  const { spiffe } = demand
  if (spiffe === undefined) return evidence
  const isOptional = spiffe.svid === 'if-present'
  const shown = mayShow(context) ? await unlessUnavailable(show(demand, context), isOptional) : undefined
  if (shown !== undefined && evidence.length < MAX_EVIDENCE) return [...evidence, shown]
  if (isOptional) return evidence
  throw new PolicyError('COMITY_SPIFFE_DEMAND_UNMET', 'there is no SVID to show that the peer would accept', {
    spec: 'comity handshake, evidence',
  })
}

/** The SVID that a responder shows in its offer, where it was told to and its source has one. */
export async function publicSvid(
  svids: OwnSvids | undefined,
  occasion: Occasion,
  now: number,
): Promise<readonly EvidenceItem[]> {
  const source = svids?.inOffer === true ? svids.x509 : undefined
  if (source === undefined) return []
  const prove = async (): Promise<string> => proveX509Svid(source.getX509Svid(), occasion, now)
  const value = await unlessUnavailable(prove(), true)
  return value === undefined ? [] : [item(X509_SVID_FORMAT, value)]
}

/**
 * Refuses options for own SVIDs that contradict each other.
 *
 * @throws {TypeError} There is no source, or what is shown to anyone has a release rule or is no X.509-SVID.
 */
export function assertOwnSvids({ x509, jwt, tls, release, inOffer = false }: OwnSvids): void {
  if (x509 === undefined && jwt === undefined && tls === undefined) {
    throw new TypeError('svids must have a source: x509, tls or jwt')
  }
  if (tls !== undefined && release !== undefined) {
    throw new TypeError('svids.tls is shown before anything can be asked: it cannot have svids.release')
  }
  if (inOffer && (x509 === undefined || release !== undefined)) {
    throw new TypeError('svids.inOffer needs svids.x509, and no svids.release')
  }
  if (release !== undefined) parseDemand(release)
}

function mayShow({ svids, peer, now }: SvidAnswerContext): boolean {
  if (svids?.release === undefined) return svids !== undefined
  return evaluateDemand(svids.release, peer, { now }).met
}

async function show(demand: Demand, context: SvidAnswerContext): Promise<EvidenceItem | undefined> {
  const { svids, occasion, tlsId, now } = context
  const svid = svids?.x509?.getX509Svid()
  if (svid !== undefined && isAccepted(demand, svid.id, context)) {
    return item(X509_SVID_FORMAT, await proveX509Svid(svid, occasion, now))
  }
  if (tlsId !== undefined && isAccepted(demand, tlsId, context)) return item(TLS_SVID_FORMAT, tlsId.uri)
  if (svids?.jwt === undefined) return undefined
  const { token } = await svids.jwt.fetchJwtSvid({ audience: runAudience(occasion) })
  return isAccepted(demand, parseJwtSvid(token).id, context) ? item(JWT_SVID_FORMAT, token) : undefined
}

function isAccepted({ spiffe }: Demand, id: SpiffeId, { occasion, now }: SvidAnswerContext): boolean {
  if (spiffe === undefined) return false
  const demand = parseDemand({ spiffe: { ...spiffe, svid: 'required' } })
  return evaluateDemand(demand, { did: occasion.presenter, credentials: [], spiffeIds: [id.uri] }, { now })
    .met
}

/** Who must not show an SVID goes on without one when its source has none just now. */
async function unlessUnavailable<Value>(
  value: Promise<Value>,
  isOptional: boolean,
): Promise<Value | undefined> {
  try {
    return await value
  } catch (error) {
    if (isOptional && error instanceof ComityError) return undefined
    throw error
  }
}

function item(format: string, value: string): EvidenceItem {
  return { query: undefined, format, value }
}
