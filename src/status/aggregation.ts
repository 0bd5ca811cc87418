import { parseJsonObject } from '../encoding/index.ts'
import { ComityError, VerificationError } from '../errors/index.ts'

/** The type of the service in an issuer's DID document that says where its Token Status Lists are named. */
export const STATUS_LIST_AGGREGATION_SERVICE: string = 'TokenStatusListAggregation'

/** The media type that an aggregation is served and asked for with. */
export const STATUS_LIST_AGGREGATION_MEDIA_TYPE: string = 'application/json'

/** The most lists that an aggregation may name here. */
export const MAX_AGGREGATED_LISTS: number = 64

/** The most bytes of an aggregation. */
export const MAX_AGGREGATION_BYTES: number = 65_536

const MAX_URI_LENGTH = 2048

/**
 * Writes which Token Status Lists an issuer has.
 *
 * @param uris - Where they are, in their order.
 * @returns JSON.
 * @throws {TypeError} When they are more than {@link MAX_AGGREGATED_LISTS}.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-9.3 | Token Status List §9.3}
 */
export function formatStatusListAggregation(uris: readonly string[]): string {
  if (uris.length > MAX_AGGREGATED_LISTS) {
    throw new TypeError(`an aggregation names at most ${MAX_AGGREGATED_LISTS} lists`)
  }
  return JSON.stringify({ status_lists: uris })
}

/**
 * Reads which Token Status Lists an issuer has. Nobody signs that: whoever serves it can keep a list back, with what
 * was revoked in it. It is as much the issuer's as TLS and the URL in its DID document make it.
 *
 * Other members are passed over, as the draft lets others add some.
 *
 * @param text - JSON of at most 64 KiB.
 * @returns The `https` URLs of at most {@link MAX_AGGREGATED_LISTS} lists, each once, frozen.
 * @throws {VerificationError} `COMITY_STATUS_LIST_INVALID`.
 * @see {@link https://datatracker.ietf.org/doc/html/draft-ietf-oauth-status-list#section-9.3 | Token Status List §9.3}
 */
export function parseStatusListAggregation(text: string): readonly string[] {
  const { status_lists: uris } = parse(text)
  if (!Array.isArray(uris)) throw invalid('status_lists is not a list')
  if (uris.length > MAX_AGGREGATED_LISTS) throw invalid('the aggregation names too many lists')
  const texts = uris.filter((uri): uri is string => typeof uri === 'string' && isListUri(uri))
  if (texts.length !== uris.length) throw invalid('an entry of status_lists is no https URL')
  if (new Set(texts).size !== texts.length) throw invalid('the aggregation names a list twice')
  return Object.freeze(texts)
}

function isListUri(uri: string): boolean {
  if (uri.length > MAX_URI_LENGTH || !URL.canParse(uri)) return false
  const { protocol, username, hash, href } = new URL(uri)
  return protocol === 'https:' && username === '' && hash === '' && href === uri
}

function parse(text: string): ReturnType<typeof parseJsonObject> {
  try {
    return parseJsonObject(text, { maxBytes: MAX_AGGREGATION_BYTES })
  } catch (cause) {
    if (!(cause instanceof ComityError)) throw cause
    throw invalid('the aggregation is not a JSON object', cause)
  }
}

function invalid(message: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_STATUS_LIST_INVALID', message, {
    spec: 'Token Status List §9.3',
    ...(cause === undefined ? {} : { cause }),
  })
}
