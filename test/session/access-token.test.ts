import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../../src/encoding/index.ts'
import { generateSigner, parseJws, signJws } from '../../src/keys/index.ts'
import { issueAccessToken, verifyAccessToken } from '../../src/session/index.ts'
import { AGENT, AUDIENCE, failureOf, GATEWAY, NOW, setScene } from './support.ts'

const scene = await setScene()
const { gateway, session, options } = scene

async function codeFor(token: string, change: Partial<typeof options> = {}): Promise<unknown> {
  const failure = await failureOf(() => verifyAccessToken(token, { ...options, ...change }))
  return (failure as { code?: string } | undefined)?.code
}

/** A token by our own key, with some claims changed. */
async function forged(change: JsonObject, typ = 'at+jwt'): Promise<string> {
  const { claims } = parseJws(await scene.token())
  return await signJws({ header: { typ }, payload: { ...claims, ...change }, signer: gateway })
}

describe('issueAccessToken', () => {
  it('has the claims of the profile, and the binding', async () => {
    const { token, expiresAt } = await issueAccessToken({
      signer: gateway,
      issuer: GATEWAY,
      audience: AUDIENCE,
      session,
      lifetimeSeconds: 300,
      now: NOW + 0.7,
    })
    const { header, claims } = parseJws(token)
    expect(header).toEqual({ typ: 'at+jwt', alg: 'Ed25519', kid: `${GATEWAY}#key-1` })
    expect(claims).toMatchObject({
      iss: GATEWAY,
      aud: AUDIENCE,
      sub: AGENT,
      client_id: AGENT,
      iat: NOW,
      exp: NOW + 300,
      session_id: session.id,
      cnf: { jkt: session.jkt },
      authorization_details: [{ type: 'invoices', actions: ['read'] }],
    })
    expect(claims.jti).toMatch(/^[A-Za-z0-9_-]{22}$/)
    expect(expiresAt).toBe(NOW + 300)
  })

  it('never outlives the session', async () => {
    const short = { ...session, expiresAt: NOW + 10.9 }
    expect(
      (
        await issueAccessToken({
          signer: gateway,
          issuer: GATEWAY,
          audience: AUDIENCE,
          session: short,
          now: NOW,
        })
      ).expiresAt,
    ).toBe(NOW + 10)
  })

  it('is not issued for a session that is over', async () => {
    const common = { signer: gateway, issuer: GATEWAY, audience: AUDIENCE, now: NOW }
    for (const over of [
      { ...session, state: 'ended' as const },
      { ...session, expiresAt: NOW },
    ]) {
      await expect(issueAccessToken({ ...common, session: over })).rejects.toHaveProperty(
        'code',
        'COMITY_SESSION_ENDED',
      )
    }
  })

  it('is not longer than a header can be', async () => {
    const granted = [{ type: 'invoices', actions: ['a'.repeat(7000)] }]
    await expect(scene.token({ session: { ...session, granted } })).rejects.toHaveProperty(
      'code',
      'COMITY_SESSION_TOKEN_INVALID',
    )
  })

  it.each([0, 901, Number.NaN])('refuses a life of %d seconds', async (lifetimeSeconds) => {
    await expect(scene.token({ lifetimeSeconds })).rejects.toBeInstanceOf(TypeError)
  })
})

describe('verifyAccessToken', () => {
  it('accepts its own', async () => {
    const verified = await verifyAccessToken(await scene.token(), options)
    expect(verified).toMatchObject({
      agent: AGENT,
      sessionId: session.id,
      jkt: session.jkt,
      expiresAt: NOW + 900,
    })
    expect(Object.isFrozen(verified)).toBe(true)
  })

  it('accepts one by the previous key while keys are rotated', async () => {
    const next = await generateSigner({ alg: 'Ed25519', kid: `${GATEWAY}#key-2` })
    const keys = [next, gateway].map(({ publicJwk, kid }) => ({ ...publicJwk, kid }))
    expect(await codeFor(await scene.token(), { key: keys })).toBeUndefined()
    expect(await codeFor(await scene.token({ signer: next }), { key: keys })).toBeUndefined()
    expect(await codeFor(await scene.token({ signer: next }))).toBe('COMITY_SESSION_TOKEN_INVALID')
  })

  it.each([
    ['at first', 0, undefined],
    ['in its last second', 904, undefined],
    ['after its end', 905, 'COMITY_TOKEN_EXPIRED'],
    ['before its beginning', -6, 'COMITY_TOKEN_NOT_YET_VALID'],
  ])('looks at the times: %s', async (_name, seconds, code) => {
    expect(await codeFor(await scene.token(), { now: NOW + seconds })).toBe(code)
  })

  it.each([
    ['iss', { iss: 'did:web:other.example' }, 'COMITY_SESSION_TOKEN_INVALID'],
    ['aud', { aud: 'https://other.example' }, 'COMITY_AUDIENCE_MISMATCH'],
    ['aud as a list', { aud: [AUDIENCE] }, 'COMITY_AUDIENCE_MISMATCH'],
    ['a long life', { exp: NOW + 901 }, 'COMITY_SESSION_TOKEN_INVALID'],
    ['client_id', { client_id: 'did:web:other.example' }, 'COMITY_SESSION_TOKEN_INVALID'],
    ['session_id', { session_id: 'a/b' }, 'COMITY_SESSION_TOKEN_INVALID'],
    ['no cnf', { cnf: null }, 'COMITY_SESSION_TOKEN_INVALID'],
    ['cnf without jkt', { cnf: { 'x5t#S256': 'a' } }, 'COMITY_SESSION_TOKEN_INVALID'],
    ['jti', { jti: 'j'.repeat(129) }, 'COMITY_SESSION_TOKEN_INVALID'],
    ['authorization_details', { authorization_details: 'all' }, 'COMITY_SESSION_TOKEN_INVALID'],
  ])('refuses what we would not have issued: %s', async (_name, change, code) => {
    expect(await codeFor(await forged(change))).toBe(code)
  })

  it('refuses every other kind of token by our own key', async () => {
    for (const typ of ['JWT', 'dpop+jwt', 'vc+jwt', 'comity-hs+jwt', 'secevent+jwt']) {
      expect(await codeFor(await forged({}, typ))).toBe('COMITY_SESSION_TOKEN_INVALID')
    }
    expect(await codeFor(await forged({}, 'application/at+jwt'))).toBeUndefined()
  })

  it('refuses a token of the same content by another key', async () => {
    const stranger = await generateSigner({ alg: 'Ed25519', kid: gateway.kid })
    expect(await codeFor(await scene.token({ signer: stranger }))).toBe('COMITY_SESSION_TOKEN_INVALID')
  })

  it('needs at least one key, and at most eight', async () => {
    for (const key of [[], Array.from({ length: 9 }, () => gateway.publicJwk)]) {
      await expect(verifyAccessToken(await scene.token(), { ...options, key })).rejects.toBeInstanceOf(
        TypeError,
      )
    }
  })
})
