import { describe, expect, it, vi } from 'vitest'
import { createSignatureCache, verifyCredential } from '../../src/credentials/index.ts'
import { createDidDocument, didWebUrl } from '../../src/did/index.ts'
import { generateSigner, withKid } from '../../src/keys/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { NOW, POSTURE, createWorld, issuePosture } from './world.ts'

const subtleVerify = vi.spyOn(crypto.subtle, 'verify')

/** How many signatures a piece of work checks. */
async function countVerifications(work: () => Promise<unknown>): Promise<number> {
  subtleVerify.mockClear()
  await work()
  return subtleVerify.mock.calls.length
}

describe('signature cache', () => {
  it('checks the signature of a token once', async () => {
    const { issuer, options } = await createWorld()
    const cache = createSignatureCache()
    const token = await issuePosture(issuer)
    const verify = async (): Promise<unknown> => verifyCredential(token, { ...options, cache })
    expect(await countVerifications(verify)).toBe(1)
    expect(await countVerifications(verify)).toBe(0)
    expect(cache.size).toBe(1)
    // Without a cache, each time.
    expect(await countVerifications(async () => verifyCredential(token, options))).toBe(1)
  })

  it('does not take a forged credential with the id of a known one', async () => {
    const { issuer, options } = await createWorld()
    const cache = createSignatureCache()
    const good = await issuePosture(issuer)
    await verifyCredential(good, { ...options, cache })
    // Mallory writes the same header and the same id over claims of her own, and signs with her own key.
    const mallory = withKid(await generateSigner({ alg: 'EdDSA' }), issuer.signer.kid)
    const claims = { ...POSTURE, openCriticalVulnerabilities: 0, patchAgeDays: 0 }
    const forged = await issuePosture(issuer, { signer: mallory, claims })
    expect(forged.split('.')[0]).toBe(good.split('.')[0])
    const code = codeOfPromise(async () => verifyCredential(forged, { ...options, cache }))
    expect(await code).toBe('COMITY_SIGNATURE_INVALID')
    // Nor the known content under another signature.
    const resigned = good
      .split('.')
      .slice(0, 2)
      .concat(forged.split('.')[2] ?? '')
      .join('.')
    const again = codeOfPromise(async () => verifyCredential(resigned, { ...options, cache }))
    expect(await again).toBe('COMITY_SIGNATURE_INVALID')
    expect(cache.size).toBe(1)
  })

  it('remembers no failure, and nothing for a key that the issuer has exchanged', async () => {
    const { web, issuer, options, resolver } = await createWorld()
    const cache = createSignatureCache()
    const token = await issuePosture(issuer)
    await verifyCredential(token, { ...options, cache })
    const next = await generateSigner({ alg: 'EdDSA' })
    const keys = [{ fragment: '#key-1', jwk: next.publicJwk, relationships: ['assertionMethod'] as const }]
    web.pages.set(didWebUrl(issuer.did), JSON.stringify(createDidDocument({ did: issuer.did, keys })))
    resolver.invalidate(issuer.did)
    const code = codeOfPromise(async () => verifyCredential(token, { ...options, cache }))
    expect(await code).toBe('COMITY_SIGNATURE_INVALID')
  })

  it('makes every other check each time', async () => {
    const { issuer, options } = await createWorld()
    const cache = createSignatureCache()
    const token = await issuePosture(issuer)
    await verifyCredential(token, { ...options, cache })
    const at = async (now: number): Promise<unknown> =>
      codeOfPromise(async () => verifyCredential(token, { ...options, cache, now }))
    expect(await at(NOW + 9999)).toBe('COMITY_CREDENTIAL_EXPIRED')
    const trust = { judge: async () => ({ accepted: false, reason: 'no more' }) }
    const code = codeOfPromise(async () => verifyCredential(token, { ...options, cache, trust }))
    expect(await code).toBe('COMITY_ISSUER_NOT_TRUSTED')
  })

  it('is bounded: the token that was shown longest ago goes', async () => {
    const { issuer, options } = await createWorld()
    const cache = createSignatureCache({ maxEntries: 2 })
    const [a = '', b = '', c = ''] = await Promise.all(
      ['urn:x:a', 'urn:x:b', 'urn:x:c'].map(async (id) => issuePosture(issuer, { id })),
    )
    const verify = async (token: string): Promise<unknown> => verifyCredential(token, { ...options, cache })
    for (const token of [a, b, a, c]) await verify(token)
    expect(cache.size).toBe(2)
    expect(await countVerifications(async () => verify(a))).toBe(0)
    expect(await countVerifications(async () => verify(b))).toBe(1)
  })

  it('is bounded in characters, too', async () => {
    const { issuer, options } = await createWorld()
    const cache = createSignatureCache()
    const evaluations = Array.from({ length: 32 }, (_, index) => ({
      name: `${String(index)}-${'n'.repeat(250)}`,
      passed: true,
      date: '2026-01-01',
    }))
    const tokens = await Promise.all(
      Array.from({ length: 320 }, async (_, index) =>
        issuePosture(issuer, { id: `urn:x:${String(index)}`, claims: { ...POSTURE, evaluations } }),
      ),
    )
    const characters = tokens.reduce((sum, { length }) => sum + length, 0)
    expect(characters).toBeGreaterThan(4_194_304)
    for (const token of tokens) await verifyCredential(token, { ...options, cache })
    expect(cache.size).toBe(Math.floor(320 * (4_194_304 / characters)))
    expect(
      await countVerifications(async () => verifyCredential(tokens.at(-1) ?? '', { ...options, cache })),
    ).toBe(0)
  })

  it('reads a known token once, and judges by its schemas once', async () => {
    const { issuer, options } = await createWorld()
    const cache = createSignatureCache()
    const token = await issuePosture(issuer)
    const first = await verifyCredential(token, { ...options, cache })
    const second = await verifyCredential([...token].join(''), { ...options, cache })
    const third = await verifyCredential(token, { ...options, cache })
    expect(third.document).toBe(second.document)
    expect(second).toEqual(first)
    // Whoever wants another type, or comes from another holder, is refused all the same.
    const stranger = { ...options, cache, holder: 'did:web:mallory.example' }
    expect(await codeOfPromise(async () => verifyCredential(token, stranger))).toBe(
      'COMITY_CREDENTIAL_HOLDER',
    )
  })

  it.each([0, -1, 1.5, NaN, 1_000_001])('does not hold %d entries', (maxEntries) => {
    expect(() => createSignatureCache({ maxEntries })).toThrow(TypeError)
  })
})
