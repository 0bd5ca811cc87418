import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/session/target-uris.json' with { type: 'json' }
import { normalizeTargetUri } from '../../src/session/index.ts'

interface Case {
  readonly id: string
  readonly spec: string
  readonly uri: string
  readonly expect: 'refused' | { readonly ok: string }
}

describe('normalizeTargetUri', () => {
  it.each(vectors.cases as Case[])('$id ($spec)', ({ uri, expect: expected }) => {
    expect(normalizeTargetUri(uri)).toBe(expected === 'refused' ? undefined : expected.ok)
  })

  it('refuses what is longer than 4096 characters', () => {
    expect(normalizeTargetUri(`https://rs.example/${'a'.repeat(4077)}`)).toHaveLength(4096)
    expect(normalizeTargetUri(`https://rs.example/${'a'.repeat(4078)}`)).toBeUndefined()
  })

  it('leaves a normalised URI as it is', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        const once = normalizeTargetUri(url)
        fc.pre(once !== undefined)
        expect(normalizeTargetUri(once)).toBe(once)
      }),
    )
  })

  it('answers any text without throwing', () => {
    const nearly = fc.string({ unit: 'binary' }).map((text) => `https://${text}`)
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), nearly), (text) => {
        expect(['string', 'undefined']).toContain(typeof normalizeTargetUri(text))
      }),
    )
  })
})
