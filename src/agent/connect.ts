import { parseAuthorizationDetails } from '../authorization/index.ts'
import { parseDemand } from '../demand/index.ts'
import { findService } from '../did/index.ts'
import { isJsonObject, parseJsonObject } from '../encoding/index.ts'
import { ComityError, PeerError } from '../errors/index.ts'
import {
  createInitiator,
  HANDSHAKE_MEDIA_TYPE,
  isRefusalReason,
  MAX_MESSAGE_BYTES,
  type EstablishedSession,
} from '../handshake/index.ts'
import type { GuardedResponse } from '../net/index.ts'
import { createAgentSession, type AgentSession } from './agent-session.ts'
import type { Agent, ConnectOptions } from './agent.ts'
import { assertSvidsJudged } from './spiffe-options.ts'

const PROBLEM_BYTES = 4096
// A responder looks up documents and status lists before it answers.
const ANSWER_TIMEOUT_MS = 20_000

/** Runs the four messages over HTTP and makes the session from them. See {@link Agent.connect}. */
export async function connectToPeer(
  agent: Agent,
  peer: string,
  options: ConnectOptions,
): Promise<AgentSession> {
  // Before anything is sent: the peer would be blamed for what the caller got wrong.
  const { request, demand } = checkOptions(options)
  const { did, wallet, svids, evidence, clock, registry } = agent
  assertSvidsJudged(demand, evidence.spiffe)
  const document = await evidence.resolver.resolveDocument(peer)
  const endpoint = findService(document, 'ComityHandshake').serviceEndpoint
  const initiator = createInitiator({
    did,
    peer,
    wallet,
    evidence,
    demand,
    request,
    clock,
    ...(svids === undefined ? {} : { svids }),
    ...(registry === undefined ? {} : { registry }),
  })
  const offer = await post(agent, endpoint, await initiator.hello())
  const answer = await post(agent, endpoint, await initiator.present(offer))
  const established = await initiator.finish(answer)
  assertRenewalAtEndpoint(established, endpoint)
  return createAgentSession(agent, established, new URL(endpoint).origin)
}

function checkOptions(options: ConnectOptions): ConnectOptions {
  const { request, demand } = options as Partial<ConnectOptions>
  if (!Array.isArray(request) || request.length === 0) {
    throw new TypeError('options.request must be a list of authorization details, with an entry at least')
  }
  if (demand === undefined)
    throw new TypeError('options.demand is missing: `{ anyone: true }` asks for nothing')
  return { request: parseAuthorizationDetails(request), demand: parseDemand(demand) }
}

async function post(agent: Agent, endpoint: string, body: string): Promise<Uint8Array> {
  const response = await agent.fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': HANDSHAKE_MEDIA_TYPE, accept: HANDSHAKE_MEDIA_TYPE },
    body,
    maxBytes: MAX_MESSAGE_BYTES,
    timeoutMs: ANSWER_TIMEOUT_MS,
  })
  const mediaType = response.headers.get('content-type')
  if (response.status === 200 && mediaType === HANDSHAKE_MEDIA_TYPE) return response.body
  throw refusal(response)
}

/** A problem is not authenticated: it is taken as failure and as nothing else. */
function refusal(response: GuardedResponse): PeerError {
  if (response.status === 200) {
    return new PeerError('COMITY_PEER_PROTOCOL', 'the peer answers with another media type')
  }
  return new PeerError('COMITY_PEER_REFUSED', 'the peer refuses the message', {
    details: { status: response.status, reason: problemCode(response.body) },
  })
}

function problemCode(body: Uint8Array): string {
  try {
    const problem = parseJsonObject(body, { maxBytes: PROBLEM_BYTES })
    const code = isJsonObject(problem) ? problem['code'] : undefined
    return isRefusalReason(code) ? code : 'unknown'
  } catch (error) {
    if (error instanceof ComityError) return 'unknown'
    throw error
  }
}

function assertRenewalAtEndpoint({ grant }: EstablishedSession, endpoint: string): void {
  if (grant.renew === undefined) return
  if (!URL.canParse(grant.renew) || new URL(grant.renew).origin !== new URL(endpoint).origin) {
    throw new PeerError('COMITY_PEER_PROTOCOL', 'the session is to be renewed at another origin')
  }
}
