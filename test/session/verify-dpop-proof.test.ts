import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/encoding/index.ts'
import { generateSigner, jwkThumbprint, signJws, type Signer } from '../../src/keys/index.ts'
import { createDpopProof, verifyDpopProof, type VerifyDpopProofOptions } from '../../src/session/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { failureOf, NOW, stoppedClock } from './support.ts'

const url = 'https://rs.example/a'
const clock = stoppedClock()

function options(change: Partial<VerifyDpopProofOptions> = {}): VerifyDpopProofOptions {
  return { method: 'GET', url, replay: createMemoryStore({ clock }), now: NOW, ...change }
}

async function signed(signer: Signer, claims: JsonObject, header: JsonObject = {}): Promise<string> {
  const payload = { jti: 'j', htm: 'GET', htu: url, iat: NOW, ...claims }
  return await signJws({ header: { typ: 'dpop+jwt', ...header }, payload, signer, includeJwk: true })
}

const signer = await generateSigner({ alg: 'ES256' })

async function reasonFor(
  proof: string | null,
  change: Partial<VerifyDpopProofOptions> = {},
): Promise<unknown> {
  const failure = await failureOf(() => verifyDpopProof(proof, options(change)))
  const { code, details } = (failure ?? {}) as { code?: string; details?: { reason?: string } }
  return code === 'COMITY_DPOP_INVALID' ? details?.reason : code
}

describe('verifyDpopProof', () => {
  it.each(['Ed25519', 'EdDSA', 'ES256', 'ES384'] as const)(
    'accepts what createDpopProof makes with %s',
    async (alg) => {
      const holder = await generateSigner({ alg })
      const accessToken = 'a.b.c'
      const proof = await createDpopProof({
        signer: holder,
        method: 'GET',
        url: `${url}?q#f`,
        accessToken,
        nonce: 'n',
        now: NOW,
      })
      const verified = await verifyDpopProof(proof, options({ accessToken, nonces: ['m', 'n'] }))
      expect(verified.jkt).toBe(jwkThumbprint(holder.publicJwk))
      expect(verified.issuedAt).toBe(NOW)
      expect(Object.isFrozen(verified)).toBe(true)
    },
  )

  it('names the check that failed', async () => {
    const good = await signed(signer, {})
    expect(await reasonFor(null)).toBe('missing')
    expect(await reasonFor('')).toBe('missing')
    expect(await reasonFor('a'.repeat(8193))).toBe('size')
    expect(await reasonFor(`${good}, ${good}`)).toBe('repeated')
    expect(await reasonFor('a.b')).toBe('form')
    expect(await reasonFor(await signed(signer, {}, { typ: 'at+jwt' }))).toBe('form')
    expect(await reasonFor(good, { algorithms: ['Ed25519'] })).toBe('alg')
    expect(await reasonFor(await signed(signer, { jti: 'j'.repeat(129) }))).toBe('jti')
    expect(await reasonFor(await signed(signer, { jti: 7 }))).toBe('jti')
    expect(await reasonFor(await signed(signer, { htm: 1 }))).toBe('htm')
    expect(await reasonFor(await signed(signer, { htu: '/a' }))).toBe('htu')
    expect(await reasonFor(await signed(signer, { iat: String(NOW) }))).toBe('iat')
    expect(await reasonFor(good, { method: 'POST' })).toBe('htm')
    expect(await reasonFor(good, { url: `${url}/b` })).toBe('htu')
    expect(await reasonFor(good, { accessToken: 'a.b.c' })).toBe('ath')
    expect(await reasonFor(good, { nonces: ['n'] })).toBe('nonce')
    expect(await reasonFor(good, { nonces: [] })).toBe('nonce')
    expect(await reasonFor(good, { jkt: 'someone-else' })).toBe('COMITY_DPOP_KEY_MISMATCH')
  })

  it('refuses a proof without an embedded key', async () => {
    const payload = { jti: 'j', htm: 'GET', htu: url, iat: NOW }
    expect(await reasonFor(await signJws({ header: { typ: 'dpop+jwt' }, payload, signer }))).toBe('jwk')
  })

  it('refuses a proof signed with another key than the embedded one', async () => {
    const other = await generateSigner({ alg: 'ES256' })
    const [header] = (await signed(signer, {})).split('.')
    const [, payload, signature] = (await signed(other, {})).split('.')
    expect(await reasonFor([header, payload, signature].join('.'))).toBe('signature')
  })

  it('bounds the age on both sides', async () => {
    const window = { maxAge: 60, clockTolerance: 5 }
    expect(await reasonFor(await signed(signer, { iat: NOW - 65 }), window)).toBeUndefined()
    expect(await reasonFor(await signed(signer, { iat: NOW - 66 }), window)).toBe('iat')
    expect(await reasonFor(await signed(signer, { iat: NOW + 5 }), window)).toBeUndefined()
    expect(await reasonFor(await signed(signer, { iat: NOW + 6 }), window)).toBe('iat')
  })

  it('refuses options out of range', async () => {
    const proof = await signed(signer, {})
    await expect(verifyDpopProof(proof, options({ maxAge: 301 }))).rejects.toBeInstanceOf(TypeError)
    await expect(verifyDpopProof(proof, options({ maxAge: Number.NaN }))).rejects.toBeInstanceOf(TypeError)
    await expect(verifyDpopProof(proof, options({ clockTolerance: 301 }))).rejects.toBeInstanceOf(TypeError)
  })

  describe('replay', () => {
    it('takes a proof once, of many at once', async () => {
      const proof = await signed(signer, {})
      const shared = options()
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, () => failureOf(() => verifyDpopProof(proof, shared))),
      )
      expect(outcomes.filter((outcome) => outcome === undefined)).toHaveLength(1)
      for (const outcome of outcomes) {
        if (outcome !== undefined) expect(outcome).toHaveProperty('code', 'COMITY_DPOP_REPLAYED')
      }
    })

    it('remembers a proof for as long as it would be accepted', async () => {
      const moving = stoppedClock()
      const replay = createMemoryStore({ clock: moving })
      const proof = await signed(signer, { iat: NOW + 30 })
      await verifyDpopProof(proof, options({ replay }))
      for (moving.time = NOW; ; moving.time++) {
        const failure = await failureOf(() => verifyDpopProof(proof, options({ replay, now: moving.time })))
        expect(failure).toBeDefined()
        if ((failure as { code: string }).code !== 'COMITY_DPOP_REPLAYED') break
      }
      expect(moving.time).toBe(NOW + 30 + 60 + 30 + 1)
    })

    it('is by key: another holder may use the same jti', async () => {
      const shared = options()
      await verifyDpopProof(await signed(signer, {}), shared)
      const other = await generateSigner({ alg: 'Ed25519' })
      await expect(verifyDpopProof(await signed(other, {}), shared)).resolves.toBeDefined()
    })

    it.each([
      ['another URL', { url: `${url}/b` }],
      ['another method', { method: 'PUT' }],
      ['another token', { accessToken: 'a.b.c' }],
      ['another nonce', { nonces: ['n'] }],
      ['another key', { jkt: 'someone-else' }],
      ['too old', { now: NOW + 1000 }],
    ])('does not use up the jti of a proof that is refused: %s', async (_name, change) => {
      const shared = options()
      const proof = await signed(signer, {})
      await expect(verifyDpopProof(proof, { ...shared, ...change })).rejects.toBeDefined()
      await expect(verifyDpopProof(proof, shared)).resolves.toBeDefined()
    })
  })
})

describe('createDpopProof', () => {
  it('refuses what no request can have', async () => {
    await expect(createDpopProof({ signer, method: '', url })).rejects.toBeInstanceOf(TypeError)
    await expect(createDpopProof({ signer, method: 'GET', url: '/a' })).rejects.toBeInstanceOf(TypeError)
  })
})
