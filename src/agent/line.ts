import { isJsonObject, parseJsonObject } from '../encoding/index.ts'
import { ComityError, PeerError } from '../errors/index.ts'
import {
  HANDSHAKE_MEDIA_TYPE,
  isRefusalReason,
  MAX_MESSAGE_BYTES,
  type Channel,
  type OwnSvids,
} from '../handshake/index.ts'
import type { ClientCertificate, ConnectionRequest, GuardedResponse } from '../net/index.ts'
import { formatPem, type X509Svid } from '../spiffe/index.ts'
import type { Agent } from './agent.ts'

const PROBLEM_BYTES = 4096
// A responder looks up documents and status lists before it answers.
const ANSWER_TIMEOUT_MS = 20_000

/** What carries the messages of one run to a handshake endpoint. */
export interface Line {
  /**
   * Sends one message and gives the answer.
   *
   * @throws {PeerError} `COMITY_PEER_REFUSED`, `COMITY_PEER_PROTOCOL`.
   * @throws {NetworkError} There is no answer within the limits.
   */
  post(body: string): Promise<Uint8Array>
  /** The one connection of all messages; undefined where there is none, or nothing can be bound to it. */
  channel(): Channel | undefined
  /** Ends what is the line's own. */
  close(): void
}

/** A line over connections that are shared with others. */
export function sharedLine({ fetch }: Agent, endpoint: string): Line {
  return {
    post: (body) => post(fetch, endpoint, body),
    channel: () => undefined,
    close: () => undefined,
  }
}

/**
 * A line over a connection of its own, with the agent's SVID in TLS where it has one; undefined where none can be made.
 *
 * @param isPairwise Whether nothing of the agent may be shown: no SVID then.
 */
export function ownLine(
  { fetch, svids }: Agent,
  endpoint: string,
  isPairwise: boolean = false,
): Line | undefined {
  if (fetch.connect === undefined) return undefined
  const svid = isPairwise ? undefined : tlsSvid(svids)
  const connection = fetch.connect(endpoint, svid === undefined ? {} : { certificate: certificateOf(svid) })
  return {
    post: (body) => post((url, request) => connection.fetch(url, request), endpoint, body),
    channel() {
      const { exportKeyingMaterial } = connection
      if (exportKeyingMaterial === undefined) return undefined
      return { exportKeyingMaterial, ...(svid === undefined ? {} : { ownId: svid.id }) }
    },
    close: () => connection.close(),
  }
}

/** Without an SVID just now the run goes on: whether the peer wants one is not known yet. */
function tlsSvid(svids: OwnSvids | undefined): X509Svid | undefined {
  try {
    return svids?.tls?.getX509Svid()
  } catch (error) {
    if (error instanceof ComityError) return undefined
    throw error
  }
}

function certificateOf({ chain, privateKey }: X509Svid): ClientCertificate {
  return {
    cert: chain.map(({ der }) => formatPem('CERTIFICATE', der)).join(''),
    key: formatPem('PRIVATE KEY', privateKey),
  }
}

async function post(
  send: (url: string, request: ConnectionRequest) => Promise<GuardedResponse>,
  endpoint: string,
  body: string,
): Promise<Uint8Array> {
  const response = await send(endpoint, {
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
