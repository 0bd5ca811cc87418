import { describe, expect, it } from 'vitest'
import accreditations from '../../fixtures/trust/accreditations.json' with { type: 'json' }
import lists from '../../fixtures/trust/lists.json' with { type: 'json' }
import { parseDateTimeStamp } from '../../src/credentials/index.ts'
import { parseJsonObject, type JsonObject } from '../../src/encoding/index.ts'
import { readAccreditation } from '../../src/trust/accreditation-document.ts'
import { readTrustList } from '../../src/trust/list-document.ts'
import { codeOf } from '../support/codes.ts'
import { LIST_URL } from './world.ts'

interface Case {
  readonly id: string
  readonly spec: string
  readonly input: object
  readonly expect: { readonly ok?: boolean; readonly code?: string }
}

/** What the checks of the credential's own form would find out. */
function credentialOf(input: object): Parameters<typeof readTrustList>[0] {
  const document: JsonObject = parseJsonObject(JSON.stringify(input))
  const moment = (name: string): number | undefined => {
    const value = document[name]
    return typeof value === 'string' ? parseDateTimeStamp(value) : undefined
  }
  return {
    document,
    issuer: String(document['issuer']),
    validFrom: moment('validFrom') ?? -Infinity,
    validUntil: moment('validUntil') ?? Infinity,
  }
}

describe('trust lists', () => {
  it.each(lists.cases as Case[])('$id ($spec)', ({ input, expect: expected }) => {
    expect(codeOf(() => readTrustList(credentialOf(input), LIST_URL))).toBe(expected.code)
  })
})

describe('accreditations', () => {
  it.each(accreditations.cases as Case[])('$id ($spec)', ({ input, expect: expected }) => {
    expect(codeOf(() => readAccreditation(credentialOf(input)))).toBe(expected.code)
  })
})
