import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { receiveCredentials } from '../../../src/adapters/openid4vci/index.ts'
import { parseSdJwtCredential, verifyCredential, vctOf } from '../../../src/credentials/index.ts'
import { createDidDocument } from '../../../src/did/index.ts'
import { presentForDemand } from '../../../src/handshake/index.ts'
import { generateSigner, jwkThumbprint, type PublicJwk } from '../../../src/keys/index.ts'
import { createStatusChecker } from '../../../src/status/index.ts'
import { createTrustRegistry } from '../../../src/trust/index.ts'
import {
  createHolder,
  createIssuanceWorld,
  offerTo,
  proofOf,
  requestCredential,
  requestToken,
  TYPE,
  withToken,
  type IssuanceWorld,
} from './issuance-world.ts'

const ID = `${TYPE}.dc+sd-jwt`
const FORMAT = { format: 'dc+sd-jwt' } as const

let issuance: IssuanceWorld

beforeAll(async () => {
  issuance = await createIssuanceWorld()
})
afterAll(async () => {
  await issuance.world.close()
})

/** The key that a credential is bound to. */
function boundKey(token: unknown): string {
  const { cnf } = parseSdJwtCredential(String(token)).document as { cnf: { jwk: never } }
  return jwkThumbprint(cnf.jwk)
}

describe('an SD-JWT VC over HTTPS', () => {
  it('is one of the configurations of the issuer, for each type', async () => {
    const { origin } = issuance.world.acme
    const url = `${origin}/.well-known/openid-credential-issuer/openid4vci`
    const { body } = await issuance.world.fetch(url)
    const metadata = JSON.parse(new TextDecoder().decode(body)) as {
      credential_configurations_supported: Record<string, object>
    }
    const configurations = metadata.credential_configurations_supported
    expect(configurations[ID]).toMatchObject({ format: 'dc+sd-jwt', vct: vctOf(TYPE) })
    expect(configurations[ID]).not.toHaveProperty('credential_definition')
    expect(configurations[TYPE]).toMatchObject({ format: 'vc+jwt' })
    expect(Object.keys(configurations)).toHaveLength(12)
  })

  it('comes into the wallet, is bound to its key, and is shown in part', async () => {
    const { did, wallet, signer } = await createHolder()
    const { fetch, resolver, acme } = issuance.world
    const { offer } = await offerTo(issuance, did, FORMAT)
    const [held] = await receiveCredentials({ offer, wallet, did, release: 'public', fetch, resolver })
    expect(held).toMatchObject({ format: 'dc+sd-jwt', vct: vctOf(TYPE), subject: did, issuer: acme.did })
    expect(held?.holderKey).toBe(jwkThumbprint(signer.publicJwk))

    const asked = { audience: 'did:web:verifier.example', nonce: 'once' }
    const query = { id: 'capability', ...FORMAT, meta: { vct_values: [vctOf(TYPE)] } }
    const [shown] = await presentForDemand({ credentials: [query] }, { wallet, holder: did, ...asked })
    const verified = await verifyCredential(shown?.token ?? '', {
      ...FORMAT,
      keyBinding: asked,
      holder: did,
      resolver,
      status: createStatusChecker({ fetch, resolver }),
      trust: createTrustRegistry({ issuers: [{ did: acme.did, types: [TYPE] }] }),
    })
    expect(verified.document).not.toHaveProperty('authorizationDetails')
  })
})

describe('the issuer', () => {
  it('binds it to the key of the proof, where the subject has several', async () => {
    const { did, wallet, signer } = await issuance.world.acme.createAgent('two-keys')
    const key = await generateSigner({ alg: 'ES256' })
    for (const current of [signer, await generateSigner({ alg: 'ES256', kid: `${did}#key-2` })]) {
      if (current !== signer) publish(did, [signer.publicJwk, current.publicJwk])
      const { body } = await requestToken(issuance, (await offerTo(issuance, did, FORMAT)).code, key)
      const proof = await proofOf(issuance, { did, wallet, signer: current })
      const id = { credential_configuration_id: ID }
      const answer = await requestCredential(issuance, String(body['access_token']), key, proof, id)
      const [issued] = answer.body['credentials'] as { credential: string }[]
      expect(boundKey(issued?.credential)).toBe(jwkThumbprint(current.publicJwk))
    }
  })

  it('binds it to no key that was not proven', async () => {
    const { holder, key, token } = await withToken(issuance, FORMAT)
    const other = await createHolder()
    const forged = { ...other.signer, kid: holder.signer.kid }
    const proof = await proofOf(issuance, { ...holder, signer: forged })
    const id = { credential_configuration_id: ID }
    expect((await requestCredential(issuance, token, key, proof, id)).body).toEqual({
      error: 'invalid_proof',
    })
  })

  it.each([
    ['dc+sd-jwt', TYPE],
    ['vc+jwt', ID],
  ] as const)('refuses a request for the other format than the offered %s', async (format, asked) => {
    const { holder, key, token } = await withToken(issuance, { format })
    const id = { credential_configuration_id: asked }
    const answer = await requestCredential(issuance, token, key, await proofOf(issuance, holder), id)
    expect(answer).toEqual({ status: 400, body: { error: 'unknown_credential_configuration' } })
  })

  it('names the configuration with the access token', async () => {
    const { did } = await createHolder()
    const { code } = await offerTo(issuance, did, FORMAT)
    const { body } = await requestToken(issuance, code, await generateSigner({ alg: 'ES256' }))
    expect(body['authorization_details']).toMatchObject([{ credential_configuration_id: ID }])
  })

  it('offers no other format', async () => {
    const { did } = await createHolder()
    await expect(offerTo(issuance, did, { format: 'jwt_vc_json' as never })).rejects.toThrow(TypeError)
  })
})

/** Publishes the document of an agent with these keys, all for authentication. */
function publish(did: string, keys: readonly PublicJwk[]): void {
  issuance.world.acme.host.publishDocument(
    createDidDocument({
      did,
      controller: issuance.world.acme.did,
      keys: keys.map((jwk, index) => ({
        fragment: `#key-${String(index + 1)}`,
        jwk,
        relationships: ['authentication'],
      })),
    }),
  )
}
