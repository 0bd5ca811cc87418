import { ComityError } from '../errors/index.ts'
import { authenticateHeader, type DpopNonces } from '../session/index.ts'

const NO_STORE = { 'cache-control': 'no-store' }

/** A JSON answer that no cache keeps. */
export function jsonResponse(
  body: unknown,
  init: { readonly status?: number; readonly type?: string } = {},
): Response {
  return new Response(JSON.stringify(body), {
    status: init.status ?? 200,
    headers: { ...NO_STORE, 'content-type': init.type ?? 'application/json' },
  })
}

/**
 * A problem that says no more than its status does.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9457 | RFC 9457}
 */
export function problemResponse(
  status: number,
  title: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const body = JSON.stringify({ type: 'about:blank', title, status })
  return new Response(body, {
    status,
    headers: { ...NO_STORE, 'content-type': 'application/problem+json', ...headers },
  })
}

/**
 * The answer to a request that was refused: 403 when the session is good and the request is not granted, 503 when
 * the store is full or does not answer, 401 otherwise, with a coarse `WWW-Authenticate`. The fine code stays in the log.
 * A session that is suspended may be served later with the same token: `Retry-After` says so.
 */
export function refusedResponse(error: ComityError): Response {
  if (error.code.startsWith('COMITY_STORE_'))
    return problemResponse(503, 'try again later', { 'retry-after': '5' })
  const status = error.code === 'COMITY_REQUEST_NOT_GRANTED' ? 403 : 401
  return problemResponse(status, status === 403 ? 'not granted' : 'not authenticated', {
    'www-authenticate': authenticateHeader(error),
    ...(error.code === 'COMITY_SESSION_SUSPENDED' ? { 'retry-after': '5' } : {}),
  })
}

/**
 * The answer with the newest nonce, where nonces are asked for: the client uses it from now on.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-8.2 | RFC 9449 §8.2}
 */
export async function withNonce(response: Response, nonces: DpopNonces | undefined): Promise<Response> {
  if (nonces === undefined) return response
  const headers = new Headers(response.headers)
  headers.set('dpop-nonce', await nonces.current())
  const { status, statusText } = response
  return new Response(response.body, { status, statusText, headers })
}
