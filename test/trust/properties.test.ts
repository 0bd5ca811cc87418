import { Validator, type Schema } from '@cfworker/json-schema'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCredential } from '../../src/credentials/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { readAccreditation } from '../../src/trust/accreditation-document.ts'
import { trustSchemas, verifyTrustList, type VerifyTrustListOptions } from '../../src/trust/index.ts'
import { readTrustList } from '../../src/trust/list-document.ts'
import { NOW, signDocument } from '../credentials/world.ts'
import { createTrustWorld, GLOBEX, INITECH, ISSUER, LIST, LIST_URL, POSTURE, SCOPE } from './world.ts'

const MUTANTS = 10_000

const world = await createTrustWorld()
const valid = await world.list([
  { issuer: ISSUER, types: [POSTURE, SCOPE], audiences: [GLOBEX], note: 'a pilot' },
  { issuer: GLOBEX, types: [SCOPE], validFrom: NOW - 99, validUntil: NOW + 99 },
])
const accreditation = await world.accredit(INITECH, ISSUER, { depth: 2, audiences: [GLOBEX] })
const options = { owner: LIST, url: LIST_URL, resolver: world.resolver, now: NOW }

type Verify = (token: string, options: VerifyTrustListOptions) => Promise<unknown>

/** What a broken verifier would do: everything but the signature. */
const withoutSignature: Verify = async (token) => readTrustList(parseCredential(token), LIST_URL)

/** How many mutants are accepted. Anything thrown but a ComityError is thrown on. */
async function acceptedOf(mutants: Iterable<string>, verify: Verify): Promise<number> {
  let accepted = 0
  for (const mutant of mutants) {
    try {
      await verify(mutant, options)
      accepted += 1
    } catch (error) {
      if (!(error instanceof ComityError)) throw error
    }
  }
  return accepted
}

/** Each place of the token in turn with each of some characters, and then its payload with a member changed. */
function* mutantsOf(token: string, count: number): Generator<string> {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const text = Buffer.from(payload, 'base64url').toString()
  const characters = [...'AQgw_-.= 0z']
  for (let made = 0; made < count; made++) {
    const character = characters[made % characters.length] ?? 'A'
    if (made % 2 === 0) {
      const at = Math.floor(made / 2) % token.length
      const mutant = token.slice(0, at) + character + token.slice(at + 1)
      if (mutant !== token) yield mutant
      else yield token.slice(0, at) + token.slice(at + 1)
    } else {
      const at = Math.floor(made / 2) % text.length
      const changed = text.slice(0, at) + character + text.slice(at + 1)
      const encoded = Buffer.from(changed === text ? `${text} ` : changed).toString('base64url')
      yield `${header}.${encoded}.${signature}`
    }
  }
}

/** JSON values, with what members of these credentials look like among them. */
const anyMember: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    ISSUER,
    [ISSUER],
    [POSTURE, POSTURE],
    [POSTURE],
    '2026-11-24T00:00:00Z',
    true,
    false,
    1,
    2,
    3,
    {},
    [],
    [{ issuer: ISSUER, types: [POSTURE] }],
    [{ issuer: ISSUER, types: [SCOPE], audiences: [LIST], validUntil: '2027-01-01T00:00:00Z' }],
    [{ issuer: LIST, types: [SCOPE] }],
  ),
)

const MEMBERS = [
  'id',
  'type',
  'issuer',
  'validFrom',
  'validUntil',
  'credentialSubject',
  'credentialStatus',
  '__proto__',
]
const SUBJECT_MEMBERS = [
  'id',
  'type',
  'sequence',
  'ttl',
  'entries',
  'accreditedFor',
  'audiences',
  'mayAccredit',
  'depth',
  'constructor',
  '__proto__',
]

const changes = fc.record({
  outer: fc.array(fc.tuple(fc.constantFrom(...MEMBERS), anyMember), { maxLength: 1 }),
  inner: fc.array(fc.tuple(fc.constantFrom(...SUBJECT_MEMBERS), anyMember), { maxLength: 2 }),
})

function change(token: string, { outer, inner }: { outer: [string, unknown][]; inner: [string, unknown][] }) {
  const document = JSON.parse(JSON.stringify(parseCredential(token).document)) as Record<string, unknown>
  const set = (target: object, [name, value]: [string, unknown]): void => {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true })
  }
  for (const member of inner) set(document['credentialSubject'] as object, member)
  for (const member of outer) set(document, member)
  return document as JsonObject
}

describe('verifyTrustList', () => {
  it('accepts none of ten thousand mutants', { timeout: 120_000 }, async () => {
    await verifyTrustList(valid, options)
    expect(await acceptedOf(mutantsOf(valid, MUTANTS), verifyTrustList)).toBe(0)
  })

  it('would be caught without its signature check', async () => {
    expect(await acceptedOf(mutantsOf(valid, 1000), withoutSignature)).toBeGreaterThan(0)
  })

  it('answers any text with a ComityError and nothing else', async () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.base64String()).map((parts) => parts.join('.')),
    )
    await fc.assert(
      fc.asyncProperty(noise, async (text) => {
        await expect(verifyTrustList(text, options)).rejects.toBeInstanceOf(ComityError)
      }),
    )
  })

  it('takes what its owner signed only as the schema says', async () => {
    await takesOnlyWhatMatches('TrustListCredential')
  })

  async function takesOnlyWhatMatches(type: keyof typeof trustSchemas): Promise<void> {
    const signer = await world.party(LIST)
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(changes, async (changed) => {
        const document = change(valid, changed)
        const token = await signDocument(signer, document).catch(() => undefined)
        fc.pre(token !== undefined)
        const error: unknown = await verifyTrustList(token, options).then(
          () => undefined,
          (reason: unknown) => reason,
        )
        if (error !== undefined) {
          expect(error).toBeInstanceOf(ComityError)
          return
        }
        accepted += 1
        expect(matches(type, document)).toBe(true)
      }),
      { numRuns: 1500 },
    )
    expect(accepted).toBeGreaterThan(20)
  }
})

describe('readAccreditation', () => {
  const read = (document: JsonObject) =>
    readAccreditation({ issuer: INITECH, document, validFrom: NOW - 60, validUntil: NOW + 86_400 })

  it('takes any document only as the schema says, and throws ComityErrors only', () => {
    let accepted = 0
    fc.assert(
      fc.property(changes, (changed) => {
        const document = change(accreditation, changed)
        try {
          read(document)
        } catch (error) {
          expect(error).toBeInstanceOf(ComityError)
          return
        }
        accepted += 1
        // Dates are for the credential's own form to check.
        const times = { validFrom: '2026-11-24T00:00:00Z', validUntil: '2026-11-25T00:00:00Z' }
        expect(matches('AccreditationCredential', { ...document, ...times })).toBe(true)
      }),
      { numRuns: 3000 },
    )
    expect(accepted).toBeGreaterThan(20)
  })
})

function matches(type: keyof typeof trustSchemas, document: JsonObject): boolean {
  const schema = structuredClone(trustSchemas[type]) as unknown as Schema
  return new Validator(schema, '2020-12').validate(document).valid
}

describe('the schemas', () => {
  it('match what is issued here', () => {
    expect(matches('TrustListCredential', parseCredential(valid).document)).toBe(true)
    expect(matches('AccreditationCredential', parseCredential(accreditation).document)).toBe(true)
  })

  it.each([
    ['a sequence of 0', { sequence: 0 }],
    ['an unknown member', { more: 1 }],
    ['an entry without types', { entries: [{ issuer: ISSUER }] }],
    ['a wildcard', { entries: [{ issuer: ISSUER, types: ['Agent*'] }] }],
  ])('do not match %s', (_name, subject) => {
    const { document } = parseCredential(valid)
    const credentialSubject = { ...(document['credentialSubject'] as JsonObject), ...subject }
    expect(matches('TrustListCredential', { ...document, credentialSubject })).toBe(false)
  })

  it.each([
    ['mayAccredit without depth', { depth: undefined }],
    ['depth without mayAccredit', { mayAccredit: false }],
    ['a depth of 3', { depth: 3 }],
  ])('do not match %s', (_name, subject) => {
    const { document } = parseCredential(accreditation)
    const merged = { ...(document['credentialSubject'] as JsonObject), ...subject }
    const credentialSubject = JSON.parse(JSON.stringify(merged)) as JsonObject
    expect(matches('AccreditationCredential', { ...document, credentialSubject })).toBe(false)
  })
})
