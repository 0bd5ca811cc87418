const TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:Z|\+00:00)$/

/** A moment that a log tells, taken apart. */
export interface LogTime {
  /** Sorts as the moments do: UTC to the nanosecond, always of the same length. */
  readonly order: string
  /** Seconds since the Unix epoch, with a fraction. */
  readonly seconds: number
}

/**
 * Reads a time of a log: ISO 8601 in UTC, with `Z` or `+00:00`, to at most nine digits of a second.
 *
 * @returns The moment; `undefined` when the text is no such time.
 * @see {@link https://identity.foundation/didwebvh/v1.0/#read-resolve | did:webvh, Read, step 4}
 */
export function parseLogTime(text: unknown): LogTime | undefined {
  const match = typeof text === 'string' ? TIME.exec(text) : null
  if (match === null) return undefined
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = ''] = match
  const date = new Date(0)
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour), Number(minute), Number(second))
  const head = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  // What overflows, such as the 30th of February, comes out as another moment.
  if (date.toISOString() !== `${head}.000Z`) return undefined
  return {
    order: `${head}.${fraction.padEnd(9, '0')}Z`,
    seconds: date.getTime() / 1000 + Number(`0.${fraction}0`),
  }
}

/**
 * Writes a time as logs have it, to the millisecond, without a fraction that is zero.
 *
 * @param seconds - Seconds since the Unix epoch, in the years 1970 to 9999.
 * @throws {TypeError} When the moment is out of range.
 */
export function formatLogTime(seconds: number): string {
  // Rounded, as a whole number of milliseconds comes out a little below itself from being divided and multiplied.
  const milliseconds = Math.round(seconds * 1000)
  if (!(milliseconds >= 0 && milliseconds < 253_402_300_800_000))
    throw new TypeError('options.now must be seconds since the epoch')
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z')
}
