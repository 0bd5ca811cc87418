import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIssuanceEndpoint, receiveCredentials } from '../../../src/adapters/openid4vci/index.ts'
import { generateSigner } from '../../../src/keys/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import { codeOfPromise } from '../../support/codes.ts'
import {
  createHolder,
  createIssuanceWorld,
  form,
  GRANT,
  offerTo,
  proofOf,
  requestCredential,
  requestToken,
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

/** How a wallet of this world takes an offer up. */
const inTheWorld = () => ({
  release: 'never' as const,
  fetch: issuance.world.fetch,
  resolver: issuance.world.resolver,
})

describe('an offer over HTTPS', () => {
  it('brings a credential into the wallet that it is about', async () => {
    const { did, wallet } = await createHolder()
    const { offer } = await offerTo(issuance, did)
    const held = await receiveCredentials({ offer, wallet, did, ...inTheWorld() })
    expect(held).toMatchObject([
      {
        issuer: issuance.world.acme.did,
        subject: did,
        types: ['VerifiableCredential', TYPE],
        release: 'never',
      },
    ])
    expect(await wallet.credentials(did)).toEqual(held)
    expect(issuance.log.at(-1)).toMatchObject({ event: 'credential', outcome: 'issued', subject: did })
  })

  it('can be taken up once, with the code that was told beside it', async () => {
    const { did, wallet } = await createHolder()
    const { offer, txCode } = await offerTo(issuance, did, { withTransactionCode: true })
    expect(txCode).toMatch(/^[0-9]{8}$/)
    const options = { offer, wallet, did, ...inTheWorld() }
    expect(await codeOfPromise(async () => receiveCredentials(options))).toBe('COMITY_OFFER_INVALID')
    await receiveCredentials({ ...options, txCode: txCode ?? '' })
    await expect(receiveCredentials({ ...options, txCode: txCode ?? '' })).rejects.toMatchObject({
      code: 'COMITY_PEER_REFUSED',
      details: { status: 400, reason: 'invalid_grant' },
    })
  })

  it('is spent by five wrong transaction codes', async () => {
    const { did } = await createHolder()
    const key = await generateSigner({ alg: 'ES256' })
    const { code, txCode = '' } = await offerTo(issuance, did, { withTransactionCode: true })
    for (let tries = 0; tries < 5; tries++) {
      expect((await requestToken(issuance, code, key, { tx_code: '00' })).body).toEqual({
        error: 'invalid_grant',
      })
    }
    expect((await requestToken(issuance, code, key, { tx_code: txCode })).body).toEqual({
      error: 'invalid_grant',
    })
  })

  it('runs out', async () => {
    const { did } = await createHolder()
    const { code } = await offerTo(issuance, did, { expiresIn: 60 })
    issuance.time.ahead = 61
    const key = await generateSigner({ alg: 'ES256' })
    const late = await requestToken(issuance, code, key)
    issuance.time.ahead = 0
    expect(late).toEqual({ status: 400, body: { error: 'invalid_grant' } })
  })

  it('is worth nothing to whoever stole it', async () => {
    const [holder, thief] = [await createHolder(), await createHolder()]
    const { offer } = await offerTo(issuance, holder.did)
    const { wallet, did } = thief
    await expect(receiveCredentials({ offer, wallet, did, ...inTheWorld() })).rejects.toMatchObject({
      code: 'COMITY_PEER_REFUSED',
      details: { reason: 'invalid_proof' },
    })
    expect(await wallet.credentials(did)).toEqual([])
  })

  it('is refused by the default fetch when it points to the own network', async () => {
    const { did, wallet } = await createHolder()
    const { offer } = await offerTo(issuance, did)
    expect(
      await codeOfPromise(async () => receiveCredentials({ offer, wallet, did, release: 'never' })),
    ).toBe('COMITY_NET_ADDRESS_NOT_ALLOWED')
  })

  it('is not honoured for an agent that was revoked since', async () => {
    const { holder, key, token } = await withToken(issuance)
    await issuance.world.acme.issuer.revoke({ agent: holder.did }, { reason: 'test' })
    expect(await requestCredential(issuance, token, key, await proofOf(issuance, holder))).toEqual({
      status: 400,
      body: { error: 'credential_request_denied' },
    })
    expect(issuance.log.at(-1)).toMatchObject({ outcome: 'refused', reason: 'COMITY_ISSUER_AGENT_REVOKED' })
  })
})

describe('the token endpoint refuses', () => {
  it('a request without proof of possession', async () => {
    const { did } = await createHolder()
    const { code } = await offerTo(issuance, did)
    const fields = new URLSearchParams({ grant_type: GRANT, 'pre-authorized_code': code }).toString()
    expect((await send(issuance, '/token', fields, form)).body).toEqual({ error: 'invalid_dpop_proof' })
  })

  it('another grant, no code, a parameter twice, another media type, too large a body', async () => {
    const key = await generateSigner({ alg: 'ES256' })
    const ask = async (body: string, headers = form): Promise<unknown> =>
      (await send(issuance, '/token', body, headers, key)).body['error']
    expect(await ask('grant_type=client_credentials')).toBe('unsupported_grant_type')
    expect(await ask(`grant_type=${GRANT}`)).toBe('invalid_request')
    expect(await ask(`grant_type=${GRANT}&grant_type=${GRANT}&pre-authorized_code=x`)).toBe('invalid_request')
    expect(await ask('{}', { 'content-type': 'application/json' })).toBe('invalid_request')
    expect(await ask('x'.repeat(5000))).toBe('invalid_request')
    expect(await ask(`grant_type=${GRANT}&pre-authorized_code=unknown`)).toBe('invalid_grant')
  })
})

describe('an issuance endpoint', () => {
  it('answers its own URLs only, by their methods', async () => {
    expect(await issuance.endpoint.handle(new Request(`${issuance.url}/other`))).toBeUndefined()
    expect((await issuance.endpoint.handle(new Request(`${issuance.url}/token`)))?.status).toBe(405)
  })

  it('must be at an https URL without a slash at the end', () => {
    const { issuer } = issuance.world.acme
    const options = { issuer, resolver: issuance.world.resolver, store: createMemoryStore() }
    for (const bad of ['http://acme.example', 'https://acme.example/', 'https://acme.example/a?b', 'acme']) {
      expect(() => createIssuanceEndpoint({ ...options, url: bad })).toThrow(TypeError)
    }
    expect(() => createIssuanceEndpoint({ ...options, url: 'https://acme.example' })).not.toThrow()
  })

  it('says no code, token or claim in its log', () => {
    expect(issuance.log.length).toBeGreaterThan(20)
    const text = JSON.stringify(issuance.log)
    expect(issuance.secrets.filter((secret) => text.includes(secret))).toEqual([])
    expect(text).not.toContain('authorizationDetails')
  })
})
