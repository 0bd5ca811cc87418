import canonicalize from 'canonicalize'
import { VerificationError } from '../errors/index.ts'
import type { JsonValue } from './json-reader.ts'

/**
 * Spells a JSON value in its canonical form, for hashing and signing.
 *
 * @param value - The value: any that `parseJson` gives, or one built of plain data.
 * @returns The canonical JSON text; its UTF-8 bytes are what is hashed.
 * @throws {VerificationError} `COMITY_JSON_NOT_CANONICALIZABLE` when the value has no canonical form: a
 *   lone surrogate, a number that is not finite, a cycle, or something that is no JSON at all.
 * @see {@link https://www.rfc-editor.org/rfc/rfc8785 | RFC 8785}
 */
export function canonicalizeJson(value: JsonValue): string {
  let text: string | undefined
  try {
    text = canonicalize(value)
  } catch (cause) {
    throw new VerificationError('COMITY_JSON_NOT_CANONICALIZABLE', 'the value has no canonical form', {
      spec: 'RFC 8785 §3.2',
      cause,
    })
  }
  if (text === undefined) {
    throw new VerificationError('COMITY_JSON_NOT_CANONICALIZABLE', 'the value is not JSON', {
      spec: 'RFC 8785 §3.2',
    })
  }
  return text
}
