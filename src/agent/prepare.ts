import { parseDemand, type Demand } from '../demand/index.ts'
import { findService } from '../did/index.ts'
import { parseJsonObject } from '../encoding/index.ts'
import { PeerError } from '../errors/index.ts'
import { MAX_MESSAGE_BYTES } from '../handshake/index.ts'
import type { Agent } from './agent.ts'

/** How proofs are made ahead. */
export interface PrepareOptions {
  /** Ends it. */
  readonly signal?: AbortSignal
}

/** See {@link Agent.prepare}. */
export async function prepareForPeer(
  agent: Agent,
  peer: string,
  { signal }: PrepareOptions = {},
): Promise<void> {
  const { compliance, evidence } = agent
  if (compliance?.prepare === undefined) {
    throw new TypeError('the agent has nothing to make compliance proofs with ahead')
  }
  const document = await evidence.resolver.resolveDocument(peer)
  const endpoint = findService(document, 'ComityHandshake').serviceEndpoint
  const demand = await fetchDemand(agent, endpoint, signal)
  await compliance.prepare({ audience: peer, demand, ...(signal === undefined ? {} : { signal }) })
}

async function fetchDemand(
  { fetch }: Agent,
  endpoint: string,
  signal: AbortSignal | undefined,
): Promise<Demand> {
  const response = await fetch(endpoint, {
    headers: { accept: 'application/json' },
    maxBytes: MAX_MESSAGE_BYTES,
    ...(signal === undefined ? {} : { signal }),
  })
  if (response.status !== 200) {
    throw new PeerError('COMITY_PEER_REFUSED', 'the peer does not tell its demand', {
      details: { status: response.status },
    })
  }
  if (response.headers.get('content-type') !== 'application/json') {
    throw new PeerError('COMITY_PEER_PROTOCOL', 'the peer answers with another media type')
  }
  return parseDemand(parseJsonObject(response.body, { maxBytes: MAX_MESSAGE_BYTES }))
}
