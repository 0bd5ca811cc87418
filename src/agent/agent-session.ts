import type { AuthorizationDetail } from '../authorization/index.ts'
import type { VerifiedCredential } from '../credentials/index.ts'
import { PeerError, PolicyError } from '../errors/index.ts'
import { spiffeIdsOf, svidsExpireAt, type EstablishedSession } from '../handshake/index.ts'
import type { GuardedRequest, GuardedResponse } from '../net/index.ts'
import type { Agent } from './agent.ts'
import { challengeOf, createSendRequest, type SendRequest } from './session-requests.ts'
import { createSessionToken, type SessionToken } from './session-token.ts'

const MAX_RESPONSE_BYTES = 8 * 1024 * 1024
const NULL_BODY_STATUS = [204, 205, 304]

/** One request within a session. */
export interface SessionRequest {
  /** Defaults to `GET`. */
  readonly method?: GuardedRequest['method']
  /** `authorization` and `dpop` are the session's own and refused here. */
  readonly headers?: Readonly<Record<string, string>>
  /** What is sent; text as UTF-8. */
  readonly body?: string | Uint8Array
  /** Ends the request. */
  readonly signal?: AbortSignal
}

/** A session with a peer. */
export interface AgentSession {
  /** The session's identifier, the same on both sides. */
  readonly id: string
  /** The peer's DID. */
  readonly peer: string
  /** The peer's verified credentials. */
  readonly credentials: readonly VerifiedCredential[]
  /** The SPIFFE IDs that the peer has proven. Where there are any, the session ends with the first of their SVIDs. */
  readonly spiffeIds: readonly string[]
  /** Seconds since the epoch: the end of the token in hand. */
  readonly expiresAt: number
  /** What the peer granted. */
  readonly granted: readonly AuthorizationDetail[]
  /**
   * Sends one request to the peer, with the session's token and a fresh proof of possession. Where the peer wants a
   * fresher posture and the wallet has one that may be shown, the session is renewed with it and the request repeated
   * once.
   *
   * @param path A path, or a URL of the peer's origin.
   * @returns The peer's answer, at most 8 MiB; a 401 or 403 is an answer, too.
   * @throws {NetworkError} It did not arrive within the limits, or the session was closed meanwhile.
   * @throws {PolicyError} `COMITY_SESSION_ENDED` when an SVID that the peer has shown has expired.
   * @throws {TypeError} The URL leads elsewhere, or sets a header that is the session's; the session is closed.
   */
  fetch(path: string, request?: SessionRequest): Promise<Response>
  /**
   * Takes a new token for the same session, and shows a fresh posture where the peer wants one. `fetch` does it when
   * the token is about to end.
   *
   * @throws {PeerError} `COMITY_PEER_REFUSED` when the session is over, `COMITY_PEER_PROTOCOL` when the answer
   *   is not a token for it.
   * @throws {TypeError} The session is closed.
   */
  renew(): Promise<void>
  /**
   * Ends the session, here and at the peer, and what is under way in it. Calling it again returns the same promise.
   *
   * However it ends, the session is closed here, and its key is not used again. Where the peer could not be told, the
   * session lasts there until its token ends.
   *
   * @throws {NetworkError} The peer was not reached within the limits.
   * @throws {PeerError} `COMITY_PEER_REFUSED` when it answers neither that the session is over nor that there is none.
   */
  close(): Promise<void>
}

/** Makes the session that a handshake has established. The origin is the handshake endpoint's. */
export function createAgentSession(
  agent: Agent,
  established: EstablishedSession,
  origin: string,
): AgentSession {
  const { fetch, clock } = agent
  const { sessionKey } = established
  const send = createSendRequest({ fetch, clock, sessionKey, maxBytes: MAX_RESPONSE_BYTES })
  const closing = new AbortController()
  const peerEndsAt = svidsExpireAt(established.svids)
  const sendWhileOpen: SendRequest = async (url, request, accessToken) => {
    if (closing.signal.aborted) throw new TypeError('the session is closed')
    if (clock.now() >= peerEndsAt)
      throw new PolicyError('COMITY_SESSION_ENDED', 'the SVID of the peer has expired')
    const { signal } = request
    const either = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
    return send(url, { ...request, signal: either }, accessToken)
  }
  const token = createSessionToken(agent, established, sendWhileOpen)
  let closed: Promise<void> | undefined

  return Object.freeze({
    id: established.grant.id,
    peer: established.peer,
    credentials: established.credentials,
    spiffeIds: spiffeIdsOf(established.svids),
    get expiresAt() {
      return token.current.expiresAt
    },
    get granted() {
      return token.current.granted
    },
    async fetch(path: string, request: SessionRequest = {}): Promise<Response> {
      const url = resourceUrl(path, origin)
      assertOwnHeaders(request.headers ?? {})
      const sent = withoutUndefined(request)
      if (token.isDue()) await token.tryToRenew()
      const response = await sendWhileOpen(url, sent, token.current.accessToken)
      const isAnswered = challengeOf(response) === 'posture_stale' && (await token.tryToRenew('posture'))
      return toResponse(isAnswered ? await sendWhileOpen(url, sent, token.current.accessToken) : response)
    },
    renew: () => token.renew(),
    close(): Promise<void> {
      closing.abort()
      closed ??= endAtPeer(token, send)
      return closed
    },
  })
}

async function endAtPeer({ current }: SessionToken, send: SendRequest): Promise<void> {
  if (current.renew === undefined) return
  const { status } = await send(current.renew, { method: 'DELETE' }, current.accessToken)
  if (status === 204 || status === 401) return
  throw new PeerError('COMITY_PEER_REFUSED', 'the peer does not end the session', { details: { status } })
}

function withoutUndefined({ method, headers, body, signal }: SessionRequest): GuardedRequest {
  return {
    ...(method === undefined ? {} : { method }),
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  }
}

function resourceUrl(path: string, origin: string): string {
  const url = URL.canParse(path, origin) ? new URL(path, origin) : undefined
  if (url?.origin !== origin) throw new TypeError('the session is for the origin of its peer only')
  return url.href
}

function assertOwnHeaders(headers: Readonly<Record<string, string>>): void {
  if (Object.keys(headers).some((name) => /^(?:authorization|dpop)$/i.test(name))) {
    throw new TypeError('`authorization` and `dpop` are set by the session')
  }
}

function toResponse({ status, headers, body }: GuardedResponse): Response {
  return new Response(NULL_BODY_STATUS.includes(status) ? null : new Uint8Array(body), { status, headers })
}
