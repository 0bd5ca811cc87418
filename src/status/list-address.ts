import type { StatusPurpose } from '../credentials/index.ts'
import { encodeBase64url, encodeUtf8 } from '../encoding/index.ts'
import { sha256 } from '../runtime/index.ts'

/** The lists of one publisher: `BASE/KIND/NUMBER`. */
const LIST_PATH = /^\/(revocation|suspension|token)\/([1-9][0-9]{0,8})$/

/** What a published list holds: the bits of one purpose in a Bitstring list, or the statuses of a Token Status List. */
export type PublishedKind = StatusPurpose | 'token'

/** Which of a publisher's lists. */
export interface ListAddress {
  readonly kind: PublishedKind
  /** From 1. */
  readonly number: number
  /** Where verifiers fetch it. */
  readonly url: string
}

/**
 * Reads the URL under which a publisher's lists are.
 *
 * @returns The URL without a slash at the end.
 * @throws {TypeError} When it is no canonical https URL, or has a query or a fragment.
 */
export function parseListBase(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const canonical = url !== undefined && (url.href === text || url.href === `${text}/`)
  if (
    !canonical ||
    url.protocol !== 'https:' ||
    url.search !== '' ||
    url.hash !== '' ||
    url.username !== ''
  ) {
    throw new TypeError(
      'options.url must be an https URL as the URL standard writes it, without query and fragment',
    )
  }
  return text.replace(/\/$/, '')
}

/** The address of a publisher's list. */
export function listAddress(base: string, kind: PublishedKind, number: number): ListAddress {
  return { kind, number, url: `${base}/${kind}/${number}` }
}

/** The address that a URL spells; undefined where it is none of this publisher's. */
export function parseListAddress(base: string, url: string): ListAddress | undefined {
  if (!url.startsWith(`${base}/`)) return undefined
  const [, kind, number] = LIST_PATH.exec(url.slice(base.length)) ?? []
  if (kind !== 'revocation' && kind !== 'suspension' && kind !== 'token') return undefined
  return listAddress(base, kind, Number(number))
}

/** Where a publisher names all of its Token Status Lists. */
export function aggregationUrl(base: string): string {
  return `${base}/aggregation`
}

/** Under which key the list itself is stored: as it is served. */
export function listKey({ url }: ListAddress): string {
  return `status/list/${hash(url)}`
}

/** Under which key it is stored in which order the places of a list are given out. */
export function orderKey({ url }: ListAddress): string {
  return `status/order/${hash(url)}`
}

/** Under which key it is stored how many places of a list are left. */
export function leftKey({ url }: ListAddress): string {
  return `status/left/${hash(url)}`
}

/** Keys of the store are short; URLs need not be. */
function hash(url: string): string {
  return encodeBase64url(sha256(encodeUtf8(url)))
}
