import { parseAuthorizationDetails } from '../authorization/index.ts'
import { parseJsonObject, type JsonObject } from '../encoding/index.ts'
import { ComityError, PeerError } from '../errors/index.ts'
import {
  chooseFreshPosture,
  MAX_SESSION_SECONDS,
  spiffeIdsOf,
  type EstablishedSession,
  type SessionGrant,
} from '../handshake/index.ts'
import type { GuardedRequest, GuardedResponse } from '../net/index.ts'
import type { Agent } from './agent.ts'
import { challengeOf, type SendRequest } from './session-requests.ts'

const RENEW_BEFORE_SECONDS = 30
const RENEW_BEFORE_SHARE = 0.25

/** The access token of a session, which is renewed. */
export interface SessionToken {
  /** The token in hand, and what it allows. */
  readonly current: SessionGrant
  /** Whether it is about to end. */
  isDue(): boolean
  /**
   * Takes a new one; at once with a fresh posture where the peer has asked for that. Several at once are one renewal.
   *
   * @throws {PeerError} `COMITY_PEER_REFUSED`, also where there is no posture to show; `COMITY_PEER_PROTOCOL`.
   */
  renew(because?: 'posture'): Promise<void>
  /** As `renew`. Returns false where the peer refuses: what it answers to the next request says more. */
  tryToRenew(because?: 'posture'): Promise<boolean>
}

/** Makes the token of a session that a handshake has established. */
export function createSessionToken(
  agent: Agent,
  established: EstablishedSession,
  send: SendRequest,
): SessionToken {
  const { clock } = agent
  let current: SessionGrant = established.grant
  let renewAt = renewalTime(current, clock.now())
  let renewal: Promise<void> | undefined

  async function ask(url: string, because: 'posture' | undefined): Promise<GuardedResponse | undefined> {
    const showPosture = async (): Promise<GuardedResponse | undefined> => {
      const shown = await freshPosture(agent, established)
      return shown === undefined ? undefined : send(url, { method: 'POST', ...shown }, current.accessToken)
    }
    if (because === 'posture') return showPosture()
    const response = await send(url, { method: 'POST' }, current.accessToken)
    return challengeOf(response) === 'posture_stale' ? ((await showPosture()) ?? response) : response
  }

  async function renewNow(because: 'posture' | undefined): Promise<void> {
    const { renew: url } = current
    if (url === undefined && because === undefined) return
    const response = url === undefined ? undefined : await ask(url, because)
    if (response?.status !== 200) {
      throw new PeerError('COMITY_PEER_REFUSED', 'the peer does not renew the session', {
        details: response === undefined ? { reason: 'no fresh posture' } : { status: response.status },
      })
    }
    current = { ...current, ...parseRenewal(response.body, clock.now()) }
    renewAt = renewalTime(current, clock.now())
  }

  async function renew(because?: 'posture'): Promise<void> {
    renewal ??= renewNow(because).finally(() => {
      renewal = undefined
    })
    return renewal
  }

  return {
    get current() {
      return current
    },
    isDue: () => clock.now() > renewAt,
    renew,
    async tryToRenew(because) {
      try {
        await renew(because)
        return true
      } catch (error) {
        if (error instanceof PeerError && error.code === 'COMITY_PEER_REFUSED') return false
        throw error
      }
    },
  }
}

/** The body of a renewal that shows a fresh posture; undefined where there is none that may be shown. */
async function freshPosture(
  { wallet, clock }: Agent,
  { did: own, peer: did, credentials, svids, asked }: EstablishedSession,
): Promise<Pick<GuardedRequest, 'headers' | 'body'> | undefined> {
  const peer = { did, credentials, spiffeIds: spiffeIdsOf(svids) }
  const evidence = chooseFreshPosture(asked, await wallet.credentials(own), peer, clock.now())
  if (evidence === undefined) return undefined
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ evidence }) }
}

/** 30 seconds before the end, or in the last quarter of a token that lives shorter. */
function renewalTime({ expiresAt }: SessionGrant, now: number): number {
  return expiresAt - Math.min(RENEW_BEFORE_SECONDS, (expiresAt - now) * RENEW_BEFORE_SHARE)
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
