import { describe, expect, it } from 'vitest'
import { generateSigner } from '../../src/keys/index.ts'
import { assertVerifiedRequest, createSessionRegistry, verifyRequest } from '../../src/session/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { AGENT, failureOf, NOW, setScene, type Scene } from './support.ts'

async function codeFor(
  scene: Scene,
  request: Parameters<typeof verifyRequest>[0],
  change = {},
): Promise<unknown> {
  const failure = await failureOf(() => verifyRequest(request, { ...scene.options, ...change }))
  return (failure as { code?: string } | undefined)?.code
}

describe('verifyRequest', () => {
  it('accepts a request of the session by its key', async () => {
    const scene = await setScene()
    const verified = await verifyRequest(await scene.request(await scene.token()), scene.options)
    expect(verified).toMatchObject({
      agent: AGENT,
      session: { id: scene.session.id, state: 'active' },
      granted: [{ type: 'invoices', actions: ['read'] }],
      tokenExpiresAt: NOW + 900,
      method: 'GET',
      path: '/invoices/2026-10',
    })
    expect(Object.isFrozen(verified)).toBe(true)
    expect(() => {
      assertVerifiedRequest(verified)
    }).not.toThrow()
    expect(() => {
      assertVerifiedRequest({ ...verified })
    }).toThrow(TypeError)
  })

  it('refuses a token without a proof, as bearer, twice, or under another scheme', async () => {
    const scene = await setScene()
    const token = await scene.token()
    const request = await scene.request(token)
    expect(await codeFor(scene, { ...request, dpop: null })).toBe('COMITY_DPOP_INVALID')
    expect(await codeFor(scene, { ...request, authorization: null })).toBe('COMITY_SESSION_TOKEN_INVALID')
    for (const authorization of [
      `Bearer ${token}`,
      `DPoP ${token}, DPoP ${token}`,
      `DPoP  ${token}`,
      ` DPoP ${token}`,
      `DPoP ${token} `,
      `DPoP\t${token}`,
      token,
      'DPoP',
      `DPoP ${'a'.repeat(9000)}.b.c`,
    ]) {
      expect(await codeFor(scene, { ...request, authorization })).toBe('COMITY_SESSION_TOKEN_INVALID')
    }
    expect(await codeFor(scene, { ...request, authorization: `dpop ${token}` })).toBeUndefined()
  })

  it('refuses a stolen token with another key', async () => {
    const scene = await setScene()
    const token = await scene.token()
    const thief = await generateSigner({ alg: 'ES256' })
    expect(await codeFor(scene, await scene.request(token, { signer: thief }))).toBe(
      'COMITY_DPOP_KEY_MISMATCH',
    )
  })

  it('refuses a proof for another method, URL or token, and an old one', async () => {
    const scene = await setScene()
    const token = await scene.token()
    const post = await scene.request(token, { method: 'POST' })
    expect(await codeFor(scene, { ...post, method: 'GET' })).toBe('COMITY_DPOP_INVALID')
    const elsewhere = { url: 'https://api.globex.example/other' }
    expect(await codeFor(scene, await scene.request(token, elsewhere))).toBe('COMITY_DPOP_INVALID')
    const { dpop } = await scene.request(await scene.token())
    expect(await codeFor(scene, { ...(await scene.request(token)), dpop })).toBe('COMITY_DPOP_INVALID')
    expect(await codeFor(scene, await scene.request(token, { now: NOW - 91 }))).toBe('COMITY_DPOP_INVALID')
  })

  it('refuses the same request again, also at another instance', async () => {
    const scene = await setScene()
    const request = await scene.request(await scene.token())
    expect(await codeFor(scene, request)).toBeUndefined()
    const { store, clock } = scene
    const registry = createSessionRegistry({ store, clock })
    expect(await codeFor(scene, request, { registry })).toBe('COMITY_DPOP_REPLAYED')
  })

  it('asks for the nonce where there is one', async () => {
    const scene = await setScene()
    const token = await scene.token()
    expect(await codeFor(scene, await scene.request(token), { nonces: ['n'] })).toBe('COMITY_DPOP_INVALID')
    expect(
      await codeFor(scene, await scene.request(token, { nonce: 'n' }), { nonces: ['n'] }),
    ).toBeUndefined()
  })

  it('reads the session anew for each request', async () => {
    const scene = await setScene()
    const token = await scene.token()
    expect(await codeFor(scene, await scene.request(token))).toBeUndefined()
    // Ended at another instance.
    const elsewhere = createSessionRegistry({ store: scene.store, clock: scene.clock })
    expect(await elsewhere.end(scene.session.id, 'revoked')).toBe(true)
    expect(await codeFor(scene, await scene.request(token))).toBe('COMITY_SESSION_ENDED')
  })

  it('refuses a request of a session that has expired or is not known', async () => {
    const scene = await setScene({ expiresAt: NOW + 100 })
    const token = await scene.token()
    const late = await scene.request(token, { now: NOW + 101 })
    scene.clock.time = NOW + 101
    expect(await codeFor(scene, late, { now: NOW + 101 })).toBe('COMITY_SESSION_ENDED')

    const other = await setScene()
    const foreign = createSessionRegistry({ store: createMemoryStore() })
    const request = await other.request(await other.token())
    expect(await codeFor(other, request, { registry: foreign })).toBe('COMITY_SESSION_UNKNOWN')
  })

  it('does not let one session use the record of another', async () => {
    const scene = await setScene()
    const other = await setScene()
    const token = await scene.token()
    const request = await scene.request(token)
    const registry = { ...scene.registry, get: () => Promise.resolve(other.session) }
    expect(await codeFor(scene, request, { registry })).toBe('COMITY_SESSION_UNKNOWN')
  })

  it('grants no more than the session still does', async () => {
    const scene = await setScene()
    const wide = {
      ...scene.session,
      granted: [...scene.session.granted, { type: 'payments', actions: ['send'] }],
    }
    const request = await scene.request(await scene.token({ session: wide }))
    const verified = await verifyRequest(request, scene.options)
    expect(verified.granted).toEqual([{ type: 'invoices', actions: ['read'] }])
  })

  it('judges the token before the proof, and uses up no jti for a bad token', async () => {
    const scene = await setScene()
    const token = await scene.token()
    const request = await scene.request(token)
    expect(await codeFor(scene, request, { audience: 'https://other.example' })).toBe(
      'COMITY_AUDIENCE_MISMATCH',
    )
    expect(await codeFor(scene, request)).toBeUndefined()
  })

  it('puts nothing of the request into its errors', async () => {
    const scene = await setScene()
    const token = await scene.token()
    const request = await scene.request(token)
    await scene.registry.end(scene.session.id, 'revoked')
    for (const bad of [
      request,
      { ...request, dpop: `${request.dpop ?? ''}x` },
      { ...request, authorization: `DPoP ${token}x` },
    ]) {
      const text = JSON.stringify(await failureOf(() => verifyRequest(bad, scene.options)))
      for (const part of [...token.split('.'), ...(request.dpop ?? '').split('.')])
        expect(text).not.toContain(part)
    }
  })
})
