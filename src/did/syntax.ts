import { VerificationError } from '../errors/index.ts'

/** Longest DID or DID URL, in characters. */
export const MAX_DID_LENGTH = 2048

/** A decentralized identifier, taken apart. */
export interface Did {
  /** The whole identifier, such as `did:web:acme.example:agents:invoices`. */
  readonly did: string
  /** The method's name, such as `web`. */
  readonly method: string
  /** What follows the method, percent-encoded as it was. */
  readonly id: string
}

/** A DID URL, taken apart. */
export interface DidUrl {
  /** The whole URL. */
  readonly url: string
  /** The DID that it starts with. */
  readonly did: string
  /** The path with its leading `/`; absent when empty. */
  readonly path?: string
  /** The query without `?`; absent when there is no `?`. */
  readonly query?: string
  /** The fragment without `#`; absent when there is no `#`. */
  readonly fragment?: string
}

/** The method, and its own part, which must not end with a colon. */
const DID = /^did:([a-z0-9]+):([A-Za-z0-9._:-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9._:-]*)*)(?<!:)$/
const PATH = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$/
const QUERY_OR_FRAGMENT = /^(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*$/

function invalid(message: string, spec: string): VerificationError {
  return new VerificationError('COMITY_DID_INVALID', message, { spec })
}

function checkLength(text: unknown): asserts text is string {
  if (typeof text !== 'string') throw invalid('the DID is not a text', 'DID Core §3.1')
  if (text.length > MAX_DID_LENGTH) throw invalid('the DID is too long', 'DID Core §3.1')
}

/**
 * Parses a DID, which has no path, query or fragment.
 *
 * @param text - At most 2048 characters.
 * @returns The parts, frozen.
 * @throws {VerificationError} `COMITY_DID_INVALID` when it is no DID.
 * @see {@link https://www.w3.org/TR/did-1.0/#did-syntax | DID Core §3.1}
 */
export function parseDid(text: string): Did {
  checkLength(text)
  const [, method, id] = DID.exec(text) ?? []
  if (method === undefined || id === undefined) throw invalid('the text is not a DID', 'DID Core §3.1')
  return Object.freeze({ did: text, method, id })
}

/** Says whether a value is a DID as {@link parseDid} takes it. */
export function isDid(value: unknown): value is string {
  return isAccepted(() => parseDid(value as string))
}

/** Says whether a value is a DID URL, as {@link parseDidUrl} takes it, that starts with this DID. */
export function isDidUrlOf(value: unknown, did: string): value is string {
  return isAccepted(() => parseDidUrl(value as string)) && parseDidUrl(value as string).did === did
}

function isAccepted(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch (error) {
    if (error instanceof VerificationError) return false
    throw error
  }
}

/**
 * Parses a DID URL, such as the name of a key.
 *
 * @param text - At most 2048 characters, starting with a DID; relative ones are not taken.
 * @returns The parts, frozen.
 * @throws {VerificationError} `COMITY_DID_INVALID` when it is no DID URL.
 * @see {@link https://www.w3.org/TR/did-1.0/#did-url-syntax | DID Core §3.2}
 */
export function parseDidUrl(text: string): DidUrl {
  checkLength(text)
  const [beforeFragment, fragment] = splitAt(text, '#')
  const [beforeQuery, query] = splitAt(beforeFragment, '?')
  const [did, pathAfterSlash] = splitAt(beforeQuery, '/')
  const path = pathAfterSlash === undefined ? '' : `/${pathAfterSlash}`
  if (!PATH.test(path) || !QUERY_OR_FRAGMENT.test(query ?? '') || !QUERY_OR_FRAGMENT.test(fragment ?? '')) {
    throw invalid('the text is not a DID URL', 'DID Core §3.2')
  }
  parseDid(did)
  return Object.freeze({
    url: text,
    did,
    ...(path !== '' && { path }),
    ...(query !== undefined && { query }),
    ...(fragment !== undefined && { fragment }),
  })
}

function splitAt(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark)
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
