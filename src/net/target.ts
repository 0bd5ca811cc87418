import { NetworkError } from '../errors/index.ts'
import { classifyAddress } from './address.ts'

/** Longest URL that is fetched, in UTF-16 units. */
export const MAX_URL_LENGTH = 2048

/**
 * Opens the guarded fetch to exact origins on this machine, for tests and demonstrations.
 *
 * The value is a list of origins such as `https://localhost:8443`, `https://agents.acme.localhost:8443`,
 * `https://127.0.0.1:8443` or `https://[::1]:8443`. It is a symbol so that no configuration file can set it.
 * TLS is verified for these origins as for any other.
 */
export const insecureAllowLoopback: unique symbol = Symbol('comity.net.insecureAllowLoopback')

/** A URL that passed the checks that need no look-up. */
export interface Target {
  /** The URL, without a fragment. */
  readonly url: URL
  /** The host's name or address, without brackets. */
  readonly hostname: string
  /** Whether `hostname` is an IP address, in which case it was checked already. */
  readonly isAddress: boolean
  /** Whether the origin is one that was opened with {@link insecureAllowLoopback}. */
  readonly isLoopback: boolean
}

const LOCALHOST = /^(?:[a-z0-9-]+\.)*localhost$/

function refuse(message: string): NetworkError {
  return new NetworkError('COMITY_NET_URL_NOT_ALLOWED', message)
}

function stripBrackets(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
}

// WHATWG URL parsing turns every spelling of an IPv4 address into the decimal one, so it is the test for both families.
function isAddressHost(url: URL): boolean {
  return url.hostname.startsWith('[') || /^\d+\.\d+\.\d+\.\d+$/.test(url.hostname)
}

// The URL parser drops or rewrites these, and another parser on the way might not.
function isRewritten(character: string): boolean {
  return character <= ' ' || character === '\u007f' || character === '\\'
}

function parseUrl(text: string): URL {
  if (text.length > MAX_URL_LENGTH) throw refuse('the URL is too long')
  if (Array.from(text).some(isRewritten))
    throw refuse('the URL has a space, a control character or a backslash')
  const authority = /^https:\/\/([^/?#]+)/i.exec(text)?.[1]
  if (authority === undefined) throw refuse('the URL is not an `https` URL')
  if (authority.includes('@')) throw refuse('the URL carries user information')
  let url: URL
  try {
    url = new URL(text)
  } catch (cause) {
    throw new NetworkError('COMITY_NET_URL_NOT_ALLOWED', 'the URL is malformed', { cause })
  }
  if (url.hostname.endsWith('.')) throw refuse('the host ends in a dot')
  if (url.port === '0') throw refuse('the port is 0')
  if (isAddressHost(url) && !authority.toLowerCase().startsWith(url.hostname)) {
    throw refuse('the host is an IP address in an unusual spelling')
  }
  url.hash = ''
  return url
}

/**
 * Checks a URL as far as that is possible without a look-up.
 *
 * The checks run in this order: length, characters, scheme, user information, form, trailing dot, spelling of
 * an IP address, class of an IP address or a `localhost` name.
 *
 * @param text - An absolute `https` URL of at most 2048 characters.
 * @param openOrigins - The origins that {@link insecureAllowLoopback} opened.
 * @throws {NetworkError} `COMITY_NET_URL_NOT_ALLOWED` when it is no such URL; `COMITY_NET_ADDRESS_NOT_ALLOWED`
 *   when its host is an address, or a `localhost` name, that may not be connected to.
 */
export function parseTarget(text: string, openOrigins: ReadonlySet<string>): Target {
  const url = parseUrl(text)
  const hostname = stripBrackets(url.hostname)
  const isAddress = isAddressHost(url)
  const isLoopback = openOrigins.has(url.origin)
  if (!isLoopback && (isAddress ? classifyAddress(hostname) !== 'public' : LOCALHOST.test(hostname))) {
    throw new NetworkError('COMITY_NET_ADDRESS_NOT_ALLOWED', 'the host is not a public address', {
      details: { host: hostname },
    })
  }
  return { url, hostname, isAddress, isLoopback }
}

/**
 * Checks the origins that a caller wants to open on loopback.
 *
 * @throws {TypeError} An entry is not an exact `https` origin whose host is `localhost`, a name below it, or a
 *   loopback address.
 */
export function parseLoopbackOrigins(origins: readonly string[]): ReadonlySet<string> {
  for (const origin of origins) {
    const url = URL.canParse(origin) ? new URL(origin) : undefined
    if (url?.origin !== origin || url.protocol !== 'https:') {
      throw new TypeError('options[insecureAllowLoopback] must be a list of `https` origins')
    }
    const isLoopback =
      LOCALHOST.test(url.hostname) || classifyAddress(stripBrackets(url.hostname)) === 'loopback'
    if (!isLoopback) throw new TypeError('options[insecureAllowLoopback] must name loopback hosts only')
  }
  return new Set(origins)
}
