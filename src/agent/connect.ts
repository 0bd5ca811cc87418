import { parseAuthorizationDetails } from '../authorization/index.ts'
import { parseDemand } from '../demand/index.ts'
import { findService } from '../did/index.ts'
import { ComityError, PeerError } from '../errors/index.ts'
import { createInitiator, type EstablishedSession } from '../handshake/index.ts'
import type { LruMap } from '../runtime/index.ts'
import { createAgentSession, type AgentSession } from './agent-session.ts'
import type { Agent, ConnectOptions } from './agent.ts'
import { ownLine, sharedLine, type Line } from './line.ts'
import { prepareForPeer } from './prepare.ts'
import { assertSvidsJudged } from './spiffe-options.ts'

/** Peers that have required a binding to the connection, by DID: the next run with them begins with one. */
export type BindingPeers = LruMap<true>

/** Runs the four messages over HTTP and makes the session from them. See {@link Agent.connect}. */
export async function connectToPeer(
  agent: Agent,
  peer: string,
  options: ConnectOptions,
  bindingPeers: BindingPeers,
): Promise<AgentSession> {
  // Before anything is sent: the peer would be blamed for what the caller got wrong.
  const { request, demand, pairwise = false } = checkOptions(options)
  assertSvidsJudged(demand, agent.evidence.spiffe)
  const document = await agent.evidence.resolver.resolveDocument(peer)
  const endpoint = findService(document, 'ComityHandshake').serviceEndpoint
  const established = await establish(agent, peer, { request, demand, pairwise }, { endpoint, bindingPeers })
  assertRenewalAtEndpoint(established, endpoint)
  return createAgentSession(agent, established, new URL(endpoint).origin)
}

/**
 * Over connections that are shared, where nothing is to be bound to one; over one of its own, where the own demand, or an
 * SVID to offer in TLS, needs it. What the peer needs is known by its offer only: where it requires a binding, the run
 * begins anew. Nothing of the agent has left by then.
 */
async function establish(
  agent: Agent,
  peer: string,
  options: ConnectOptions,
  { endpoint, bindingPeers }: { readonly endpoint: string; readonly bindingPeers: BindingPeers },
): Promise<EstablishedSession> {
  const binding = options.demand.channel?.binding ?? 'if-present'
  const { pairwise = false } = options
  const offersSvid = agent.svids?.tls !== undefined && !pairwise
  const isOwn = binding === 'required' || (binding === 'if-present' && offersSvid)
  if (isOwn) return runOverOwn(agent, peer, options, endpoint)
  if (binding === 'if-present' && bindingPeers.get(peer) === true) {
    // What the peer wanted once it may not want any more: forgotten until it has said so again.
    bindingPeers.delete(peer)
    const established = await runOverOwn(agent, peer, options, endpoint)
    bindingPeers.set(peer, true)
    return established
  }
  try {
    return await run(agent, peer, options, sharedLine(agent, endpoint))
  } catch (error) {
    const isWanted = error instanceof ComityError && error.code === 'COMITY_CHANNEL_BINDING_UNSUPPORTED'
    if (!isWanted || binding === 'off' || agent.fetch.connect === undefined) throw error
    bindingPeers.set(peer, true)
    return runOverOwn(agent, peer, options, endpoint)
  }
}

async function runOverOwn(
  agent: Agent,
  peer: string,
  options: ConnectOptions,
  endpoint: string,
): Promise<EstablishedSession> {
  // A connection does not outlive the making of a proof.
  if (options.pairwise === true && agent.compliance?.prepare !== undefined) await prepareForPeer(agent, peer)
  const line = ownLine(agent, endpoint, options.pairwise) ?? sharedLine(agent, endpoint)
  try {
    return await run(agent, peer, options, line)
  } finally {
    line.close()
  }
}

async function run(
  agent: Agent,
  peer: string,
  { request, demand, pairwise = false }: ConnectOptions,
  line: Line,
): Promise<EstablishedSession> {
  const { did, wallet, svids, evidence, compliance, clock, registry } = agent
  const initiator = createInitiator({
    did,
    peer,
    wallet,
    evidence,
    demand,
    request,
    clock,
    isPairwise: pairwise,
    ...(compliance === undefined ? {} : { compliance }),
    ...(svids === undefined ? {} : { svids }),
    ...(registry === undefined ? {} : { registry }),
  })
  const offer = await line.post(await initiator.hello())
  return initiator.finish(await line.post(await initiator.present(offer, line.channel())))
}

function checkOptions(options: ConnectOptions): ConnectOptions {
  const { request, demand, pairwise = false } = options as Partial<ConnectOptions>
  if (!Array.isArray(request) || request.length === 0) {
    throw new TypeError('options.request must be a list of authorization details, with an entry at least')
  }
  if (demand === undefined)
    throw new TypeError('options.demand is missing: `{ anyone: true }` asks for nothing')
  if (typeof pairwise !== 'boolean') throw new TypeError('options.pairwise must be a boolean')
  return { request: parseAuthorizationDetails(request), demand: parseDemand(demand), pairwise }
}

function assertRenewalAtEndpoint({ grant }: EstablishedSession, endpoint: string): void {
  if (grant.renew === undefined) return
  if (!URL.canParse(grant.renew) || new URL(grant.renew).origin !== new URL(endpoint).origin) {
    throw new PeerError('COMITY_PEER_PROTOCOL', 'the session is to be renewed at another origin')
  }
}
