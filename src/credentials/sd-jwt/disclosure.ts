import { decodeBase64url, parseJson, type JsonValue } from '../../encoding/index.ts'
import { VerificationError } from '../../errors/index.ts'
import { sdDigest, type SdHashName } from './hash.ts'

/** How deep the claims of an SD-JWT may be nested, also once everything is put together. */
export const MAX_SD_JWT_DEPTH: number = 16

/** Names that a claim cannot have, because they carry digests. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(['_sd', '...'])

/** One claim, or one element of an array, that the holder may show or keep. */
export interface Disclosure {
  /** As it was sent. */
  readonly text: string
  /** What stands for it in the payload. */
  readonly digest: string
  /** What keeps the value from being guessed from the digest. */
  readonly salt: string
  /** The claim's name; undefined where it is an element of an array. */
  readonly name: string | undefined
  /** The claim's value, frozen. It may hold digests itself. */
  readonly value: JsonValue
}

/**
 * Reads a disclosure.
 *
 * @param text - What stands between two tildes.
 * @param hash - The hash function of the SD-JWT. Defaults to `sha-256`.
 * @returns The disclosure, frozen. Whether the issuer signed its digest is not known.
 * @throws {VerificationError} `COMITY_SD_JWT_DISCLOSURE` when it is not base64url without padding, not a JSON array of
 *   two or three elements, when salt or name is no text, or the name is `_sd` or `...`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9901#section-4.2 | RFC 9901 §4.2}
 */
export function parseDisclosure(text: string, hash: SdHashName = 'sha-256'): Disclosure {
  const content = readContent(text)
  if (!Array.isArray(content) || (content.length !== 2 && content.length !== 3)) {
    throw malformed('a disclosure is not an array of two or three elements')
  }
  const [salt, name] = content as readonly JsonValue[]
  const value = content[content.length - 1] as JsonValue
  if (typeof salt !== 'string') throw malformed('the salt of a disclosure is not a text')
  if (content.length === 2) {
    return Object.freeze({ text, digest: sdDigest(hash, text), salt, name: undefined, value })
  }
  if (typeof name !== 'string') throw malformed('the name in a disclosure is not a text')
  if (RESERVED_NAMES.has(name)) throw malformed('a disclosure has a reserved name')
  return Object.freeze({ text, digest: sdDigest(hash, text), salt, name, value })
}

function readContent(text: string): JsonValue {
  try {
    // The array of the disclosure itself is one level more.
    return parseJson(decodeBase64url(text), { maxDepth: MAX_SD_JWT_DEPTH + 1 })
  } catch (cause) {
    if (!(cause instanceof VerificationError)) throw cause
    throw new VerificationError('COMITY_SD_JWT_DISCLOSURE', 'a disclosure is not JSON in base64url', {
      spec: 'RFC 9901 §4.2',
      details: { because: cause.code },
      cause,
    })
  }
}

function malformed(message: string): VerificationError {
  return new VerificationError('COMITY_SD_JWT_DISCLOSURE', message, { spec: 'RFC 9901 §4.2' })
}
