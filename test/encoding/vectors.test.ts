import { describe, expect, it } from 'vitest'
import {
  canonicalizeJson,
  decodeMultibase,
  decodeMulticodec,
  encodeMultibase,
  encodeMulticodec,
  encodeUtf8,
  parseJson,
} from '../../src/encoding/index.ts'
import { codeOf } from '../support/codes.ts'
import { loadVectors, type VectorCase } from '../support/vectors.ts'
import { fromHex, toHex } from './hex.ts'

/** The vectors of a file, or none with a test that says so. */
function vectors(file: string): readonly VectorCase[] {
  const cases = loadVectors('encoding', file)
  if (cases === undefined) it.skip(`${file}: the public vectors are not beside this checkout`, () => {})
  return cases ?? []
}

describe('base58btc', () => {
  interface Case extends VectorCase {
    readonly hex: string | null
    readonly encoded: string
  }
  const cases = vectors('base58btc') as readonly Case[]
  it.each(cases)('$id', ({ hex, encoded, expected }) => {
    if (expected.result === 'invalid' || hex === null) {
      expect(codeOf(() => decodeMultibase(`z${encoded}`))).toBe('COMITY_MULTIBASE_INVALID')
      return
    }
    expect(toHex(decodeMultibase(`z${encoded}`))).toBe(hex)
    expect(encodeMultibase(fromHex(hex))).toBe(`z${encoded}`)
  })
})

describe('multibase', () => {
  interface Case extends VectorCase {
    readonly base: string | null
    readonly encoded: string
    readonly expected: VectorCase['expected'] & { readonly hex: string }
  }
  const cases = vectors('multibase') as readonly Case[]
  // Only these two bases are for keys and status lists. Text in any other is refused.
  const supported = ['base58btc', 'base64url']
  it.each(cases)('$id', ({ base, encoded, expected }) => {
    if (expected.result === 'valid' && base !== null && supported.includes(base)) {
      expect(toHex(decodeMultibase(encoded))).toBe(expected.hex)
    } else {
      expect(codeOf(() => decodeMultibase(encoded))).toBe('COMITY_MULTIBASE_INVALID')
    }
  })
})

describe('multicodec', () => {
  interface Case extends VectorCase {
    readonly code: number | string | null
    readonly varintHex: string
  }
  const cases = vectors('multicodec') as readonly Case[]
  it.each(cases)('$id', ({ code, varintHex, expected }) => {
    const key = Uint8Array.of(1, 2, 3)
    const encoded = Uint8Array.of(...fromHex(varintHex), ...(varintHex === '' ? [] : key))
    // A code that is written as text in the file is above 2^53, and no table has such codes.
    if (expected.result === 'invalid' || typeof code !== 'number') {
      expect(codeOf(() => decodeMulticodec(encoded))).toBe('COMITY_MULTICODEC_INVALID')
      return
    }
    expect(decodeMulticodec(encoded)).toEqual({ code, key })
    expect(encodeMulticodec(code, key)).toEqual(encoded)
  })
})

describe('canonical JSON', () => {
  interface Case extends VectorCase {
    readonly inputUtf8?: string
    readonly ieee754Hex?: string
    readonly expected: VectorCase['expected'] & { readonly canonicalHex?: string }
  }
  const cases = vectors('jcs') as readonly Case[]
  it.each(cases)('$id', ({ inputUtf8, ieee754Hex, expected }) => {
    const value = (): string =>
      canonicalizeJson(
        inputUtf8 === undefined ? Buffer.from(ieee754Hex ?? '', 'hex').readDoubleBE() : parseJson(inputUtf8),
      )
    if (expected.result === 'valid') expect(toHex(encodeUtf8(value()))).toBe(expected.canonicalHex)
    else expect(codeOf(value)).toMatch(/^COMITY_JSON_/)
  })
})

describe('JSON parsing', () => {
  interface Case extends VectorCase {
    readonly bytesHex: string
  }
  const cases = vectors('json-parsing') as readonly Case[]
  it.each(cases)('$id', ({ bytesHex, expected }) => {
    const bytes = fromHex(bytesHex)
    const code = codeOf(() => parseJson(bytes, { maxDepth: 128 }))
    if (expected.result === 'invalid') expect(code).toMatch(/^COMITY_(JSON_MALFORMED|UTF8_INVALID)$/)
    if (expected.result !== 'valid') return
    const text = Buffer.from(bytes).toString('utf8')
    // The grammar allows a name to come twice, and I-JSON does not: the cases of that are one flat object.
    const names = [...text.matchAll(/"((?:[^"\\]|\\.)*)"\s*:/g)].map(([, name]) => name)
    if (text.split('{').length === 2 && new Set(names).size < names.length) {
      expect(code).toBe('COMITY_JSON_DUPLICATE_KEY')
      return
    }
    expect(parseJson(bytes)).toEqual(JSON.parse(text))
  })
})
