import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseCredential,
  parseDateTimeStamp,
  verifyCredential,
  type VerifyCredentialOptions,
} from '../../src/credentials/index.ts'
import { decodeBase64url, type JsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { HOLDER, POSTURE, createWorld, issuePosture, signDocument } from './world.ts'

const { issuer, options } = await createWorld()
const valid = await issuePosture(issuer)

const ALPHABET = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=')

type Verify = (token: string, options: VerifyCredentialOptions) => Promise<unknown>

/** A valid token with one character changed is refused. A third of the runs go where spare bits hide. */
async function refusesMutations(verify: Verify): Promise<void> {
  const ends = [...valid.matchAll(/[^.](?=\.|$)/g)].map(({ index }) => index)
  const at = fc.oneof(fc.constantFrom(...ends), {
    weight: 2,
    arbitrary: fc.nat({ max: valid.length - 1 }),
  })
  await fc.assert(
    fc.asyncProperty(at, fc.constantFrom(...ALPHABET), async (index, character) => {
      fc.pre(valid[index] !== character)
      const forged = valid.slice(0, index) + character + valid.slice(index + 1)
      await expect(verify(forged, options)).rejects.toBeInstanceOf(ComityError)
    }),
    { numRuns: 500 },
  )
}

/** Whatever the text, the answer is a coded error. */
async function answersAnyText(verify: Verify): Promise<void> {
  const noise = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.base64String()).map((parts) => parts.join('.')),
    fc.tuple(fc.json(), fc.json(), fc.string()).map((parts) => parts.map(toBase64url).join('.')),
  )
  await fc.assert(
    fc.asyncProperty(noise, async (text) => {
      await expect(verify(text, options)).rejects.toBeInstanceOf(ComityError)
    }),
  )
}

function toBase64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

/** JSON values, with what a credential's members look like among them. */
const anyMember: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom('https://example.org/1', 'did:web:acme.example', '2026-11-24T00:00:00Z', {}, [], [[]], {
    id: {},
  }),
)

const MEMBERS = [
  '@context',
  'id',
  'type',
  'name',
  'issuer',
  'validFrom',
  'validUntil',
  'credentialSubject',
  'credentialStatus',
  'credentialSchema',
  'evidence',
  'proof',
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  '__proto__',
  'constructor',
]

/** Whatever its members are, a document that is signed by its issuer is verified or answered with a coded error. */
async function answersAnyDocument(verify: Verify): Promise<void> {
  const { document } = parseCredential(valid)
  const changes = fc.array(fc.tuple(fc.constantFrom(...MEMBERS), anyMember), { maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(changes, async (members) => {
      const payload = JSON.parse(JSON.stringify({ ...document })) as Record<string, unknown>
      for (const [name, value] of members) {
        Object.defineProperty(payload, name, { value, enumerable: true, configurable: true, writable: true })
      }
      const token = await signDocument(issuer.signer, payload as JsonObject).catch(() => undefined)
      fc.pre(token !== undefined)
      const error = await verify(token, options).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (error !== undefined) expect(error).toBeInstanceOf(ComityError)
    }),
    { numRuns: 300 },
  )
}

describe('verifyCredential', () => {
  it('refuses a valid token with one character changed', async () => {
    await refusesMutations(verifyCredential)
  })

  it('answers any text with a ComityError and nothing else', async () => {
    await answersAnyText(verifyCredential)
  })

  it('answers any document with a ComityError or with what is verified', async () => {
    await answersAnyDocument(verifyCredential)
  })

  it('says the same about parsing alone', async () => {
    await answersAnyText(async (text) => parseCredential(text))
  })
})

/** The properties must catch code that is broken in the way that they are for. */
describe('positive control', () => {
  /** Base64url with spare bits and padding forgiven: several texts for one token. */
  const forgiving: Verify = async (token, asked) => {
    const [head = '', payload = '', signature = ''] = token.split('.')
    const canonical = [head, payload, signature].map((part) =>
      Buffer.from(part, 'base64url').toString('base64url'),
    )
    return verifyCredential(canonical.join('.'), asked)
  }

  it('finds a decoder that forgives', async () => {
    await expect(refusesMutations(forgiving)).rejects.toThrow(/Property failed/)
  })

  it('finds a parser that throws what it likes', async () => {
    const careless: Verify = async (token) =>
      JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown
    await expect(answersAnyText(careless)).rejects.toThrow(/Property failed/)
  })

  it('finds a reader that trusts the form of a document', async () => {
    const careless: Verify = async (token, asked) => {
      const claims: unknown = JSON.parse(new TextDecoder().decode(decodeBase64url(token.split('.')[1] ?? '')))
      if ((claims as { credentialSubject: { id: string } }).credentialSubject.id === HOLDER) return asked
      throw new TypeError('another subject')
    }
    await expect(answersAnyDocument(careless)).rejects.toThrow(/Property failed/)
  })
})

describe('parseDateTimeStamp', () => {
  it('reads what Date writes, and nothing that Date.parse does not read', () => {
    const seconds = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })
    fc.assert(
      fc.property(seconds, (milliseconds) => {
        expect(parseDateTimeStamp(new Date(milliseconds).toISOString())).toBeCloseTo(milliseconds / 1000, 3)
      }),
    )
    const shaped = fc.stringMatching(
      /^20\d\d-[01]\d-[0-3]\dT[012]\d:[0-6]\d:[0-6]\d(\.\d{1,3})?(Z|[+-]\d\d:\d\d)$/,
    )
    fc.assert(
      fc.property(shaped, (text) => {
        const parsed = parseDateTimeStamp(text)
        if (parsed !== undefined) expect(parsed).toBeCloseTo(Date.parse(text) / 1000, 3)
      }),
    )
  })
})

it('uses claims that the schema accepts', () => {
  expect(parseCredential(valid).document['credentialSubject']).toEqual({ ...POSTURE, id: HOLDER })
})
