import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../src/encoding/index.ts'
import { generateSigner } from '../../../src/keys/index.ts'
import {
  createHolder,
  createIssuanceWorld,
  json,
  proofOf,
  requestCredential,
  requestNonce,
  send,
  TYPE,
  withToken,
  type IssuanceWorld,
} from './issuance-world.ts'

let issuance: IssuanceWorld

beforeAll(async () => {
  issuance = await createIssuanceWorld()
})
afterAll(async () => {
  await issuance.world.close()
})

describe('the credential endpoint refuses', () => {
  it('an access token with another key, as bearer, or used up', async () => {
    const { holder, key, token } = await withToken(issuance)
    const other = await generateSigner({ alg: 'ES256' })
    const proof = await proofOf(issuance, holder)
    expect((await requestCredential(issuance, token, other, proof)).status).toBe(401)
    const bearer = await send(
      issuance,
      '/credential',
      JSON.stringify({ credential_configuration_id: TYPE, proofs: { jwt: [proof] } }),
      { ...json, authorization: `Bearer ${token}` },
      key,
      token,
    )
    expect(bearer).toEqual({ status: 401, body: { error: 'invalid_token' } })
    expect((await requestCredential(issuance, token, key, proof)).status).toBe(200)
    expect(await requestCredential(issuance, token, key, await proofOf(issuance, holder))).toEqual({
      status: 401,
      body: { error: 'invalid_token' },
    })
  })

  it('two requests at once with one access token, but one', async () => {
    const { holder, key, token } = await withToken(issuance)
    const proofs = [
      await proofOf(issuance, holder),
      await proofOf(issuance, holder),
      await proofOf(issuance, holder),
    ]
    const answers = await Promise.all(
      proofs.map(async (proof) => requestCredential(issuance, token, key, proof)),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401])
  })

  it('a proof of another DID', async () => {
    const { key, token } = await withToken(issuance)
    const other = await createHolder()
    expect((await requestCredential(issuance, token, key, await proofOf(issuance, other))).body).toEqual({
      error: 'invalid_proof',
    })
  })

  it('a proof that another key signed in the name of the DID', async () => {
    const { holder, key, token } = await withToken(issuance)
    const forger = await generateSigner({ alg: 'Ed25519', kid: holder.signer.kid })
    const proof = await proofOf(issuance, { ...holder, signer: forger })
    expect((await requestCredential(issuance, token, key, proof)).body).toEqual({ error: 'invalid_proof' })
  })

  it.each([
    ['for another issuer', { aud: 'https://other.example' }, 'invalid_proof'],
    ['of long ago', { iat: 1_700_000_000 }, 'invalid_proof'],
    ['of the future', { iat: 4_000_000_000 }, 'invalid_proof'],
    ['without a time', { iat: 'now' }, 'invalid_proof'],
    ['with a nonce of its own', { nonce: 'A'.repeat(54) }, 'invalid_nonce'],
    ['without a nonce', { nonce: 7 }, 'invalid_nonce'],
  ])('a proof %s', async (_name, changes, error) => {
    const { holder, key, token } = await withToken(issuance)
    expect(
      (await requestCredential(issuance, token, key, await proofOf(issuance, holder, changes))).body,
    ).toEqual({ error })
  })

  it('a nonce that somebody made, with a time of its own', async () => {
    const { holder, key, token } = await withToken(issuance)
    const nonce = await requestNonce(issuance)
    // Bytes 24 to 39 are the tag: from character 32 on.
    const forged = `${nonce.slice(0, 40)}${nonce[40] === 'A' ? 'B' : 'A'}${nonce.slice(41)}`
    const answer = await requestCredential(
      issuance,
      token,
      key,
      await proofOf(issuance, holder, { nonce: forged }),
    )
    expect(answer.body).toEqual({ error: 'invalid_nonce' })
    const again = await requestCredential(issuance, token, key, await proofOf(issuance, holder, { nonce }))
    expect(again.status).toBe(200)
  })

  it('a nonce that is too old', async () => {
    const nonce = await requestNonce(issuance)
    issuance.time.ahead = 301
    const { holder, key, token } = await withToken(issuance)
    const proof = await proofOf(issuance, holder, { nonce, iat: Math.floor(Date.now() / 1000) + 301 })
    const answer = await requestCredential(issuance, token, key, proof)
    issuance.time.ahead = 0
    expect(answer.body).toEqual({ error: 'invalid_nonce' })
  })

  it('a nonce that was used', async () => {
    const nonce = await requestNonce(issuance)
    const first = await withToken(issuance)
    const good = await requestCredential(
      issuance,
      first.token,
      first.key,
      await proofOf(issuance, first.holder, { nonce }),
    )
    expect(good.status).toBe(200)
    const second = await withToken(issuance)
    const again = await requestCredential(
      issuance,
      second.token,
      second.key,
      await proofOf(issuance, second.holder, { nonce }),
    )
    expect(again.body).toEqual({ error: 'invalid_nonce' })
  })

  it('a proof of another kind of token', async () => {
    const { holder, key, token } = await withToken(issuance)
    const proof = await proofOf(issuance, holder, {}, 'comity-cnf+jwt')
    expect((await requestCredential(issuance, token, key, proof)).body).toEqual({ error: 'invalid_proof' })
  })

  it.each<[string, JsonObject, string]>([
    ['another credential', { credential_configuration_id: 'Other' }, 'unknown_credential_configuration'],
    ['two proofs', { proofs: { jwt: ['a', 'b'] } }, 'invalid_proof'],
    ['no proof', { proofs: {} }, 'invalid_proof'],
    ['encryption', { credential_response_encryption: { enc: 'A256GCM' } }, 'invalid_encryption_parameters'],
  ])('a request with %s', async (_name, changes, error) => {
    const { holder, key, token } = await withToken(issuance)
    const answer = await requestCredential(issuance, token, key, await proofOf(issuance, holder), changes)
    expect(answer).toEqual({ status: 400, body: { error } })
  })

  it('what is no JSON', async () => {
    const { key, token } = await withToken(issuance)
    const headers = { ...json, authorization: `DPoP ${token}` }
    expect((await send(issuance, '/credential', '{', headers, key, token)).body).toEqual({
      error: 'invalid_credential_request',
    })
  })
})
