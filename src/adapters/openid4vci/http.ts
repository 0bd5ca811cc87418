const NO_STORE = { 'cache-control': 'no-store' }

/** A JSON answer that nobody keeps. */
export function jsonResponse(
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...NO_STORE, ...headers },
  })
}

/** An answer that the request failed, by its OAuth or OpenID4VCI error code. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  readonly status: number
  /** The code for the wallet. */
  readonly error: string
  /** What the log says. It holds nothing of the request. */
  readonly reason: string

  constructor(status: number, error: string, reason: string) {
    super(reason)
    this.status = status
    this.error = error
    this.reason = reason
  }
}

/**
 * Reads a request's body.
 *
 * @param maxBytes - The most that is read.
 * @throws {RequestError} 413 `invalid_request` when it is larger, 415 when it is of another media type.
 */
export async function readBody(request: Request, mediaType: string, maxBytes: number): Promise<Uint8Array> {
  const [type] = (request.headers.get('content-type') ?? '').split(';')
  if (type?.trim().toLowerCase() !== mediaType) {
    throw new RequestError(415, 'invalid_request', 'another media type')
  }
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > maxBytes) throw new RequestError(413, 'invalid_request', 'the body is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
