import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/encoding/encoding.json' with { type: 'json' }
import {
  decodeBase64url,
  decodeMultibase,
  decodeMulticodec,
  decodeUtf8,
  encodeBase64url,
  encodeMulticodec,
  encodeUtf8,
  parseJson,
} from '../../src/encoding/index.ts'
import { codeOf } from '../support/codes.ts'
import { fromHex, toHex } from './hex.ts'

interface Case {
  readonly id: string
  readonly spec: string
  readonly input: string
  readonly expect: { hex?: string; text?: string; value?: unknown; code?: string | number }
}

describe('base64url', () => {
  it.each(vectors.base64url as Case[])('$id ($spec)', ({ input, expect: { hex, code } }) => {
    expect(codeOf(() => decodeBase64url(input))).toBe(code)
    if (hex === undefined) return
    expect(toHex(decodeBase64url(input))).toBe(hex)
    expect(encodeBase64url(fromHex(hex))).toBe(input)
  })
})

describe('multibase', () => {
  it.each(vectors.multibase as Case[])('$id ($spec)', ({ input, expect: { hex, code } }) => {
    expect(codeOf(() => decodeMultibase(input))).toBe(code)
    if (hex !== undefined) expect(toHex(decodeMultibase(input))).toBe(hex)
  })
})

describe('multicodec', () => {
  it.each(vectors.multicodec as Case[])('$id ($spec)', ({ input, expect: { hex, code } }) => {
    if (typeof code !== 'number') {
      expect(codeOf(() => decodeMulticodec(fromHex(input)))).toBe(code)
      return
    }
    expect(decodeMulticodec(fromHex(input))).toEqual({ code, key: fromHex(hex ?? '') })
    expect(toHex(encodeMulticodec(code, fromHex(hex ?? '')))).toBe(input)
  })
})

describe('UTF-8', () => {
  it.each(vectors.utf8 as Case[])('$id ($spec)', ({ input, expect: { text, code } }) => {
    expect(codeOf(() => decodeUtf8(fromHex(input)))).toBe(code)
    if (text === undefined) return
    expect(decodeUtf8(fromHex(input))).toBe(text)
    expect(toHex(encodeUtf8(text))).toBe(input)
  })
})

describe('JSON', () => {
  it.each(vectors.json as Case[])('$id ($spec)', ({ input, expect: { value, code } }) => {
    expect(codeOf(() => parseJson(input))).toBe(code)
    expect(codeOf(() => parseJson(encodeUtf8(input)))).toBe(code)
    if (code === undefined) expect(parseJson(input)).toEqual(value)
  })
})
