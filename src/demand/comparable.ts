/** `YYYY-MM-DDTHH:MM:SS`, a fraction, and `Z` or an offset; upper case only, one spelling for a letter. */
const DATE_TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|([+-])(\d{2}):(\d{2}))$/

/**
 * The form in which predicates compare a value: an integer, a boolean or a text; undefined for anything else (objects,
 * null, numbers that are not safe integers), which no predicate can name.
 *
 * A text that is a date-time becomes the integer of its seconds, so that one claim can be compared with a date-time, a
 * number of seconds or a time relative to now, and has one form in a circuit too.
 */
export function comparable(value: unknown): string | number | boolean | undefined {
  if (typeof value === 'string') return parseDateTime(value) ?? value
  if (typeof value === 'boolean') return value
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}

/**
 * The seconds since the Unix epoch of an RFC 3339 date-time, with any fraction dropped; undefined for another text,
 * for a day or an hour that does not exist, for lower-case letters and for the leap second 60.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc3339#section-5.6 RFC 3339 §5.6}
 */
export function parseDateTime(text: string): number | undefined {
  if (text.length > 35) return undefined
  const match = DATE_TIME.exec(text)
  if (match === null) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const [offsetHour, offsetMinute] = [Number(match[8] ?? 0), Number(match[9] ?? 0)]
  if (hour > 23 || minute > 59 || second > 59 || offsetHour > 23 || offsetMinute > 59) return undefined
  const date = new Date(0)
  // Not Date.UTC, which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day)
  // A day that the month has not, or a month that the year has not, ends up in another month.
  if (date.getUTCMonth() !== month - 1) return undefined
  date.setUTCHours(hour, minute, second)
  const offset = (offsetHour * 60 + offsetMinute) * 60
  return date.getTime() / 1000 - (match[7] === '-' ? -offset : offset)
}
