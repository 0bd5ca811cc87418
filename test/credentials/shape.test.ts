import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDateTimeStamp } from '../../src/credentials/index.ts'
import { isAbsoluteUrl } from '../../src/credentials/shape.ts'

const piece = fc.constantFrom(
  ...Array.from(':/?#[]@!$&%\\|^ \n\té'),
  'did',
  'urn',
  'https',
  'DID',
  'a',
  '0',
  '%zz',
  '//',
  '::1',
)
const urls = fc
  .tuple(
    fc.constantFrom('did:', 'urn:', 'https://', 'https:', 'DID:', 'did', ''),
    fc.array(piece, { maxLength: 8 }),
  )
  .map(([scheme, pieces]) => scheme + pieces.join(''))

/** Characters of RFC 3986 after a scheme, and what the engine reads. */
function isUrl(text: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:[a-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/i.test(text)) return false
  try {
    return new URL(text).protocol !== ''
  } catch {
    return false
  }
}

describe('isAbsoluteUrl', () => {
  it('says what the engine says, of what is spelled in the characters of URLs', () => {
    fc.assert(
      fc.property(urls, (text) => isAbsoluteUrl(text) === isUrl(text)),
      { numRuns: 5000 },
    )
    const { failed } = fc.check(
      fc.property(urls, (text) => (/^(?:did|urn):/.test(text) || isAbsoluteUrl(text)) === isUrl(text)),
      { numRuns: 5000 },
    )
    expect(failed).toBe(true)
  })
})

/** The time that `Date` reads, where it has a date that is on the calendar and the text is in the one usual form. */
function usualTime(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/.test(text)) return undefined
  const date = new Date(text)
  // Written out again it is another day where that day was not on the calendar.
  const isSame = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text.slice(0, 19))
  return isSame ? date.getTime() / 1000 : undefined
}

describe('parseDateTimeStamp', () => {
  const number = (max: number, width: number): fc.Arbitrary<string> =>
    fc.nat({ max }).map((value) => String(value).padStart(width, '0'))
  const usual = fc
    .tuple(
      number(9999, 4),
      number(14, 2),
      number(33, 2),
      number(23, 2),
      number(61, 2),
      number(61, 2),
      number(999, 3),
    )
    .map(([year, month, day, hours, minutes, seconds, fraction]) => {
      const time = `${year}-${month}-${day}T${hours}:${minutes}:${seconds}`
      return Number(fraction) % 2 === 0 ? `${time}Z` : `${time}.${fraction}Z`
    })
  const altered = fc
    .tuple(usual, fc.nat({ max: 23 }), fc.constantFrom('', '٢', ' ', '-', ':', '/', 'Z', '9', '\ud800'))
    .map(([text, at, put]) => text.slice(0, at) + put + text.slice(at + 1))

  it('reads times of the usual form as Date does, and refuses what is not on the calendar', () => {
    fc.assert(
      fc.property(fc.oneof(usual, altered), (text) => {
        const expected = usualTime(text)
        const ours = parseDateTimeStamp(text)
        // A text that was altered may be another form of it.
        if (expected === undefined && ours !== undefined) expect(text).toMatch(/^\d{4}-\d\d-\d\dT.*\.\d+Z$/)
        else expect(ours).toBe(expected)
      }),
      { numRuns: 5000 },
    )
  })
})
