import { describe, expect, it } from 'vitest'
import dateTime from '../../fixtures/credentials/date-time.json' with { type: 'json' }
import form from '../../fixtures/credentials/form.json' with { type: 'json' }
import schemas from '../../fixtures/credentials/schemas.json' with { type: 'json' }
import {
  formatDateTimeStamp,
  issueCredential,
  parseCredential,
  parseDateTimeStamp,
  verifyCredential,
  type CredentialType,
} from '../../src/credentials/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'
import { HOLDER, NOW, createWorld, signDocument } from './world.ts'

interface Change {
  readonly id: string
  readonly spec?: string
  readonly type?: string
  readonly set?: object
  readonly remove?: readonly string[]
  readonly header?: object
  readonly expect: string
}

const { issuer, options } = await createWorld()

function changed(base: object, { set = {}, remove = [] }: Change): JsonObject {
  const members = Object.entries({ ...base, ...set }).filter(([name]) => !remove.includes(name))
  return Object.fromEntries(members) as JsonObject
}

describe('form of a credential', () => {
  it.each(form.cases as readonly Change[])('$id ($spec)', async (entry) => {
    const document = changed(form.base, entry)
    const token = await signDocument(issuer.signer, document, (entry.header ?? {}) as JsonObject)
    expect(codeOf(() => parseCredential(token)) ?? 'ok').toBe(entry.expect)

    // Verification refuses the same things with the same code.
    const verifying = { ...options, type: 'VerifiableCredential', now: NOW }
    const code = (await codeOfPromise(async () => verifyCredential(token, verifying))) ?? 'ok'
    if (entry.expect !== 'ok') expect(code).toBe(entry.expect)
    else expect(code).not.toMatch(/MALFORMED|MISMATCH/)
  })
})

describe('schemas of the agent credentials', () => {
  it.each(schemas.cases as readonly Change[])('$id', async (entry) => {
    const type = entry.type as CredentialType
    const claims = changed(schemas.claims[type], entry)
    const times = { validFrom: NOW - 60, validUntil: NOW + 60 }
    const issue = async (): Promise<string> =>
      issueCredential({ signer: issuer.signer, issuer: issuer.did, type, subject: HOLDER, claims, ...times })
    expect((await codeOfPromise(issue)) ?? 'ok').toBe(entry.expect)

    // Somebody else's issuer may sign it all the same.
    const token = await signDocument(issuer.signer, {
      ...(form.base as unknown as JsonObject),
      type: ['VerifiableCredential', type],
      credentialSubject: { ...claims, id: HOLDER },
    })
    const code = await codeOfPromise(async () => verifyCredential(token, { ...options, type }))
    expect(code ?? 'ok').toBe(entry.expect)
  })
})

describe('dateTimeStamp', () => {
  it.each(dateTime.cases)('$id $text', ({ text, expect: expected }) => {
    expect(parseDateTimeStamp(text)).toBe(expected ?? undefined)
  })

  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [NOW, '2026-11-24T00:00:00Z'],
    [NOW + 0.25, '2026-11-24T00:00:00.250Z'],
    [NOW + 0.9999, '2026-11-24T00:00:00.999Z'],
    [253_402_300_799, '9999-12-31T23:59:59Z'],
  ])('%d is written as %s', (seconds, text) => {
    expect(formatDateTimeStamp(seconds)).toBe(text)
  })

  it.each([-1, NaN, Infinity, 253_402_300_800])('%d is not written', (seconds) => {
    expect(() => formatDateTimeStamp(seconds)).toThrow(TypeError)
  })
})
