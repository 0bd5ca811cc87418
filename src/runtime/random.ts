import { base64urlnopad } from '@scure/base'

/** The most that `crypto.getRandomValues` gives at once. */
const MAX_LENGTH = 65_536
const ID_BYTES = 16

/**
 * Gives random bytes fit for keys and nonces.
 *
 * @param length - How many, 0 to 65536.
 * @returns New bytes from the system's generator.
 * @throws {TypeError} When the length is out of range.
 */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(length) || length < 0 || length > MAX_LENGTH) {
    throw new TypeError(`length must be 0 to ${String(MAX_LENGTH)}`)
  }
  return crypto.getRandomValues(new Uint8Array(length))
}

/**
 * Gives an identifier that nobody can guess and that never comes twice.
 *
 * @returns 128 random bits in base64url, 22 characters.
 */
export function randomId(): string {
  return base64urlnopad.encode(randomBytes(ID_BYTES))
}

/**
 * Names something by a random UUID of version 4.
 *
 * @returns A URN such as `urn:uuid:f81d4fae-7dec-41d0-a765-00a0c91e6bf6`.
 * @see {@link https://www.rfc-editor.org/rfc/rfc9562#section-5.4 | RFC 9562 §5.4}
 */
export function randomUrn(): string {
  return `urn:uuid:${crypto.randomUUID()}`
}
