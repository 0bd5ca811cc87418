import { base64 } from '@scure/base'
import { malformed, MAX_CERTIFICATE_BYTES } from './der.ts'

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,64})-----([^-]*)-----END \1-----/g
const MAX_PEM_LENGTH = 1 << 20
const MAX_BLOCKS = 512

/** A part of a PEM file. */
export interface PemBlock {
  /** What it says to be, such as `CERTIFICATE`. */
  readonly label: string
  /** Its bytes. */
  readonly bytes: Uint8Array
}

/**
 * Reads the blocks of a PEM file. Text around them is passed over.
 *
 * @param text - At most 1 MiB.
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED` when it is too large or a block is no base64.
 * @see {@link https://www.rfc-editor.org/rfc/rfc7468#section-3 | RFC 7468 §3}
 */
export function parsePem(text: string): readonly PemBlock[] {
  if (text.length > MAX_PEM_LENGTH) throw malformed('the PEM text is too large')
  const blocks: PemBlock[] = []
  for (const [, label = '', content = ''] of text.matchAll(BLOCK)) {
    if (blocks.length === MAX_BLOCKS) throw malformed('the PEM text has too many blocks')
    blocks.push({ label, bytes: decodeBase64(content.replace(/\s/g, ''), MAX_CERTIFICATE_BYTES) })
  }
  return blocks
}

/**
 * Decodes standard base64 with its padding.
 *
 * @throws {VerificationError} `COMITY_CERTIFICATE_MALFORMED`.
 */
export function decodeBase64(text: string, maxBytes: number): Uint8Array {
  if (text.length > Math.ceil(maxBytes / 3) * 4) throw malformed('it is too large')
  try {
    return base64.decode(text)
  } catch (cause) {
    throw malformed('it is no base64', cause)
  }
}

/** Encodes in standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  return base64.encode(bytes)
}

/** Writes a PEM block, with a newline at its end. */
export function formatPem(label: string, bytes: Uint8Array): string {
  const lines = encodeBase64(bytes).match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
