import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalizeJson,
  encodeUtf8,
  isJsonObject,
  parseJson,
  parseJsonObject,
  type JsonValue,
} from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { codeOf } from '../support/codes.ts'

describe('parseJson', () => {
  it('counts bytes, not characters, and at the bound itself', () => {
    expect(parseJson('"é"', { maxBytes: 4 })).toBe('é')
    expect(codeOf(() => parseJson('"é"', { maxBytes: 3 }))).toBe('COMITY_JSON_TOO_LARGE')
    expect(codeOf(() => parseJson(encodeUtf8('"é"'), { maxBytes: 3 }))).toBe('COMITY_JSON_TOO_LARGE')
    expect(codeOf(() => parseJson(`"${'a'.repeat(65_534)}"`))).toBeUndefined()
    expect(codeOf(() => parseJson(`"${'a'.repeat(65_535)}"`))).toBe('COMITY_JSON_TOO_LARGE')
  })

  it.each(['[', '{"a":', '[{"a":'])('does not overflow the stack on a million times %s', (opening) => {
    const text = opening.repeat(1_000_000)
    expect(codeOf(() => parseJson(text, { maxBytes: 10_000_000, maxDepth: 128 }))).toBe(
      'COMITY_JSON_TOO_DEEP',
    )
  })

  it('takes linear time on long strings, escapes and digits', () => {
    const texts = [`"${'\\"'.repeat(500_000)}"`, `[${'"",'.repeat(300_000)}0]`, `0.${'1'.repeat(1_000_000)}`]
    const start = Date.now()
    for (const text of texts) parseJson(text, { maxBytes: 2_000_000 })
    expect(Date.now() - start).toBeLessThan(10_000)
  })

  it('gives objects without a prototype, in which __proto__ is a member', () => {
    const value = parseJsonObject('{"__proto__":{"admin":true},"a":{}}')
    expect(Object.getPrototypeOf(value)).toBeNull()
    expect(Object.keys(value)).toEqual(['__proto__', 'a'])
    expect(value.admin).toBeUndefined()
    expect(value.constructor).toBeUndefined()
    expect(Object.getPrototypeOf(value.a)).toBeNull()
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
    expect(Object.getPrototypeOf({ ...value })).toBe(Object.prototype)
  })

  it('gives values that nobody can change', () => {
    const value = parseJson('[{"a":[]}]') as { a: string[] }[]
    expect(() => value.push({ a: [] })).toThrow(TypeError)
    expect(() => value[0]?.a.push('')).toThrow(TypeError)
  })

  it('refuses text with a lone surrogate that no bytes could have brought', () => {
    expect(codeOf(() => parseJson('"\ud800"'))).toBe('COMITY_JSON_MALFORMED')
  })

  it.each([{ maxBytes: 0 }, { maxBytes: 1.5 }, { maxDepth: 0 }, { maxDepth: 129 }, { maxDepth: NaN }])(
    'refuses the limits %o',
    (limits) => {
      expect(() => parseJson('1', limits)).toThrow(TypeError)
    },
  )
})

describe('parseJsonObject', () => {
  it.each(['[]', 'null', '"{}"', '1'])('refuses %s', (text) => {
    expect(codeOf(() => parseJsonObject(text))).toBe('COMITY_JSON_MALFORMED')
  })
})

describe('isJsonObject', () => {
  it('takes plain objects only', () => {
    expect([{}, Object.create(null), parseJson('{}')].every(isJsonObject)).toBe(true)
    const others = [null, undefined, [], new Map(), new Date(0), 'a', 1, () => 1, Object.create({})]
    expect(others.some(isJsonObject)).toBe(false)
  })
})

describe('properties of parseJson', () => {
  const document = fc.json({ maxDepth: 6, stringUnit: 'grapheme' })
  const edits = fc.array(
    fc.record({
      at: fc.nat(),
      cut: fc.nat({ max: 3 }),
      put: fc.oneof(
        fc.constantFrom(...Array.from('{}[]":,\\u0e-+.ntf \ud800\u0000')),
        fc.string({ maxLength: 3 }),
      ),
    }),
    { maxLength: 4 },
  )
  const mutated = fc.tuple(document, edits).map(([text, changes]) =>
    changes.reduce((result, { at, cut, put }) => {
      const from = at % (result.length + 1)
      return result.slice(0, from) + put + result.slice(from + cut)
    }, text),
  )
  type Parse = (text: string) => unknown

  /** Whatever is accepted is what JSON.parse makes of it; whatever is refused is refused with a code. */
  function agrees(parse: Parse, text: string): boolean {
    let ours: unknown
    try {
      ours = parse(text)
    } catch (error) {
      return error instanceof ComityError
    }
    let theirs: unknown
    try {
      theirs = JSON.parse(text)
    } catch {
      return false
    }
    return JSON.stringify(ours) === JSON.stringify(theirs)
  }

  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value)
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
      { numRuns: 500 },
    )
  })

  it('agrees with JSON.parse on what it accepts, and answers any other text with a ComityError', () => {
    fc.assert(
      fc.property(mutated, (text) => agrees(parseJson, text)),
      { numRuns: 1500 },
    )
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => agrees(parseJson, text)),
      { numRuns: 500 },
    )
  })

  it('refuses only for its own rules what JSON.parse accepts', () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const code = codeOf(() => parseJson(text))
        if (code === undefined || code === 'COMITY_JSON_DUPLICATE_KEY') return
        const accepted = codeOf(() => {
          try {
            JSON.parse(text)
          } catch {
            return
          }
          // The rules left are numbers without a value and lone surrogates: they do not survive.
          canonicalizeJson(JSON.parse(text) as JsonValue)
          expect(text).toMatch(/\d[eE]\+?\d|\p{Cs}/u)
        })
        expect(accepted === undefined || accepted === 'COMITY_JSON_NOT_CANONICALIZABLE').toBe(true)
      }),
      { numRuns: 1500 },
    )
  })

  it.each<[string, Parse]>([
    ['lets a SyntaxError through', (text) => JSON.parse(text)],
    ['forgives a comma at the end', (text) => parseJson(text.replace(/,\s*([\]}])/, '$1'))],
    ['forgets members named __proto__', (text) => ({ ...(parseJson(text) as object), __proto__: null })],
  ])('would catch a parser that %s', (_, broken) => {
    const { failed } = fc.check(
      fc.property(fc.oneof(mutated, fc.constantFrom('[1,]', '{"__proto__":1}')), (text) =>
        agrees(broken, text),
      ),
      { numRuns: 3000 },
    )
    expect(failed).toBe(true)
  })
})
