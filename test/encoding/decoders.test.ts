import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalizeJson,
  concatBytes,
  decodeBase64url,
  decodeMultibase,
  decodeMulticodec,
  decodeUtf8,
  encodeBase64url,
  encodeMultibase,
  encodeMulticodec,
  encodeUtf8,
  equalBytes,
  parseJson,
  type JsonValue,
} from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { codeOf } from '../support/codes.ts'

/** Accepted text is the very text that the encoder writes; all other text is refused with a code. */
function oneSpelling(
  decode: (text: string) => Uint8Array,
  encode: (bytes: Uint8Array) => string,
  text: string,
): boolean {
  let bytes: Uint8Array
  try {
    bytes = decode(text)
  } catch (error) {
    return error instanceof ComityError
  }
  return encode(bytes) === text
}

/** An encoding with one character changed, most often the last, where spare bits hide. */
function altered(encode: (bytes: Uint8Array) => string): fc.Arbitrary<string> {
  const character = fc.constantFrom(
    ...Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/. \n'),
  )
  return fc
    .tuple(fc.uint8Array({ maxLength: 40 }), fc.oneof(fc.constant(-1), fc.nat({ max: 60 })), character)
    .map(([bytes, at, replacement]) => {
      const text = encode(bytes)
      const index = at === -1 ? text.length - 1 : at % (text.length + 1)
      return text.slice(0, Math.max(index, 0)) + replacement + text.slice(index + 1)
    })
}

const noise = fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), fc.stringMatching(/^[\w-]*$/))

describe('base64url', () => {
  it('gives back any bytes, in the spelling that others use', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = encodeBase64url(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64url'))
        expect(decodeBase64url(text)).toEqual(bytes)
      }),
    )
  })

  it('accepts one spelling for each value, and answers any other text with a ComityError', () => {
    fc.assert(
      fc.property(fc.oneof(altered(encodeBase64url), noise), (text) =>
        oneSpelling(decodeBase64url, encodeBase64url, text),
      ),
      { numRuns: 2000 },
    )
  })

  it.each<[string, (text: string) => Uint8Array]>([
    ['ignores spare bits and foreign characters', (text) => Uint8Array.from(Buffer.from(text, 'base64url'))],
    ['strips padding', (text) => decodeBase64url(text.replace(/=+$/, ''))],
    [
      'clears spare bits',
      (text) =>
        decodeBase64url(/^[\w-]+$/.test(text) ? Buffer.from(text, 'base64url').toString('base64url') : text),
    ],
  ])('would catch a decoder that %s', (_, broken) => {
    const { failed } = fc.check(
      fc.property(altered(encodeBase64url), (text) => oneSpelling(broken, encodeBase64url, text)),
      { numRuns: 2000 },
    )
    expect(failed).toBe(true)
  })

  it('bounds the size at the byte', () => {
    expect(decodeBase64url('AAAA', { maxBytes: 3 })).toHaveLength(3)
    expect(codeOf(() => decodeBase64url('AAAAAA', { maxBytes: 3 }))).toBe('COMITY_BASE64URL_INVALID')
  })

  it('does not repeat the text in its error', () => {
    expect(() => decodeBase64url('c2VjcmV0!')).toThrow(
      expect.not.objectContaining({ message: expect.stringMatching(/c2V/) }),
    )
  })
})

describe('multibase', () => {
  it('gives back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decodeMultibase(encodeMultibase(bytes))).toEqual(bytes)
        expect(decodeMultibase(`u${encodeBase64url(bytes)}`)).toEqual(bytes)
      }),
    )
  })

  it('accepts one spelling in each base, and answers any other text with a ComityError', () => {
    const base58 = (text: string): boolean => oneSpelling(decodeMultibase, encodeMultibase, text)
    const base64 = (text: string): boolean =>
      oneSpelling(decodeMultibase, (bytes) => `u${encodeBase64url(bytes)}`, `u${text}`)
    fc.assert(
      fc.property(
        altered(encodeMultibase).map((text) => `z${text.slice(1)}`),
        base58,
      ),
      { numRuns: 1000 },
    )
    fc.assert(fc.property(fc.oneof(altered(encodeBase64url), noise), base64), { numRuns: 1000 })
    fc.assert(
      fc.property(noise, (text) => /^[zu]/.test(text) || codeOf(() => decodeMultibase(text)) !== undefined),
    )
  })

  it('checks the size before it decodes base58, for any caller', () => {
    const start = Date.now()
    expect(codeOf(() => decodeMultibase(`z${'2'.repeat(1_000_000)}`, { maxBytes: 1_000_000 }))).toBe(
      'COMITY_MULTIBASE_INVALID',
    )
    expect(codeOf(() => decodeMultibase(`z${'1'.repeat(1025)}`))).toBe('COMITY_MULTIBASE_INVALID')
    expect(Date.now() - start).toBeLessThan(10_000)
    expect(codeOf(() => decodeMultibase(`z${'2'.repeat(3000)}`, { maxBytes: 4096 }))).toBe(
      'COMITY_MULTIBASE_INVALID',
    )
    const most = new Uint8Array(2048).fill(255)
    expect(decodeMultibase(encodeMultibase(most), { maxBytes: 4096 })).toEqual(most)
    const largest = new Uint8Array(1024).fill(255)
    expect(decodeMultibase(encodeMultibase(largest))).toEqual(largest)
    expect(codeOf(() => decodeMultibase(encodeMultibase(new Uint8Array(1025).fill(255))))).toBe(
      'COMITY_MULTIBASE_INVALID',
    )
    expect(decodeMultibase(`u${'A'.repeat(40_000)}`, { maxBytes: 30_000 })).toHaveLength(30_000)
  })

  it('refuses sizes that are none', () => {
    expect(() => decodeMultibase('z', { maxBytes: 0 })).toThrow(TypeError)
    expect(() => encodeMultibase(new Uint8Array(2049))).toThrow(TypeError)
  })
})

describe('multicodec', () => {
  it('gives back any code and bytes', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array(), (code, key) => {
        expect(decodeMulticodec(encodeMulticodec(code, key))).toEqual({ code, key })
      }),
    )
  })

  it('accepts one spelling for each value, and answers any other bytes with a ComityError', () => {
    const highBytes = fc.array(fc.constantFrom(0, 1, 0x7f, 0x80, 0x81, 0xff), { maxLength: 10 })
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          highBytes.map((bytes) => Uint8Array.from(bytes)),
        ),
        (bytes) => {
          let decoded
          try {
            decoded = decodeMulticodec(bytes)
          } catch (error) {
            return error instanceof ComityError
          }
          return equalBytes(encodeMulticodec(decoded.code, decoded.key), bytes)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('gives a copy of the bytes', () => {
    const bytes = Uint8Array.of(1, 2)
    const { key } = decodeMulticodec(bytes)
    bytes[1] = 9
    expect(key).toEqual(Uint8Array.of(2))
  })

  it.each([-1, 1.5, NaN, 2 ** 53])('refuses the code %d', (code) => {
    expect(() => encodeMulticodec(code, new Uint8Array())).toThrow(TypeError)
  })
})

describe('UTF-8', () => {
  it('gives back any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeUtf8(encodeUtf8(text))).toBe(text)
      }),
    )
  })

  it('accepts one spelling for each text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
        let text: string
        try {
          text = decodeUtf8(bytes)
        } catch (error) {
          return error instanceof ComityError
        }
        return equalBytes(encodeUtf8(text), bytes)
      }),
      { numRuns: 1000 },
    )
  })

  it('refuses to encode a lone surrogate', () => {
    expect(codeOf(() => encodeUtf8('a\udfff'))).toBe('COMITY_UTF8_INVALID')
  })
})

describe('canonicalizeJson', () => {
  it('keeps the value and is its own canonical form', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = canonicalizeJson(value as JsonValue)
        expect(parseJson(text)).toEqual(JSON.parse(JSON.stringify(value)))
        expect(canonicalizeJson(parseJson(text))).toBe(text)
      }),
    )
  })

  it.each([NaN, Infinity, '\ud800', { '\udc00': 1 }, undefined, Symbol('a'), () => 1, 1n, [2n]])(
    'refuses %o',
    (value) => {
      expect(codeOf(() => canonicalizeJson(value as unknown as JsonValue))).toBe(
        'COMITY_JSON_NOT_CANONICALIZABLE',
      )
    },
  )

  it('refuses a cycle and bottomless nesting', () => {
    const cycle: Record<string, JsonValue> = {}
    cycle.self = cycle
    let deep: JsonValue = []
    for (let level = 0; level < 100_000; level++) deep = [deep]
    for (const value of [cycle, deep]) {
      expect(codeOf(() => canonicalizeJson(value))).toBe('COMITY_JSON_NOT_CANONICALIZABLE')
    }
  })
})

describe('bytes', () => {
  it('joins copies', () => {
    const part = Uint8Array.of(1, 2)
    const joined = concatBytes(part, new Uint8Array(), Uint8Array.of(3))
    part[0] = 9
    expect(joined).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('compares', () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
    expect(equalBytes(Uint8Array.of(1, 0), Uint8Array.of(1))).toBe(false)
    expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false)
    expect(equalBytes(new Uint8Array(), new Uint8Array())).toBe(true)
  })
})
