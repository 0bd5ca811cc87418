import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import { verifyAccessToken, verifyDpopProof, verifyRequest } from '../../src/session/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { failureOf, setScene, URL_OF_REQUEST } from './support.ts'

const scene = await setScene()
const token = await scene.token()
const request = await scene.request(token)
const proof = request.dpop ?? ''

const verifyProof = (text: string): Promise<unknown> =>
  verifyDpopProof(text, {
    method: 'GET',
    url: URL_OF_REQUEST,
    accessToken: token,
    jkt: scene.session.jkt,
    // A store of its own: otherwise a second use would be refused, and every mutation with it.
    replay: createMemoryStore(),
    now: scene.options.now ?? 0,
  })
const verifyToken = (text: string): Promise<unknown> => verifyAccessToken(text, scene.options)
const verifyHeader = (text: string): Promise<unknown> =>
  verifyRequest(
    { ...request, authorization: `DPoP ${text}` },
    { ...scene.options, replay: createMemoryStore() },
  )

const CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=, '

/** A valid token with one character changed, a third of the time at the end of a part, where spare bits hide. */
function mutations(valid: string): fc.Arbitrary<string> {
  const ends = [...valid.matchAll(/[^.](?=\.|$)/g)].map((match) => match.index)
  const at = fc.oneof(fc.constantFrom(...ends), { weight: 2, arbitrary: fc.nat({ max: valid.length - 1 }) })
  const char = fc.constantFrom(...Array.from(CHARACTERS))
  return fc
    .tuple(at, char)
    .filter(([index, replacement]) => valid[index] !== replacement)
    .map(([index, replacement]) => valid.slice(0, index) + replacement + valid.slice(index + 1))
}

const noise = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.base64String(), { maxLength: 5 }).map((parts) => parts.join('.')),
  fc
    .array(
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      { maxLength: 4 },
    )
    .map((parts) => parts.join('.')),
)

/** Whether every mutation is refused with a coded error. */
async function refusesMutations(valid: string, verify: (text: string) => Promise<unknown>): Promise<boolean> {
  const outcome = await fc.check(
    fc.asyncProperty(mutations(valid), async (forged) => {
      return (await failureOf(() => verify(forged))) instanceof ComityError
    }),
    { numRuns: 400 },
  )
  return !outcome.failed
}

describe('what is shown with a request', () => {
  it('is accepted as it is', async () => {
    await expect(verifyToken(token)).resolves.toBeDefined()
    await expect(verifyProof(proof)).resolves.toBeDefined()
    await expect(verifyHeader(token)).resolves.toBeDefined()
  })

  it.each([
    ['access token', token, verifyToken],
    ['access token in its header', token, verifyHeader],
    ['proof', proof, verifyProof],
  ])('refuses each mutation of the %s', async (_name, valid, verify) => {
    expect(await refusesMutations(valid, verify)).toBe(true)
  })

  it.each([
    ['access token', verifyToken],
    ['header', verifyHeader],
    ['proof', verifyProof],
  ])('answers any text as %s with a ComityError and nothing else', async (_name, verify) => {
    await fc.assert(
      fc.asyncProperty(noise, async (text) => {
        await expect(verify(text)).rejects.toBeInstanceOf(ComityError)
      }),
    )
  })

  it('would notice a verifier that forgives spare bits (control)', async () => {
    const respelled = (text: string): string =>
      text
        .split('.')
        .map((part) => Buffer.from(part, 'base64url').toString('base64url'))
        .join('.')
    expect(await refusesMutations(proof, (text) => verifyProof(respelled(text)))).toBe(false)
  })
})
