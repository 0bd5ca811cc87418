import { ComityError } from '../errors/index.ts'
import { authenticateHeader } from '../session/index.ts'

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
 * there is no room to remember its proof, 401 otherwise, with a coarse `WWW-Authenticate`. The fine code stays in the log.
 */
export function refusedResponse(error: ComityError): Response {
  if (error.code === 'COMITY_STORE_FULL')
    return problemResponse(503, 'try again later', { 'retry-after': '5' })
  const status = error.code === 'COMITY_REQUEST_NOT_GRANTED' ? 403 : 401
  return problemResponse(status, status === 403 ? 'not granted' : 'not authenticated', {
    'www-authenticate': authenticateHeader(error),
  })
}
