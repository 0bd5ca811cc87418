/**
 * How disclosures are put in the places of their digests, case by case.
 */
import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/credentials/sd-jwt.json' with { type: 'json' }
import { verifySdJwt } from '../../src/credentials/index.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/encoding/index.ts'
import { digestOf, disclosureOf, refusal, signSdJwt } from './sd-jwt-world.ts'
import { NOW, createWorld } from './world.ts'

interface Case {
  readonly id: string
  readonly spec: string
  readonly payload: JsonObject
  readonly disclosures: readonly JsonValue[]
  readonly expect: { readonly claims: JsonObject } | { readonly code: string }
}

const cases = vectors.cases as unknown as readonly Case[]
const { issuer } = await createWorld()

/** Puts the digests of disclosures in the places of `@n`. */
function withDigests(value: JsonValue, disclosures: readonly string[]): JsonValue {
  if (typeof value === 'string') {
    return value.startsWith('@') ? digestOf(disclosures[Number(value.slice(1))] ?? '') : value
  }
  if (Array.isArray(value)) return value.map((item: JsonValue) => withDigests(item, disclosures))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, withDigests(inner, disclosures)]),
  )
}

function encode(disclosure: JsonValue, earlier: readonly string[]): string {
  if (isJsonObject(disclosure) && typeof disclosure['raw'] === 'string') return disclosure['raw']
  const content = withDigests(disclosure, earlier)
  return Array.isArray(content)
    ? disclosureOf(...(content as readonly JsonValue[]))
    : Buffer.from(JSON.stringify(content)).toString('base64url')
}

async function toToken({ payload, disclosures }: Case): Promise<string> {
  const texts: string[] = []
  for (const disclosure of disclosures) texts.push(encode(disclosure, texts))
  return signSdJwt(issuer.signer, withDigests(payload, texts) as JsonObject, texts)
}

describe('disclosures and digests', () => {
  it.each(cases)('$id ($spec)', async (entry) => {
    const verified = verifySdJwt(await toToken(entry), { issuerJwk: issuer.signer.publicJwk, now: NOW })
    if ('code' in entry.expect) {
      expect(await refusal(verified)).toBe(entry.expect.code)
      return
    }
    const { payload } = await verified
    expect(JSON.parse(JSON.stringify(payload))).toEqual(entry.expect.claims)
  })
})

describe('depth', () => {
  /** An array within arrays. */
  function nested(depth: number): JsonValue {
    return depth === 0 ? 1 : [nested(depth - 1)]
  }

  it.each([
    [0, 15, 'no error'],
    [0, 16, 'COMITY_JSON_TOO_DEEP'],
    [1, 14, 'no error'],
    [1, 15, 'COMITY_JSON_TOO_DEEP'],
    [14, 1, 'no error'],
  ])('of a claim below %d objects with %d arrays', async (objects, arrays, code) => {
    const disclosure = disclosureOf('s', 'a', nested(arrays))
    let payload: JsonObject = { _sd: [digestOf(disclosure)] }
    for (let level = 0; level < objects; level++) payload = { o: payload }
    const token = await signSdJwt(issuer.signer, payload, [disclosure])
    expect(await refusal(verifySdJwt(token, { issuerJwk: issuer.signer.publicJwk, now: NOW }))).toBe(code)
  })
})
