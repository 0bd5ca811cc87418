import { assertSvidsJudged, type Agent } from '../agent/index.ts'
import type { AuditLog } from '../audit/index.ts'
import type { AuthorizationDetail, Authorizer } from '../authorization/index.ts'
import type { Demand } from '../demand/index.ts'
import {
  createResponder,
  MAX_SESSION_SECONDS,
  type Channel,
  type HandshakeLimits,
  type Responder,
} from '../handshake/index.ts'
import type { Timers } from '../runtime/index.ts'
import type { SessionRegistry } from '../session/index.ts'
import type { Store } from '../store/index.ts'
import type { DemandTemplate } from '../zk/index.ts'
import { closeSession } from './close-session.ts'
import {
  anchorsResponse,
  createGatewayCompliance,
  demandNow,
  followAnchors,
  type GatewayCompliance,
  type GatewayComplianceOptions,
} from './compliance.ts'
import { protectionContext } from './gateway-context.ts'
import { handshakeResponse, recordOutcome } from './handshake-endpoint.ts'
import type { Host } from './host.ts'
import { PATHS } from './identity.ts'
import type { GatewayLog } from './log.ts'
import { openSession } from './open-session.ts'
import { problemResponse } from './problem.ts'
import {
  checkResource,
  handleProtected,
  type ProtectedHandler,
  type ProtectedResource,
  type ProtectionContext,
} from './protect.ts'
import { renewSession } from './renewal.ts'

/** What a gateway is made with. */
export interface GatewayOptions {
  /** Who the gateway is: the DID whose document names its handshake endpoint, and what it trusts. */
  readonly agent: Agent
  /** The public origin, such as `https://agents.globex.example`. */
  readonly origin: string
  /**
   * What is asked of every agent that comes. `{ anyone: true }` asks for nothing beyond its DID. `channel.binding` says
   * whether messages must be bound to the TLS connection; say `off` where a proxy ends TLS and opens it anew.
   *
   * With `compliance` it is a template: its `comity-zk` queries get the current anchors and epoch for each hello.
   */
  readonly demand: Demand | DemandTemplate
  /** What can be had here at all: authorization details that grants are cut from. */
  readonly offers: readonly AuthorizationDetail[]
  /** Compliance proofs. Defaults to none: a demand must not ask for one then. */
  readonly compliance?: GatewayComplianceOptions
  /** Handshakes under way, sessions, used proofs, audit. */
  readonly store: Store
  /** DID documents, status lists and events that this gateway serves, too. */
  readonly host?: Host
  /** Decides each request. Defaults to the grant and the age of the posture. */
  readonly authorizer?: Authorizer
  /** Life of an access token in seconds, 1 to 900. Defaults to 300. */
  readonly tokenSeconds?: number
  /** Longest life of a session in seconds, renewals included; its evidence may end it earlier. Defaults to 43,200. */
  readonly sessionSeconds?: number
  /**
   * For how many seconds an organization may be silent whose agents have sessions, 5 to 300. Defaults to 30. Longer than
   * that, and they are suspended until it is heard again. Must be longer than the organizations' heartbeats.
   */
  readonly leaseSeconds?: number
  /**
   * How many organizations one process listens to at once, 1 to 100,000. Defaults to 1000. Agents of further ones get
   * sessions of 30 seconds.
   */
  readonly maxStreams?: number
  /**
   * How many of them the agents may name as their controllers for whom the same issuers vouch, 1 to `maxStreams`.
   * Defaults to 100, or `maxStreams` where that is less.
   */
  readonly maxStreamsPerPeer?: number
  /**
   * Asks for a nonce in each proof of possession, so that none can have been made in advance. Defaults to false; true
   * is `{ seconds: 300 }`. `seconds`: how long a nonce is good, 10 to 300.
   */
  readonly dpopNonce?: boolean | { readonly seconds: number }
  /** Limits for strangers, in this process. */
  readonly limits?: HandshakeLimits
  /** Defaults to the log `gateway` in `store`. */
  readonly audit?: AuditLog
  /** Defaults to nowhere. */
  readonly log?: GatewayLog
  /** Defaults to the system's timers. */
  readonly timers?: Timers
}

/** A month: state that strangers cause must end. */
const MAX_TOTAL_SECONDS = 2_592_000

/** A request's context, as the adapter knows it. */
export interface GatewayContext {
  /** Whom to count the request for, such as the remote address; never taken from a header. */
  readonly source: string
  /**
   * The TLS 1.3 connection that brought the request, where it ends at this server: what a handshake can be bound to.
   * `comity/adapters/node` has it.
   */
  readonly channel?: Channel
}

/** A gateway: it opens sessions to agents of other organizations, and holds each request against them. */
export interface Gateway {
  /** Answers the gateway's own paths, and 404 for all others. */
  fetch(request: Request, context: GatewayContext): Promise<Response>
  /** Answers the gateway's own paths; undefined for all others. */
  handle(request: Request, context: GatewayContext): Promise<Response | undefined>
  /**
   * Protects a resource: `handler` sees only requests that belong to an active session, come from its agent,
   * are granted and are allowed now.
   *
   * @throws {TypeError} `resource.type` or `resource.action` is not a text of 1 to 1024 characters, or `handler` is no
   *   function.
   */
  protect(resource: ProtectedResource, handler: ProtectedHandler): (request: Request) => Promise<Response>
  /** The sessions. */
  readonly sessions: SessionRegistry
  /** What happened. */
  readonly audit: AuditLog
  /** Stops listening to other organizations. */
  close(): Promise<void>
}

/**
 * Makes a gateway.
 *
 * @throws {TypeError} An option is out of range, or the demand requires an SVID and the agent has nothing to judge one
 *   with, or names an auditor whose key is missing.
 * @throws {ComityError} There are no anchors yet for the demand's compliance proofs.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { host, tokenSeconds = 300, sessionSeconds = 43_200 } = options
  if (!(tokenSeconds >= 1 && tokenSeconds <= MAX_SESSION_SECONDS)) {
    throw new TypeError(`options.tokenSeconds must be 1 to ${String(MAX_SESSION_SECONDS)}`)
  }
  if (!(sessionSeconds >= 1 && sessionSeconds <= MAX_TOTAL_SECONDS)) {
    throw new TypeError(`options.sessionSeconds must be 1 to ${String(MAX_TOTAL_SECONDS)}`)
  }
  const { compliance, store } = options
  const demand = demandNow(options.demand, compliance)
  assertSvidsJudged(demand, options.agent.evidence.spiffe)
  const taking = compliance === undefined ? undefined : createGatewayCompliance(compliance, demand, store)
  const context = await protectionContext(options, demand)
  const responder = createGatewayResponder({ ...options, tokenSeconds, sessionSeconds }, context, taking)
  const follower = compliance === undefined ? undefined : followAnchors(compliance.publisher, demand, context)
  const telling = { log: context.log, secondsLeft: () => taking?.secondsLeft(context.clock.now()) ?? 0 }

  async function handle(request: Request, from: GatewayContext): Promise<Response | undefined> {
    switch (new URL(request.url).pathname) {
      case PATHS.handshake:
        return handshakeResponse(request, from, responder, telling)
      case PATHS.renew:
        if (request.method === 'POST') return renewSession(request, tokenSeconds, context)
        if (request.method === 'DELETE') return closeSession(request, context)
        return problemResponse(405, 'use POST or DELETE', { allow: 'POST, DELETE' })
      default:
        return (compliance && anchorsResponse(request, compliance.publisher)) ?? host?.handle(request)
    }
  }

  return Object.freeze({
    handle,
    fetch: async (request: Request, from: GatewayContext) =>
      (await handle(request, from)) ?? problemResponse(404, 'not found'),
    protect: (resource: ProtectedResource, handler: ProtectedHandler) => {
      const checked = checkResource(resource, handler)
      return (request: Request) => handleProtected(request, checked, handler, context)
    },
    sessions: context.registry,
    audit: context.audit,
    close: async () => {
      await follower?.close()
      await context.streams.close()
    },
  })
}

function createGatewayResponder(
  options: GatewayOptions & { readonly tokenSeconds: number; readonly sessionSeconds: number },
  context: ProtectionContext,
  taking: GatewayCompliance | undefined,
): Responder {
  const { agent, demand, offers, store, tokenSeconds, sessionSeconds, limits, timers } = options
  const { identity, registry, streams, leaseSeconds, audit, log, clock } = context
  const maxPostureAge = demand.posture?.maxAge
  const opening = {
    identity,
    registry,
    offers,
    tokenSeconds,
    sessionSeconds,
    maxPostureAge,
    leaseSeconds,
    streams,
    compliance: taking,
    status: agent.evidence.status,
  }
  return createResponder({
    did: agent.did,
    wallet: agent.wallet,
    evidence: taking === undefined ? agent.evidence : { ...agent.evidence, compliance: taking.trust },
    demand: () => demandNow(demand, options.compliance),
    store,
    clock,
    openSession: (run) => openSession(run, opening),
    onOutcome: (outcome) => recordOutcome(outcome, { audit, log, clock }),
    ...(agent.svids === undefined ? {} : { svids: agent.svids }),
    ...(agent.registry === undefined ? {} : { registry: agent.registry }),
    ...(limits === undefined ? {} : { limits }),
    ...(timers === undefined ? {} : { timers }),
  })
}
