import type { Signer } from '../keys/index.ts'
import type { GuardedFetch, GuardedRequest, GuardedResponse } from '../net/index.ts'
import type { Clock } from '../runtime/index.ts'
import { createDpopProof } from '../session/index.ts'

/** Sends a request with an access token and a fresh proof of possession. */
export type SendRequest = (
  url: string,
  request: GuardedRequest,
  accessToken: string,
) => Promise<GuardedResponse>

/** What requests of a session are sent with. */
export interface SendRequestOptions {
  readonly fetch: GuardedFetch
  readonly clock: Clock
  /** The session key. */
  readonly sessionKey: Signer
  /** The most bytes of an answer. */
  readonly maxBytes: number
}

const NONCE = /^[!#-[\]-~]{1,256}$/
const ERROR = /[\s,]error="([a-z_]{1,64})"/

/**
 * Makes the sender of a session's requests, all of which go to one origin. It puts the newest nonce of the peer into
 * each proof, and repeats a request once where the peer asks for another nonce.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-9 | RFC 9449 §9}
 */
export function createSendRequest(options: SendRequestOptions): SendRequest {
  const { fetch, clock, sessionKey: signer, maxBytes } = options
  let newest: string | undefined

  async function sendOnce(
    url: string,
    request: GuardedRequest,
    accessToken: string,
  ): Promise<GuardedResponse> {
    const { method = 'GET', headers } = request
    const nonce = newest === undefined ? {} : { nonce: newest }
    const dpop = await createDpopProof({ signer, method, url, accessToken, now: clock.now(), ...nonce })
    const authorization = `DPoP ${accessToken}`
    const response = await fetch(url, { ...request, maxBytes, headers: { ...headers, authorization, dpop } })
    const told = response.headers.get('dpop-nonce')
    if (told !== null && NONCE.test(told)) newest = told
    return response
  }

  return async (url, request, accessToken) => {
    const response = await sendOnce(url, request, accessToken)
    return challengeOf(response) === 'use_dpop_nonce' ? sendOnce(url, request, accessToken) : response
  }
}

/** The `error` of a 401's challenge; undefined where there is none. */
export function challengeOf({ status, headers }: GuardedResponse): string | undefined {
  return status === 401 ? ERROR.exec(headers.get('www-authenticate') ?? '')?.[1] : undefined
}
