import { DEFAULT_PAGE, MAX_KEY_LENGTH, MAX_PAGE, MAX_VALUE_LENGTH } from './store.ts'

const PRINTABLE_ASCII = /^[ -~]*$/
// With the u flag a surrogate matches only where it stands alone.
const NOT_STORABLE = /[\uD800-\uDFFF]|\0/u
const WHOLE_NUMBER = /^(?:0|[1-9][0-9]{0,15})$/

/**
 * Refuses what is not a key, log name or topic.
 *
 * @throws {TypeError} Not 1 to {@link MAX_KEY_LENGTH} printable ASCII characters.
 */
export function assertKey(value: string, name: string): void {
  if (value === '') throw new TypeError(`${name} must not be empty`)
  assertPrefix(value, name)
}

/**
 * Refuses what is not a prefix of a key.
 *
 * @throws {TypeError} Not 0 to {@link MAX_KEY_LENGTH} printable ASCII characters.
 */
export function assertPrefix(value: string, name: string): void {
  if (typeof value !== 'string' || value.length > MAX_KEY_LENGTH || !PRINTABLE_ASCII.test(value)) {
    throw new TypeError(`${name} must be printable ASCII of at most ${MAX_KEY_LENGTH} characters`)
  }
}

/**
 * Refuses what some database could not give back unchanged.
 *
 * @throws {TypeError} Not well-formed text, with U+0000 in it, or longer than {@link MAX_VALUE_LENGTH}.
 */
export function assertValue(value: string, name: string): void {
  if (!isValue(value)) {
    throw new TypeError(
      `${name} must be well-formed text without U+0000 of at most ${MAX_VALUE_LENGTH} units`,
    )
  }
}

/** Whether every database could give the text back unchanged; see {@link assertValue}. */
export function isValue(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_VALUE_LENGTH && !NOT_STORABLE.test(value)
}

/**
 * The expiry of an entry; infinite where it has none.
 *
 * @throws {TypeError} Not a finite number.
 */
export function expiryOf(options: { readonly expiresAt?: number } | undefined): number {
  const expiresAt = options?.expiresAt
  if (expiresAt === undefined) return Infinity
  if (!Number.isFinite(expiresAt)) throw new TypeError('options.expiresAt must be a finite number of seconds')
  return expiresAt
}

/**
 * The number of entries to return.
 *
 * @throws {TypeError} Not a whole number from 1 to {@link MAX_PAGE}.
 */
export function pageOf(options: { readonly limit?: number } | undefined): number {
  const limit = options?.limit ?? DEFAULT_PAGE
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw new TypeError(`options.limit must be a whole number from 1 to ${MAX_PAGE}`)
  }
  return limit
}

/**
 * The sequence number after which to read.
 *
 * @throws {TypeError} Not a whole number from 0.
 */
export function sequenceOf(options: { readonly after?: number } | undefined): number {
  const after = options?.after ?? 0
  if (!Number.isSafeInteger(after) || after < 0) {
    throw new TypeError('options.after must be a whole number from 0')
  }
  return after
}

/**
 * Reads a counter.
 *
 * @throws {TypeError} Not a whole number from 0 to 2^53 − 1 in decimal digits.
 */
export function parseCounter(value: string): number {
  const number = WHOLE_NUMBER.test(value) ? Number(value) : NaN
  if (!Number.isSafeInteger(number)) throw new TypeError('the value under the key is not a counter')
  return number
}

/**
 * Refuses what cannot be subtracted.
 *
 * @throws {TypeError} Not a whole number from 1 to 2^53 − 1.
 */
export function assertAmount(by: number): void {
  if (!Number.isSafeInteger(by) || by < 1) throw new TypeError('by must be a whole number from 1')
}
