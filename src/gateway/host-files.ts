import type { HostedFile } from '../did/index.ts'
import { encodeBase64url, encodeUtf8 } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'
import { problemResponse } from './problem.ts'

/** What a path leads to: something that is published, or something that will not come back. */
export type Published = HostedFile | 'gone'

const MEDIA_TYPE = /^[a-z]+\/[a-z0-9][a-z0-9.+-]{0,62}$/
const MAX_TAGS = 64

/**
 * Checks the path of something that is to be published.
 *
 * @throws {TypeError} It is not the path of a URL, as the URL standard writes it.
 */
export function checkPath(path: string, origin: string): void {
  const url = `${origin}${path}`
  const isCanonical = /^\/(?!\/)/.test(path) && URL.canParse(url) && new URL(url).pathname === path
  if (!isCanonical || new URL(url).href !== url)
    throw new TypeError('the path of a file must be that of a URL')
}

/**
 * Checks the media type of something that is to be published.
 *
 * @throws {TypeError} It is malformed, or has parameters.
 */
export function checkMediaType(type: string): void {
  if (!MEDIA_TYPE.test(type)) throw new TypeError('the media type of a file is malformed')
}

/** Says whether a client has what it would be given: it names the tag, weak or not, or any. */
function isKnown(request: Request, tag: string): boolean {
  const named = request.headers.get('if-none-match')
  if (named === null) return false
  const tags = named.split(',', MAX_TAGS).map((each) => each.trim().replace(/^W\//, ''))
  return named.trim() === '*' || tags.includes(tag)
}

/**
 * Answers a request for what is published: 200 with an entity tag, 304 for who has it already, 410 for what is gone, 405
 * for anything but `GET` and `HEAD`.
 *
 * @param caching - The `cache-control` of the answer.
 * @param name - The entity tag, where something names the content already. Defaults to its digest.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 | RFC 9110 §13.1.2}
 */
export function publishedResponse(
  request: Request,
  file: Published,
  caching: string,
  name?: string,
): Response {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return problemResponse(405, 'use GET', { allow: 'GET, HEAD' })
  }
  if (file === 'gone') return problemResponse(410, 'it is gone', { 'cache-control': caching })
  const tag = name ?? `"${encodeBase64url(sha256(encodeUtf8(file.body)))}"`
  const headers = { 'cache-control': caching, etag: tag }
  if (isKnown(request, tag)) return new Response(null, { status: 304, headers })
  return new Response(request.method === 'HEAD' ? null : file.body, {
    headers: { ...headers, 'content-type': file.contentType },
  })
}
