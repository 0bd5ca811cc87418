import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  parseDisclosure,
  parseSdJwtCredential,
  verifyCredential,
  verifySdJwt,
} from '../../src/credentials/index.ts'
import type { JsonObject, JsonValue } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { bindKey, createSdJwtWorld, digestOf, disclosureOf, sdClaims, signSdJwt } from './sd-jwt-world.ts'
import { NOW } from './world.ts'

const world = await createSdJwtWorld()
const { issuer, holder, sdJwtOptions } = world

type Read = (text: string) => unknown

const readers: Readonly<Record<string, Read>> = {
  verifyCredential: async (text) => verifyCredential(text, sdJwtOptions),
  verifySdJwt: async (text) => verifySdJwt(text, { issuerJwk: issuer.signer.publicJwk, now: NOW }),
  parseSdJwtCredential,
  parseDisclosure,
}

function toBase64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}

const part = fc.oneof(fc.base64String(), fc.json().map(toBase64url), fc.string({ unit: 'binary' }))
const jwt = fc.array(part, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('.'))
const noise = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.oneof(part, jwt), { maxLength: 5 }).map((parts) => parts.join('~')),
)

/** Whatever the text, the answer is a coded error, or something that was read. */
async function answersAnyText(read: Read): Promise<void> {
  await fc.assert(
    fc.asyncProperty(noise, async (text) => {
      try {
        await read(text)
      } catch (error) {
        expect(error).toBeInstanceOf(ComityError)
      }
    }),
    { numRuns: 300 },
  )
}

/** Digests to choose from: few, so that they often meet a disclosure, or each other. */
const LEAVES = [
  disclosureOf('1', 'a', 1),
  disclosureOf('2', 'b', { c: 2 }),
  disclosureOf('3', 4),
  disclosureOf('5', 'a', 6),
]
const BRANCHES = [
  disclosureOf('6', 'd', { _sd: [digestOf(LEAVES[0] ?? '')], e: [{ '...': digestOf(LEAVES[2] ?? '') }] }),
  disclosureOf('7', [{ '...': digestOf(LEAVES[2] ?? '') }, { _sd: [digestOf(LEAVES[1] ?? '')] }]),
]
const DISCLOSURES = [...LEAVES, ...BRANCHES]
const digest = fc.constantFrom(...DISCLOSURES.map(digestOf), 'decoy')

/** Claims with digests in all places, also where none may be. */
const claims = fc.letrec<{ value: unknown; carrier: unknown }>((tie) => ({
  carrier: fc.oneof(
    fc.uniqueArray(digest, { maxLength: 3 }).map((_sd) => ({ _sd })),
    digest.map((one) => [{ '...': one }]),
    fc.tuple(digest, tie('value')).map(([one, value]) => [value, { '...': one }]),
    fc.constantFrom<unknown>(
      { _sd: 'x' },
      { '...': 'x' },
      [{ '...': 1 }],
      { _sd_alg: 'sha-256' },
      { _sd: [1] },
    ),
  ),
  value: fc.oneof(
    { maxDepth: 4 },
    { weight: 2, arbitrary: tie('carrier') },
    fc.constantFrom<unknown>(0, 'text', null),
    fc.dictionary(fc.constantFrom('a', 'b', 'f', '__proto__'), tie('value'), { maxKeys: 3 }),
    fc.array(tie('value'), { maxLength: 3 }),
  ),
}))

/** Says whether nothing that carries digests is left anywhere. */
function isClean(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return true
  const names = Array.isArray(value) ? [] : Object.keys(value)
  return (
    !names.some((name) => ['_sd', '_sd_alg', '...'].includes(name)) && Object.values(value).every(isClean)
  )
}

/** Every disclosure that was sent stands somewhere, or the token is refused; and nothing of a digest is left. */
async function processes(read: Read): Promise<void> {
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.constantFrom('x', 'y'), claims.value),
      fc.subarray(DISCLOSURES),
      async (about, disclosures) => {
        const payload = sdClaims(world, { ...(about as JsonObject), iss: issuer.did })
        const token = await bindKey(await signSdJwt(issuer.signer, payload, disclosures), holder)
        let document: JsonObject
        try {
          document = ((await read(token)) as { document: JsonObject }).document
        } catch (error) {
          expect(error).toBeInstanceOf(ComityError)
          return
        }
        accepted++
        expect(isClean(document)).toBe(true)
        expect(Object.getPrototypeOf(document)).toBeNull()
      },
    ),
    { numRuns: 1000 },
  )
  // Most are refused; without some that are not, nothing was tested.
  expect(accepted).toBeGreaterThan(50)
}

describe.each(Object.entries(readers))('%s', (_name, read) => {
  it('answers any text with a ComityError and nothing else', async () => {
    await answersAnyText(read)
  })
})

describe('random payloads', () => {
  it('are processed to the end, or refused', async () => {
    await processes(parseSdJwtCredential)
  })
})

describe('positive control', () => {
  it('finds a reader that throws what it likes', async () => {
    const careless: Read = (text) => JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())
    await expect(answersAnyText(careless)).rejects.toThrow()
  })

  it('finds a processor that looks at the top alone', async () => {
    const shallow: Read = (text) => {
      const { jws } = parseSdJwtCredential(text)
      const { _sd, _sd_alg, ...document } = jws.claims
      return { document }
    }
    await expect(processes(shallow)).rejects.toThrow()
  })
})
