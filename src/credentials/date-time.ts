const DATE_TIME_STAMP =
  /^(-?(?:[1-9][0-9]{3,5}|0[0-9]{3}))-([0-9]{2})-([0-9]{2})T(?:([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(\.[0-9]{1,64})?|(24):00:00(?:\.0{1,64})?)(Z|([+-])(0[0-9]|1[0-3]):([0-5][0-9])|([+-])14:00)$/

/** 9999-12-31T23:59:59Z: later moments have no spelling with four digits for the year, and none is written. */
const MAX_SECONDS = 253_402_300_799

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
/** From the first of March of the year 0 to the first of January 1970. */
const DAYS_TO_EPOCH = 719_468

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
  return parseUsualStamp(text) ?? parseAnyStamp(text)
}

/**
 * Reads what nearly all of them are, in a tenth of the time: four digits for the year, in UTC, to the second or to the
 * millisecond. Undefined where the text is of another form, or no dateTimeStamp.
 */
function parseUsualStamp(text: string): number | undefined {
  const withMilliseconds = text.length === 24 && text[19] === '.'
  const end = withMilliseconds ? 23 : 19
  const isUsual =
    text.length === end + 1 &&
    text[4] === '-' &&
    text[7] === '-' &&
    text[10] === 'T' &&
    text[13] === ':' &&
    text[16] === ':' &&
    text[end] === 'Z'
  if (!isUsual) return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 2)
  const day = digits(text, 8, 2)
  const hours = digits(text, 11, 2)
  const minutes = digits(text, 14, 2)
  const seconds = digits(text, 17, 2)
  const milliseconds = withMilliseconds ? digits(text, 20, 3) : 0
  // Comparisons with NaN are false.
  const isDate = year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month)
  const isTime = hours <= 23 && minutes <= 59 && seconds <= 59 && milliseconds >= 0
  if (!isDate || !isTime) return undefined
  const days = daysBefore(year, month) + day - 1
  return days * 86_400 + hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
}

/** The number that some decimal digits spell; NaN where one of them is none. */
function digits(text: string, from: number, count: number): number {
  let value = 0
  for (let at = from; at < from + count; at++) {
    const digit = text.charCodeAt(at) - 0x30
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function daysIn(year: number, month: number): number {
  if (month !== 2) return DAYS_IN_MONTH[month - 1] ?? 0
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

/** Days from the epoch to the first of a month, in the calendar that `Date` has. Years begin in March here. */
function daysBefore(year: number, month: number): number {
  const years = month <= 2 ? year - 1 : year
  const leapDays = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400)
  const months = (month + 9) % 12
  return years * 365 + leapDays + Math.floor((153 * months + 2) / 5) - DAYS_TO_EPOCH
}

function parseAnyStamp(text: string): number | undefined {
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
