const MAX_LENGTH = 4096
const PRINTABLE_ASCII_URI = /^https?:\/\/[^/?#\\][!-[\]-~]*$/i
const UNRESERVED = /^[A-Za-z0-9._~-]$/

/**
 * Brings the URI of a request into the one spelling in which two can be compared.
 *
 * Query and fragment are dropped; scheme and host are lowered, the default port and dot segments removed, an empty
 * path becomes `/`, and percent-encoding gets one form. Paths stay case-sensitive.
 *
 * @param text - An absolute `http` or `https` URI.
 * @returns The normalised URI; undefined when the text is not such a URI, is longer than 4096 characters, or has a
 *   user name, a backslash, white space or anything outside ASCII.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449#section-4.3 | RFC 9449 §4.3}
 * @see {@link https://www.rfc-editor.org/rfc/rfc3986#section-6.2 | RFC 3986 §6.2.2 and §6.2.3}
 */
export function normalizeTargetUri(text: string): string | undefined {
  if (text.length > MAX_LENGTH || !PRINTABLE_ASCII_URI.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.username !== '' || url.password !== '') return undefined
  const path = url.pathname.replace(/%[0-9A-Fa-f]{2}/g, (triplet) => {
    const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16))
    return UNRESERVED.test(character) ? character : triplet.toUpperCase()
  })
  return `${url.protocol}//${url.host}${path}`
}
