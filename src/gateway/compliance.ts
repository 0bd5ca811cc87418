import { parseAuthorizationDetails, type AuthorizationDetail } from '../authorization/index.ts'
import { zkQueriesOf, type Demand } from '../demand/index.ts'
import type { ComplianceTrust } from '../handshake/index.ts'
import type { SessionCompliance, SessionRegistry } from '../session/index.ts'
import type { Store } from '../store/index.ts'
import {
  ANCHOR_DOCUMENT_MEDIA_TYPE,
  compilePredicates,
  type AnchorPublisher,
  type BabyJubJubPoint,
  type DemandTemplate,
  type VerificationKey,
  type VerifiedComplianceProof,
} from '../zk/index.ts'
import { createComplianceVerifier } from './compliance-verifier.ts'
import { publishedResponse } from './host-files.ts'
import { PATHS } from './identity.ts'
import { describeError, type GatewayLog } from './log.ts'
import type { PeerStreams } from './peer-streams.ts'

/** What a gateway takes compliance proofs with. */
export interface GatewayComplianceOptions {
  /** Publishes which issuers are accepted, epoch by epoch; in its first epoch already. The gateway does not close it. */
  readonly publisher: AnchorPublisher
  /** The key of the circuit. */
  readonly verificationKey: VerificationKey
  /** The keys of the auditors that the demand names, by DID URL. Defaults to none. */
  readonly auditors?: Readonly<Record<string, BabyJubJubPoint>>
  /**
   * What those may be granted who have proven a query, by its id: no credential is there to say it. It is cut to what was
   * asked for and what is offered, as ever. Defaults to nothing.
   */
  readonly attests?: Readonly<Record<string, readonly AuthorizationDetail[]>>
}

/** Compliance proofs, as a gateway takes them. */
export interface GatewayCompliance {
  /** Judges them. */
  readonly trust: ComplianceTrust
  /** What a proven query lets its holder be granted. */
  attestedBy(query: string): readonly AuthorizationDetail[]
  /** In how many seconds the first of the current epochs ends. */
  secondsLeft(now: number): number
}

/** In place of a list that could not be made. No list has this name: all sessions rest on others. */
const NO_ANCHORS = 'none'

/** Why a session ended whose anchors were renewed before their time. */
export const ANCHORS_RENEWED = 'anchors-renewed'

/**
 * Checks the options, and makes what judges proofs.
 *
 * @throws {TypeError} The demand names an auditor whose key is missing, or `attests` a query that it does not have.
 * @throws {VerificationError} `COMITY_AUTHORIZATION_DETAILS_INVALID` in `attests`.
 */
export function createGatewayCompliance(
  { publisher, verificationKey, auditors = {}, attests = {} }: GatewayComplianceOptions,
  demand: Demand,
  store: Store,
): GatewayCompliance {
  const queries = zkQueriesOf(demand)
  for (const { meta } of queries) {
    if (meta.auditor !== undefined && !Object.hasOwn(auditors, meta.auditor)) {
      throw new TypeError('options.compliance.auditors lacks the key of an auditor that the demand names')
    }
  }
  const attested = new Map<string, readonly AuthorizationDetail[]>()
  for (const [id, details] of Object.entries(attests)) {
    if (!queries.some((query) => query.id === id)) {
      throw new TypeError('options.compliance.attests names a query that the demand does not have')
    }
    attested.set(id, parseAuthorizationDetails(details))
  }
  return Object.freeze({
    trust: createComplianceVerifier({ publisher, verificationKey, auditors, store }),
    attestedBy: (query: string) => attested.get(query) ?? [],
    secondsLeft: (now: number) =>
      Math.min(...anchoredTypes(demand).map((type) => publisher.current(type).expiresAt)) - now,
  })
}

/** The demand as of now: with the current anchors in it, where it is a template. */
export function demandNow(
  demand: Demand | DemandTemplate,
  compliance: Pick<GatewayComplianceOptions, 'publisher'> | undefined,
): Demand {
  // Without a publisher nothing is filled in: the parser refuses a template then.
  return compliance === undefined ? (demand as Demand) : compliance.publisher.complete(demand)
}

/** What a session remembers of a proof. */
export function sessionCompliance(proof: VerifiedComplianceProof): SessionCompliance {
  const { query, type, anchors, epoch, pseudonym, escrow } = proof
  return {
    query,
    type,
    anchors,
    epoch,
    ...(pseudonym === undefined ? {} : { pseudonym }),
    ...(escrow === undefined ? {} : { escrow }),
  }
}

/** What anchors are followed with. */
export interface AnchorsContext {
  readonly registry: SessionRegistry
  readonly streams: Pick<PeerStreams, 'watch'>
  readonly log: GatewayLog
}

/**
 * Listens to the issuers that the anchors of a demand are made from, so that the publisher hears of it when they take
 * something back; and ends the sessions that rest on outdated anchors whenever an urgent epoch begins: which of them rests
 * on what was taken back, nobody can tell. Their agents come back with a new proof, if they have one.
 */
export function followAnchors(
  publisher: AnchorPublisher,
  demand: Demand,
  { registry, streams, log }: AnchorsContext,
): { close(): Promise<void> } {
  const types = anchoredTypes(demand)
  const underWay = new Set<Promise<void>>()
  const attempt = (event: string, work: () => Promise<void>): void => {
    const done = work()
      .catch((error: unknown) => {
        log({ level: 'error', event, ...describeError(error) })
      })
      .finally(() => underWay.delete(done))
    underWay.add(done)
  }
  const watch = async (): Promise<void> => {
    const leaves = types.flatMap((type) => publisher.current(type).leaves)
    await streams.watch([...new Set(leaves.map(({ issuer }) => issuer))])
  }
  const endOutdated = async (type: string, current: string): Promise<void> => {
    const ended = await registry.endWhere({ outdated: { type, current } }, ANCHORS_RENEWED)
    log({ level: 'info', event: 'anchors.renewed', details: { type, sessions: ended.length } })
  }
  const stop = publisher.onEpoch(({ urgent, types: renewed, anchors }) => {
    for (const type of urgent ? renewed : []) {
      const current = anchors.find((each) => each.type === type)?.digest ?? NO_ANCHORS
      attempt('anchors.renewal-failed', () => endOutdated(type, current))
    }
    attempt('anchors.issuers-unheard', watch)
  })
  attempt('anchors.issuers-unheard', watch)
  return {
    async close() {
      stop()
      await Promise.all(underWay)
    },
  }
}

/** A list never changes under its name: whoever has it need not ask again. */
const ANCHORS_CACHING = 'max-age=3600, immutable'

/**
 * Answers a request for the lists that proofs are made with; undefined where it is for something else, or there are no
 * such lists any more.
 */
export function anchorsResponse(
  request: Request,
  publisher: Pick<AnchorPublisher, 'document'>,
): Response | undefined {
  const { pathname: path } = new URL(request.url)
  if (!path.startsWith(PATHS.anchors)) return undefined
  const hash = path.slice(PATHS.anchors.length)
  const body = publisher.document(`urn:sha256:${hash}`)
  if (body === undefined) return undefined
  const file = { path, contentType: ANCHOR_DOCUMENT_MEDIA_TYPE, body }
  // Its name is its entity tag: hashing megabytes for each request would be the asker's to order.
  return publishedResponse(request, file, ANCHORS_CACHING, `"${hash}"`)
}

function anchoredTypes(demand: Demand): readonly string[] {
  return [...new Set(zkQueriesOf(demand).map((query) => compilePredicates(query).type))]
}
