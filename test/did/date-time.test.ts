import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toDidDateTime } from '../../src/did/date-time.ts'
import { isDidDateTime } from '../../src/did/index.ts'

describe('a date of metadata', () => {
  it.each(['2026-11-24T05:46:00Z', '2024-02-29T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z'])(
    '%s',
    (text) => {
      expect(isDidDateTime(text)).toBe(true)
      expect(toDidDateTime(text)).toBe(text)
    },
  )

  it.each([
    '',
    '2026-11-24',
    '2026-11-24T05:46:00',
    '2026-11-24t05:46:00z',
    '2026-11-24T05:46:00.1Z',
    '2026-11-24T05:46:00+00:00',
    '2026-11-24T05:46Z',
    '2025-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-11-24T24:00:00Z',
    '2026-11-24T05:60:00Z',
    '2026-11-24T05:46:60Z',
    '+002026-11-24T05:46:00Z',
    ' 2026-11-24T05:46:00Z',
    '2026-11-24T05:46:00Z\n',
    '２026-11-24T05:46:00Z',
    0,
    null,
    undefined,
    {},
    ['2026-11-24T05:46:00Z'],
  ])('is not %j', (value) => {
    expect(isDidDateTime(value)).toBe(false)
  })

  it.each([
    ['2026-11-24T05:46:00.999Z', '2026-11-24T05:46:00Z'],
    ['2026-11-24T05:46:00+00:00', '2026-11-24T05:46:00Z'],
    ['2026-11-24T00:30:00+01:00', '2026-11-23T23:30:00Z'],
    ['2026-11-24T05:46:00+0100', undefined],
    ['2026-11-24T05:46:00+99:00', undefined],
    ['2025-02-29T00:00:00.5Z', undefined],
    ['24 November 2026', undefined],
    [1, undefined],
  ])('is brought out of %j', (value, expected) => {
    expect(toDidDateTime(value)).toBe(expected)
  })

  it('is a moment that exists, in one spelling', () => {
    const digits = fc.stringMatching(/^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9]$/)
    fc.assert(
      fc.property(digits, fc.constantFrom('Z', '', 'z', '.0Z', '+00:00', 'Z '), (text, end) => {
        const value = `${text}${end}`
        const [year, month, day, hour, minute, second] = text.split(/[-T:]/).map(Number) as [
          number,
          number,
          number,
          number,
          number,
          number,
        ]
        const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
        const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
        const exists = day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60
        expect(isDidDateTime(value)).toBe(exists && end === 'Z')
      }),
      { numRuns: 1000 },
    )
  })
})
