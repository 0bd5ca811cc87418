import { VerificationError } from '../../errors/index.ts'
import { parseDid } from '../syntax.ts'
import { isHash } from './hash.ts'

/** A `did:webvh`, taken apart. */
export interface WebvhDid {
  /** The DID, as it was written. */
  readonly did: string
  /** The self-certifying identifier: the hash of the log's first entry. */
  readonly scid: string
  /** What follows the SCID, as it was written: where the log is. */
  readonly place: string
  /** The `https` URL that the log's files stand below, with a slash at its end and without `.well-known`. */
  readonly base: string
  /** Where the log is. */
  readonly logUrl: string
  /** Where the proofs of witnesses are. */
  readonly witnessUrl: string
}

const SPEC = 'did:webvh 1.0, Method-Specific Identifier'
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const PORT = /^[0-9]{1,5}$/
const MAX_HOST_LENGTH = 253
/** What ends the host of a URL, or is none of a host's business; a `%` would be decoded a second time. */
const NOT_IN_HOST = /[\p{Cc}\s%/\\?#@:[\]<>^|"`{}]/u

function invalid(message: string, cause?: unknown): VerificationError {
  return new VerificationError('COMITY_DID_INVALID', message, { spec: SPEC, cause })
}

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw invalid('a part of the DID is not percent-encoded UTF-8', cause)
  }
}

/** Maps a domain name, in any script, to the one that is looked up. */
function toAscii(name: string): string {
  const text = name.normalize('NFC')
  if (NOT_IN_HOST.test(text) || !URL.canParse(`https://${text}/`))
    throw invalid('the host of the DID is none')
  const host = new URL(`https://${text}/`).hostname
  // For who develops on one machine. A guarded fetch goes there only where it was opened for it.
  if (host === 'localhost') return host
  const labels = host.split('.')
  if (host.length > MAX_HOST_LENGTH || labels.length < 2 || !labels.every((label) => LABEL.test(label)))
    throw invalid('the host of the DID is not a fully qualified domain name')
  // The parser has turned all spellings of an IPv4 address into the decimal one.
  if (/^[0-9]+$/.test(labels.at(-1) ?? '')) throw invalid('the host of the DID is an IP address')
  return host
}

function toAuthority(domain: string): string {
  const [name = '', port, ...more] = domain.split(/%3A/i)
  if (more.length > 0) throw invalid('the DID has two ports')
  const host = toAscii(decodePart(name))
  if (port === undefined) return host
  const number = PORT.test(port) ? Number(port) : 0
  if (number < 1 || number > 65_535) throw invalid('the port of the DID is not a port')
  return `${host}:${String(number)}`
}

function toSegment(segment: string): string {
  const decoded = decodePart(segment)
  if (decoded === '' || decoded === '.' || decoded === '..')
    throw invalid('a path segment of the DID is empty or dots')
  if (/[/\\\p{Cc}]/u.test(decoded) || decoded !== decoded.trim())
    throw invalid('a path segment of the DID hides a separator, a control character or white space')
  return encodeURIComponent(decoded)
}

/**
 * Parses a `did:webvh` and says where its files are.
 *
 * Percent-encoding is decoded once. The host may be in any script; what it is mapped to must be a fully qualified
 * domain name, or `localhost`, and no IP address. Whether it may be connected to is the fetch's business.
 *
 * @returns The parts, frozen.
 * @throws {VerificationError} `COMITY_DID_INVALID` when it is no `did:webvh`, the SCID is no SHA-256 multihash, or
 *   host, port or a path segment is refused.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#the-did-to-https-transformation | did:webvh, DID to HTTPS}
 */
export function parseWebvhDid(did: string): WebvhDid {
  const { method, id } = parseDid(did)
  if (method !== 'webvh') throw invalid('the DID is not a `did:webvh`')
  const [scid = '', domain, ...segments] = id.split(':')
  if (!isHash(scid)) throw invalid('the SCID is not a SHA-256 multihash')
  if (domain === undefined) throw invalid('the DID has no host')
  const origin = `https://${toAuthority(domain)}/`
  const base = `${origin}${segments.map((segment) => `${toSegment(segment)}/`).join('')}`
  const folder = segments.length === 0 ? `${origin}.well-known/` : base
  return Object.freeze({
    did,
    scid,
    place: [domain, ...segments].join(':'),
    base,
    logUrl: `${folder}did.jsonl`,
    witnessUrl: `${folder}did-witness.json`,
  })
}
