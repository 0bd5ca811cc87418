import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeBase64url,
  decodeBase64urlText,
  decodeUtf8,
  encodeBase64url,
  encodeUtf8,
} from '../../src/encoding/index.ts'
import { codeOf } from '../support/codes.ts'

type Decode = (text: string) => string

/** Both give the same text, or fail with the same code. */
function agrees(decode: Decode, text: string): boolean {
  const inTwoSteps = (): string => decodeUtf8(decodeBase64url(text, { maxBytes: 40 }))
  const code = codeOf(inTwoSteps)
  try {
    if (codeOf(() => decode(text)) !== code) return false
  } catch {
    return false
  }
  return code !== undefined || decode(text) === inTwoSteps()
}

const characters = fc.constantFrom(...Array.from('AZaz09-_+/=. \n\u00e9\ud800Q'))
const encoded = fc.oneof(
  fc.string({ maxLength: 30 }).map((text) => encodeBase64url(encodeUtf8(text))),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => encodeBase64url(encodeUtf8(text))),
  fc.uint8Array({ maxLength: 45 }).map(encodeBase64url),
)
const altered = fc
  .tuple(encoded, fc.nat(), characters, fc.boolean(), fc.nat({ max: 1 }))
  .map(([text, where, character, atEnd, cut]) => {
    const at = atEnd ? Math.max(text.length - 1, 0) : where % (text.length + 1)
    return text.slice(0, at) + character + text.slice(at + cut)
  })
const texts = fc.oneof(encoded, altered, fc.string({ unit: characters, maxLength: 10 }))

describe('decodeBase64urlText', () => {
  it('is the two decoders, one after the other', () => {
    fc.assert(
      fc.property(texts, (text) => agrees((input) => decodeBase64urlText(input, { maxBytes: 40 }), text)),
      { numRuns: 5000 },
    )
  })

  it.each<[string, Decode]>([
    ['takes padding and white space', (text) => decodeUtf8(Buffer.from(atob(text), 'latin1'))],
    ['takes spare bits', (text) => decodeUtf8(Buffer.from(text, 'base64url'))],
    ['takes bytes for characters', (text) => Buffer.from(decodeBase64url(text)).toString('latin1')],
  ])('would be caught where it %s', (_, broken) => {
    expect(
      fc.check(
        fc.property(texts, (text) => agrees(broken, text)),
        { numRuns: 5000 },
      ).failed,
    ).toBe(true)
  })
})
