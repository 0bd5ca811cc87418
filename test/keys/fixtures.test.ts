import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/keys/keys.json' with { type: 'json' }
import { encodeBase64url, encodeUtf8, type JsonObject } from '../../src/encoding/index.ts'
import {
  algorithmsFor,
  checkTimes,
  parseJws,
  parsePublicJwk,
  type CheckTimesOptions,
} from '../../src/keys/index.ts'
import { codeOf } from '../support/codes.ts'

interface JwkCase {
  readonly id: string
  readonly spec: string
  readonly input: unknown
  readonly expect: { readonly algorithms?: readonly string[]; readonly code?: string }
}
interface JwsCase {
  readonly id: string
  readonly spec: string
  readonly header: string
  readonly payload: string
  readonly signature: string
  readonly typ?: string
  readonly expect: { readonly code?: string }
}
interface TimesCase {
  readonly id: string
  readonly spec: string
  readonly claims: JsonObject
  readonly options: CheckTimesOptions
  readonly expect: { readonly times?: object; readonly code?: string }
}

describe('JWK', () => {
  it.each(vectors.jwk as JwkCase[])('$id ($spec)', ({ input, expect: expected }) => {
    expect(codeOf(() => parsePublicJwk(input))).toBe(expected.code)
    if (expected.code !== undefined) return
    const jwk = parsePublicJwk(input)
    expect(algorithmsFor(jwk)).toEqual(expected.algorithms)
    expect(Object.isFrozen(jwk)).toBe(true)
    const known = ['kty', 'crv', 'x', 'y', 'kid', 'alg', 'use', 'key_ops']
    expect(jwk).toEqual(
      Object.fromEntries(Object.entries(input as object).filter(([name]) => known.includes(name))),
    )
  })
})

describe('JWS', () => {
  it.each(vectors.jws as JwsCase[])(
    '$id ($spec)',
    ({ header, payload, signature, typ, expect: expected }) => {
      const token = `${encodeBase64url(encodeUtf8(header))}.${encodeBase64url(encodeUtf8(payload))}.${signature}`
      const options = typ === undefined ? {} : { typ }
      expect(codeOf(() => parseJws(token, options))).toBe(expected.code)
      if (expected.code !== undefined) return
      const jws = parseJws(token, options)
      expect(jws).toEqual({ token, header: JSON.parse(header), claims: JSON.parse(payload) })
      expect(Object.isFrozen(jws) && Object.isFrozen(jws.claims) && Object.isFrozen(jws.header)).toBe(true)
    },
  )
})

describe('times', () => {
  it.each(vectors.times as TimesCase[])('$id ($spec)', ({ claims, options, expect: expected }) => {
    expect(codeOf(() => checkTimes(claims, options))).toBe(expected.code)
    if (expected.code === undefined) expect(checkTimes(claims, options)).toEqual(expected.times)
  })
})
