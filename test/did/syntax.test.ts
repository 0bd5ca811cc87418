import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDid, parseDidUrl, type DidUrl } from '../../src/did/index.ts'
import { codeOf } from '../support/codes.ts'

const idPart = fc.stringMatching(/^(?:[A-Za-z0-9._-]|%[0-9A-F]{2}){1,8}$/)
const aDid = fc
  .tuple(fc.stringMatching(/^[a-z0-9]{1,6}$/), fc.array(idPart, { minLength: 1, maxLength: 4 }))
  .map(([method, parts]) => ({ did: `did:${method}:${parts.join(':')}`, method, id: parts.join(':') }))

describe('parseDid', () => {
  it('takes apart what was put together', () => {
    fc.assert(
      fc.property(aDid, (parts) => {
        expect(parseDid(parts.did)).toEqual(parts)
      }),
    )
  })

  it('refuses what is too long, and what is no text', () => {
    expect(codeOf(() => parseDid(`did:a:${'b'.repeat(2042)}`))).toBeUndefined()
    expect(codeOf(() => parseDid(`did:a:${'b'.repeat(2043)}`))).toBe('COMITY_DID_INVALID')
    for (const value of [undefined, null, 1, {}, []]) {
      expect(codeOf(() => parseDid(value as string))).toBe('COMITY_DID_INVALID')
    }
  })

  it('does not backtrack for ever on a long text that is almost a DID', () => {
    expect(codeOf(() => parseDid(`did:a:${'%41'.repeat(600)}!`))).toBe('COMITY_DID_INVALID')
    expect(codeOf(() => parseDidUrl(`did:a:b${'/%41'.repeat(500)}\u0000`))).toBe('COMITY_DID_INVALID')
  })
})

describe('parseDidUrl', () => {
  const text = fc.stringMatching(/^(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2}){0,8}$/)

  it('takes apart what was put together', () => {
    const url = fc.tuple(aDid, fc.array(text, { maxLength: 3 }), fc.option(text), fc.option(text))
    fc.assert(
      fc.property(url, ([{ did }, segments, query, fragment]) => {
        const path = segments.map((segment) => `/${segment}`).join('')
        const whole = `${did}${path}${query === null ? '' : `?${query}`}${fragment === null ? '' : `#${fragment}`}`
        const expected: DidUrl = {
          url: whole,
          did,
          ...(path !== '' && { path }),
          ...(query !== null && { query }),
          ...(fragment !== null && { fragment }),
        }
        expect(parseDidUrl(whole)).toEqual(expected)
      }),
    )
  })

  /** Any text is refused with the code, or is made of nothing but its parts. */
  function neverLosesAnything(parse: (text: string) => DidUrl): void {
    const url = fc.tuple(
      aDid,
      fc.constantFrom('', '/', '?', '#', '/a?b#c', '#a#b', ' ', '\n', '%', '%4', ';a=b', 'ü'),
    )
    const anyText = fc.oneof(
      url.map(([{ did }, end]) => `${did}${end}`),
      fc.string({ unit: 'binary' }).map((end) => `did:a:b${end}`),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(anyText, (input) => {
        let parts: DidUrl | undefined
        const code = codeOf(() => {
          parts = parse(input)
        })
        if (parts === undefined) {
          expect(code).toBe('COMITY_DID_INVALID')
          return
        }
        const { did, path = '', query, fragment } = parts
        const whole = [
          did,
          path,
          query === undefined ? '' : `?${query}`,
          fragment === undefined ? '' : `#${fragment}`,
        ]
        expect(whole.join('')).toBe(input)
        expect(input).toMatch(/^[\x21-\x7e]+$/)
      }),
      { numRuns: 1000 },
    )
  }

  it('loses nothing of any text that it takes', () => {
    neverLosesAnything(parseDidUrl)
  })

  it('would be caught if it trimmed, or dropped a second fragment', () => {
    expect(() => neverLosesAnything((input) => parseDidUrl(input.trim()))).toThrow()
    expect(() => neverLosesAnything((input) => parseDidUrl(input.split('#').slice(0, 2).join('#')))).toThrow()
  })
})
