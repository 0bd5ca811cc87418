const DATE_TIME_STAMP =
  /^(-?(?:[1-9][0-9]{3,5}|0[0-9]{3}))-([0-9]{2})-([0-9]{2})T(?:([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(\.[0-9]{1,64})?|(24):00:00(?:\.0{1,64})?)(Z|([+-])(0[0-9]|1[0-3]):([0-5][0-9])|([+-])14:00)$/

/** 9999-12-31T23:59:59Z: later moments have no spelling with four digits for the year, and none is written. */
const MAX_SECONDS = 253_402_300_799

/**
 * Reads an `xsd:dateTimeStamp`: a date, `T`, a time, and always a time zone.
 *
 * Years have four digits, or up to six where they need them, and may be negative; those beyond what `Date` can hold,
 * some 271,000 years from the epoch, are refused. Fractions have at most 64 digits. There are no leap seconds, and
 * `24:00:00` is midnight at the day's end.
 *
 * @param text - Any text.
 * @returns Seconds since the Unix epoch, with a fraction; undefined where the text is no dateTimeStamp.
 * @see {@link https://www.w3.org/TR/xmlschema11-2/#dateTimeStamp | XML Schema 1.1 part 2 §3.4.28}
 */
export function parseDateTimeStamp(text: string): number | undefined {
  const match = DATE_TIME_STAMP.exec(text)
  if (match === null) return undefined
  const part = (index: number): number => Number(match[index] ?? 0)
  const [year, month, day] = [part(1), part(2), part(3)]
  const date = new Date(0)
  // Not Date.UTC(year, …), which takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  const hours = match[8] === undefined ? part(4) : 24
  const local = date.getTime() / 1000 + hours * 3600 + part(5) * 60 + part(6) + part(7)
  return local - offsetSeconds(match)
}

/**
 * Writes a moment as an `xsd:dateTimeStamp` in UTC, to the millisecond, without a fraction that is zero.
 *
 * @param seconds - Seconds since the Unix epoch, 0 up to the end of the year 9999.
 * @returns Such as `2026-11-24T05:46:00Z`.
 * @throws {TypeError} When the moment is out of range.
 */
export function formatDateTimeStamp(seconds: number): string {
  if (!(seconds >= 0 && seconds <= MAX_SECONDS)) {
    throw new TypeError(`a time must be 0 to ${String(MAX_SECONDS)} seconds since the epoch`)
  }
  return new Date(Math.floor(seconds * 1000)).toISOString().replace('.000Z', 'Z')
}

function offsetSeconds(match: RegExpExecArray): number {
  const [sign, hours, minutes] = [match[10], match[11], match[12]]
  if (sign !== undefined) return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
  if (match[13] !== undefined) return (match[13] === '-' ? -1 : 1) * 14 * 3600
  return 0
}
