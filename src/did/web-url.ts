import { VerificationError } from '../errors/index.ts'
import { parseDid } from './syntax.ts'

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const PORT = /^[1-9][0-9]{0,4}$/
const MAX_HOST_LENGTH = 253
/** What a DID takes as it is: encoding it would be a second spelling. */
const NEEDS_NO_ENCODING = /%(?:2D|2E|3[0-9]|4[1-9A-F]|5[0-9A]|5F|6[1-9A-F]|7[0-9A])/
const WELL_KNOWN = '/.well-known/did.json'
const DOCUMENT = '/did.json'

function invalid(message: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_DID_INVALID', message, { spec: 'did:web §2.5.2', cause })
}

function checkHost(host: string): void {
  const labels = host.split('.')
  if (host.length > MAX_HOST_LENGTH || !labels.every((label) => LABEL.test(label))) {
    throw invalid('the host of the DID is not a lower-case domain name')
  }
  // URL parsers take these for IPv4 addresses, in decimal, octal or hexadecimal.
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? ''))
    throw invalid('the host of the DID is an IP address')
}

function checkPort(port: string): void {
  if (!PORT.test(port) || Number(port) > 65_535) throw invalid('the port of the DID is not a port')
}

function checkSegment(segment: string): void {
  if (/%[0-9A-F]?[a-f]/.test(segment) || NEEDS_NO_ENCODING.test(segment)) {
    throw invalid('a path segment of the DID is not in its canonical spelling')
  }
  let decoded: string
  try {
    decoded = decodeURIComponent(segment)
  } catch (cause) {
    throw invalid('a path segment of the DID is not UTF-8', cause)
  }
  if (decoded === '' || decoded === '.' || decoded === '..')
    throw invalid('a path segment of the DID is empty or dots')
  if (/[/\\%\p{Cc}]/u.test(decoded)) throw invalid('a path segment of the DID hides a separator')
}

/**
 * Says where the document of a `did:web` is.
 *
 * The mapping is strict so that each document has one DID: a lower-case domain name (punycode where needed, no IP
 * address), a port as `%3A` and digits unless it is 443, and path segments that hide no separator, dots or
 * control character. Whether the host may be connected to is the fetch's business.
 *
 * @param did - The DID.
 * @returns An `https` URL.
 * @throws {VerificationError} `COMITY_DID_INVALID` when it is no `did:web`, or one that this mapping refuses.
 * @see {@link https://w3c-ccg.github.io/did-method-web/#read-resolve | did:web §2.5.2}
 */
export function didWebUrl(did: string): string {
  const { method, id } = parseDid(did)
  if (method !== 'web') throw invalid('the DID is not a `did:web`')
  const [authority = '', ...segments] = id.split(':')
  const [host = '', port, ...more] = authority.split('%3A')
  checkHost(host)
  if (more.length > 0) throw invalid('the DID has two ports')
  if (port !== undefined) checkPort(port)
  segments.forEach(checkSegment)
  const path = segments.length === 0 ? WELL_KNOWN : `/${segments.join('/')}${DOCUMENT}`
  const url = `https://${host}${port === undefined ? '' : `:${port}`}${path}`
  // The parser knows which punycode is malformed, leaves out 443, and must find nothing else to change.
  if (!URL.canParse(url) || new URL(url).href !== url) throw invalid('the DID leads to no URL')
  return url
}

/** What is not seen, or what another character is written as when nobody looks closely. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{White_Space}\u3002\uff0e\uff61]/u
const AUTHORITY = /^https:\/\/([^/?#\\%]+)(?:[/?#]|$)/i

/**
 * Refuses a host in another script that would become a name other than the one that is read: URL parsers turn full-width
 * letters into plain ones, and leave out soft hyphens. What is left is mapped to punycode and nothing else.
 */
function checkScript(url: string): void {
  const [, authority] = AUTHORITY.exec(url) ?? []
  if (authority === undefined) throw invalid('the URL is not plain `https`')
  // Plain ASCII has one other spelling, by case, that anybody can see.
  if (/^[\x21-\x7e]*$/.test(authority)) return
  const isPlain = authority === authority.normalize('NFKC') && authority === authority.toLowerCase()
  if (!isPlain || UNSEEN.test(authority)) throw invalid('the host of the URL is not written plainly')
}

function encodeSegment(segment: string): string {
  let decoded: string
  try {
    decoded = decodeURIComponent(segment)
  } catch (cause) {
    throw invalid('the path of the URL is not UTF-8', cause)
  }
  return encodeURIComponent(decoded).replace(/[!'()*~]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  })
}

/**
 * Names what is found at a URL as a DID; the inverse of {@link didWebUrl}.
 *
 * @param url - An `https` URL: of the document (`…/did.json`), or of the place whose DID it is, such as
 *   `https://acme.example` or `https://acme.example/agents/invoices`. No query, fragment or user information. A host in
 *   another script becomes punycode, if it is in lower case and has no look-alikes of plain characters in it.
 * @throws {VerificationError} `COMITY_DID_INVALID` when there is no such DID.
 */
export function didWebFromUrl(url: string): string {
  if (!URL.canParse(url)) throw invalid('the URL is malformed')
  checkScript(url)
  const { protocol, username, password, search, hash, hostname, port, pathname } = new URL(url)
  if (protocol !== 'https:' || `${username}${password}${search}${hash}` !== '') {
    throw invalid('the URL is not plain `https`')
  }
  const path = pathname === WELL_KNOWN ? '' : pathname.replace(/\/did\.json$/, '').replace(/\/$/, '')
  const segments = path.split('/').slice(1).map(encodeSegment)
  const did = ['did:web', `${hostname}${port === '' ? '' : `%3A${port}`}`, ...segments].join(':')
  didWebUrl(did)
  return did
}
