import { VerificationError } from '../errors/index.ts'

const MAX_LENGTH = 8192 + 16
const FORM = /^DPoP ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i

/**
 * Takes the access token out of the value of an `Authorization` header.
 *
 * @param value - The header's value, or null where there is none. At most 8208 characters.
 * @returns The token, not verified.
 * @throws {VerificationError} `COMITY_SESSION_TOKEN_INVALID` when the header is missing (`details.missing`), too
 *   long, given twice, or of another scheme than `DPoP`. A token bound to a key is never taken as `Bearer`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-7.1 | RFC 9449 §7.1 and §7.2}
 */
export function parseAuthorization(value: string | null): string {
  if (value === null || value === '') {
    throw new VerificationError('COMITY_SESSION_TOKEN_INVALID', 'the request has no `Authorization` header', {
      spec: 'RFC 9449 §7.1',
      details: { missing: true },
    })
  }
  const token = value.length > MAX_LENGTH ? undefined : FORM.exec(value)?.[1]
  if (token === undefined) {
    throw new VerificationError(
      'COMITY_SESSION_TOKEN_INVALID',
      '`Authorization` is not one `DPoP` access token',
      {
        spec: 'RFC 9449 §7.1',
        details: { length: value.length, maxLength: MAX_LENGTH },
      },
    )
  }
  return token
}
