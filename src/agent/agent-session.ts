import { parseAuthorizationDetails, type AuthorizationDetail } from '../authorization/index.ts'
import type { VerifiedCredential } from '../credentials/index.ts'
import { parseJsonObject, type JsonObject } from '../encoding/index.ts'
import { ComityError, PeerError } from '../errors/index.ts'
import { MAX_SESSION_SECONDS, type EstablishedSession, type SessionGrant } from '../handshake/index.ts'
import type { GuardedRequest, GuardedResponse } from '../net/index.ts'
import { createDpopProof } from '../session/index.ts'
import type { Agent } from './agent.ts'

const MAX_RESPONSE_BYTES = 8 * 1024 * 1024
const RENEW_BEFORE_SECONDS = 30
const RENEW_BEFORE_SHARE = 0.25
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
  /** Seconds since the epoch: the end of the token in hand. */
  readonly expiresAt: number
  /** What the peer granted. */
  readonly granted: readonly AuthorizationDetail[]
  /**
   * Sends one request to the peer, with the session's token and a fresh proof of possession.
   *
   * @param path A path, or a URL of the peer's origin.
   * @returns The peer's answer, at most 8 MiB; a 401 or 403 is an answer, too.
   * @throws {NetworkError} It did not arrive within the limits.
   * @throws {TypeError} The URL leads elsewhere, or sets a header that is the session's.
   */
  fetch(path: string, request?: SessionRequest): Promise<Response>
  /**
   * Takes a new token for the same session. `fetch` does it when the token is about to end.
   *
   * @throws {PeerError} `COMITY_PEER_REFUSED` when the session is over, `COMITY_PEER_PROTOCOL` when the answer
   *   is not a token for it.
   */
  renew(): Promise<void>
}

/** Makes the session that a handshake has established. The origin is the handshake endpoint's. */
export function createAgentSession(
  agent: Agent,
  established: EstablishedSession,
  origin: string,
): AgentSession {
  let current: SessionGrant = established.grant
  let renewAt = renewalTime(current, agent.clock.now())
  let renewal: Promise<void> | undefined

  async function send(url: string, request: GuardedRequest): Promise<GuardedResponse> {
    const { method = 'GET' } = request
    const { accessToken } = current
    const now = agent.clock.now()
    const proof = await createDpopProof({ signer: established.sessionKey, method, url, accessToken, now })
    return agent.fetch(url, {
      ...request,
      maxBytes: MAX_RESPONSE_BYTES,
      headers: { ...request.headers, authorization: `DPoP ${accessToken}`, dpop: proof },
    })
  }

  async function renewNow(): Promise<void> {
    if (current.renew === undefined) return
    const response = await send(current.renew, { method: 'POST' })
    if (response.status !== 200) {
      throw new PeerError('COMITY_PEER_REFUSED', 'the peer does not renew the session', {
        details: { status: response.status },
      })
    }
    current = { ...current, ...parseRenewal(response.body, agent.clock.now()) }
    renewAt = renewalTime(current, agent.clock.now())
  }

  async function renew(): Promise<void> {
    renewal ??= renewNow().finally(() => {
      renewal = undefined
    })
    return renewal
  }

  return Object.freeze({
    id: current.id,
    peer: established.peer,
    credentials: established.credentials,
    get expiresAt() {
      return current.expiresAt
    },
    get granted() {
      return current.granted
    },
    async fetch(path: string, request: SessionRequest = {}): Promise<Response> {
      const url = resourceUrl(path, origin)
      assertOwnHeaders(request.headers ?? {})
      if (agent.clock.now() > renewAt) await renew()
      return toResponse(await send(url, withoutUndefined(request)))
    },
    renew,
  })
}

/** 30 seconds before the end, or in the last quarter of a token that lives shorter. */
function renewalTime({ expiresAt }: SessionGrant, now: number): number {
  return expiresAt - Math.min(RENEW_BEFORE_SECONDS, (expiresAt - now) * RENEW_BEFORE_SHARE)
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

function parseRenewal(
  body: Uint8Array,
  now: number,
): Pick<SessionGrant, 'accessToken' | 'expiresAt' | 'granted'> {
  try {
    const renewed: JsonObject = parseJsonObject(body)
    const { access_token: accessToken, exp: expiresAt, authorization_details: granted } = renewed
    const valid =
      typeof accessToken === 'string' &&
      accessToken !== '' &&
      typeof expiresAt === 'number' &&
      expiresAt <= now + MAX_SESSION_SECONDS + 60
    if (valid) return { accessToken, expiresAt, granted: parseAuthorizationDetails(granted) }
  } catch (error) {
    if (!(error instanceof ComityError)) throw error
  }
  throw new PeerError('COMITY_PEER_PROTOCOL', 'the renewal is not a session token')
}

function toResponse({ status, headers, body }: GuardedResponse): Response {
  return new Response(NULL_BODY_STATUS.includes(status) ? null : new Uint8Array(body), { status, headers })
}
