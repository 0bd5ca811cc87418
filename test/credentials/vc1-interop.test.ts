import { createAgent, type ICredentialPlugin, type IDIDManager, type IKeyManager } from '@veramo/core'
import { CredentialProviderJWT } from '@veramo/credential-jwt'
import { CredentialPlugin } from '@veramo/credential-w3c'
import { DIDManager, MemoryDIDStore } from '@veramo/did-manager'
import { KeyManager, MemoryKeyStore, MemoryPrivateKeyStore } from '@veramo/key-manager'
import { KeyManagementSystem } from '@veramo/kms-local'
import { describe, expect, it } from 'vitest'
import { createVeramoWallet } from '../../src/adapters/veramo/index.ts'
import { createHostedProvider } from '../../src/adapters/veramo/providers.ts'
import { verifyCredential, type VerifyCredentialOptions } from '../../src/credentials/index.ts'
import { createDidDocument, createDidResolver, didWebUrl } from '../../src/did/index.ts'
import { generateSigner, type PublicJwk, type Signer } from '../../src/keys/index.ts'
import { createMemoryStore } from '../../src/store/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { HOLDER, NOW, POSTURE, STATUS_GOOD, createWeb, trustOnly } from './world.ts'

/** What is used of did-jwt-vc, whose own declarations do not compile here. */
interface DidJwtVc {
  readonly createVerifiableCredentialJwt: (
    credential: object,
    issuer: {
      readonly did: string
      readonly alg: string
      readonly signer: (data: string | Uint8Array) => Promise<string>
    },
    options?: { readonly removeOriginalFields?: boolean; readonly header?: object },
  ) => Promise<string>
}

const DID_JWT_VC: string = 'did-jwt-vc'
const { createVerifiableCredentialJwt } = (await import(DID_JWT_VC)) as DidJwtVc

const ISSUER = 'did:web:old.example'
const ISSUED = '2026-11-23T23:00:00.000Z'
const EXPIRES = '2026-11-24T01:00:00.000Z'

/** What an organization with other software says about an agent; of the data model 1.1, which that software speaks. */
const CREDENTIAL = {
  '@context': ['https://www.w3.org/2018/credentials/v1'],
  id: 'https://old.example/credentials/1',
  type: ['VerifiableCredential', 'AgentPostureCredential'],
  issuer: { id: ISSUER },
  issuanceDate: ISSUED,
  expirationDate: EXPIRES,
  credentialSubject: { ...POSTURE, id: HOLDER },
}

/** Options that know the issuer's keys, and take credentials of the data model 1.1 from it. */
function optionsFor(...keys: readonly PublicJwk[]): VerifyCredentialOptions {
  const web = createWeb()
  const document = createDidDocument({
    did: ISSUER,
    keys: keys.map((jwk, index) => ({
      fragment: `#key-${String(index)}`,
      jwk,
      relationships: ['assertionMethod' as const],
    })),
  })
  web.pages.set(didWebUrl(ISSUER), JSON.stringify(document))
  return {
    resolver: createDidResolver({ fetch: web.fetch, clock: { now: () => NOW } }),
    trust: trustOnly(ISSUER),
    status: STATUS_GOOD,
    holder: HOLDER,
    now: NOW,
    format: 'jwt_vc_json',
  }
}

/** A signer as did-jwt wants it. */
function didJwtIssuer({ alg, sign }: Pick<Signer, 'alg' | 'sign'>) {
  return {
    did: ISSUER,
    alg,
    signer: async (data: string | Uint8Array) => {
      return Buffer.from(await sign(Buffer.from(data))).toString('base64url')
    },
  }
}

describe.each(['ES256', 'EdDSA'] as const)('did-jwt-vc, %s', async (alg) => {
  const signer = await generateSigner({ alg })
  const options = optionsFor(signer.publicJwk)
  const issue = async (credential: object, more: object = {}): Promise<string> =>
    createVerifiableCredentialJwt(structuredClone(credential), didJwtIssuer(signer), more)

  it.each([true, false])('verifies here (removeOriginalFields: %s)', async (removeOriginalFields) => {
    const verified = await verifyCredential(await issue(CREDENTIAL, { removeOriginalFields }), options)
    expect(verified).toMatchObject({
      format: 'jwt_vc_json',
      issuer: ISSUER,
      subject: HOLDER,
      kid: `${ISSUER}#key-0`,
      id: CREDENTIAL.id,
      types: CREDENTIAL.type,
      validFrom: NOW - 3600,
      validUntil: NOW + 3600,
    })
    expect(verified.document['credentialSubject']).toEqual(CREDENTIAL.credentialSubject)
  })

  it('verifies with the key that it names, and with no other', async () => {
    const named = await issue(CREDENTIAL, { header: { kid: `${ISSUER}#key-0` } })
    await expect(verifyCredential(named, options)).resolves.toMatchObject({ kid: `${ISSUER}#key-0` })
    const other = await issue(CREDENTIAL, { header: { kid: `${ISSUER}#key-1` } })
    expect(await codeOfPromise(async () => verifyCredential(other, options))).toBe('COMITY_DID_KEY_UNKNOWN')
    const another = await generateSigner({ alg })
    const rotated = optionsFor(another.publicJwk, signer.publicJwk)
    await expect(verifyCredential(await issue(CREDENTIAL), rotated)).resolves.toMatchObject({
      kid: `${ISSUER}#key-1`,
    })
    expect(await codeOfPromise(async () => verifyCredential(named, rotated))).toBe('COMITY_SIGNATURE_INVALID')
  })

  it('is refused where it does not hold, as any other', async () => {
    const code = async (credential: object): Promise<string | undefined> => {
      const token = await issue(credential)
      return codeOfPromise(async () => verifyCredential(token, options))
    }
    expect(await code({ ...CREDENTIAL, expirationDate: '2026-11-23T23:30:00Z' })).toBe(
      'COMITY_CREDENTIAL_EXPIRED',
    )
    expect(await code({ ...CREDENTIAL, issuanceDate: '2026-11-24T00:30:00Z' })).toBe(
      'COMITY_CREDENTIAL_NOT_YET_VALID',
    )
    expect(await code({ ...CREDENTIAL, expirationDate: undefined })).toBe('COMITY_CREDENTIAL_SCHEMA')
    expect(await code({ ...CREDENTIAL, credentialSubject: { ...POSTURE, id: 'did:web:b.example' } })).toBe(
      'COMITY_CREDENTIAL_HOLDER',
    )
    const credentialSubject = { id: HOLDER, region: 'eu' }
    expect(await code({ ...CREDENTIAL, credentialSubject })).toBe('COMITY_CREDENTIAL_SCHEMA')
    const credentialStatus = { id: 'https://old.example/status#7', type: 'StatusList2021Entry' }
    expect(await code({ ...CREDENTIAL, credentialStatus })).toBe('COMITY_STATUS_UNAVAILABLE')
  })

  it('is refused as the data model 2.0', async () => {
    const token = await issue(CREDENTIAL)
    const code = await codeOfPromise(async () => verifyCredential(token, { ...options, format: 'vc+jwt' }))
    expect(code).toBe('COMITY_JWT_TYP_MISMATCH')
  })
})

it('did-jwt-vc, ES256K: is refused for its algorithm, whatever the key', async () => {
  const { publicJwk, sign } = await generateSigner({ alg: 'ES256' })
  const token = await createVerifiableCredentialJwt(structuredClone(CREDENTIAL), {
    ...didJwtIssuer({ alg: 'ES256', sign }),
    alg: 'ES256K',
  })
  const code = await codeOfPromise(async () => verifyCredential(token, optionsFor(publicJwk)))
  expect(code).toBe('COMITY_ALG_NOT_ALLOWED')
})

/** An agent as organizations run it to issue JWTs. */
function makeAgent() {
  return createAgent<IKeyManager & IDIDManager & ICredentialPlugin>({
    plugins: [
      new KeyManager({
        store: new MemoryKeyStore(),
        kms: { local: new KeyManagementSystem(new MemoryPrivateKeyStore()) },
      }),
      new DIDManager({
        store: new MemoryDIDStore(),
        defaultProvider: 'did:web',
        providers: { 'did:web': createHostedProvider() },
      }),
      new CredentialPlugin([new CredentialProviderJWT()]),
    ],
  })
}

describe('Veramo', () => {
  it.each(['ES256', 'Ed25519'] as const)('issues with a key for %s, and that verifies here', async (alg) => {
    const agent = makeAgent()
    const wallet = await createVeramoWallet({ store: createMemoryStore(), agent })
    const { publicJwk } = await wallet.createKey(ISSUER, { alg })
    for (const removeOriginalFields of [true, false]) {
      const issued = await agent.createVerifiableCredential({
        credential: structuredClone(CREDENTIAL),
        proofFormat: 'jwt',
        removeOriginalFields,
      })
      const token = (issued.proof as { jwt: string }).jwt
      const verified = await verifyCredential(token, optionsFor(publicJwk))
      expect(verified).toMatchObject({ issuer: ISSUER, subject: HOLDER, types: CREDENTIAL.type })
      expect(verified.document['credentialSubject']).toEqual(CREDENTIAL.credentialSubject)
      const stranger = await generateSigner({ alg })
      const code = await codeOfPromise(async () => verifyCredential(token, optionsFor(stranger.publicJwk)))
      expect(code).toBe('COMITY_SIGNATURE_INVALID')
    }
  })

  it('issues with a secp256k1 key what is refused for its algorithm', async () => {
    const agent = makeAgent()
    const key = await agent.keyManagerCreate({ kms: 'local', type: 'Secp256k1' })
    await agent.didManagerImport({ did: ISSUER, provider: 'did:web', keys: [] })
    await agent.didManagerAddKey({ did: ISSUER, key })
    const issued = await agent.createVerifiableCredential({
      credential: structuredClone(CREDENTIAL),
      proofFormat: 'jwt',
    })
    const { publicJwk } = await generateSigner({ alg: 'ES256' })
    const token = (issued.proof as { jwt: string }).jwt
    const code = await codeOfPromise(async () => verifyCredential(token, optionsFor(publicJwk)))
    expect(code).toBe('COMITY_ALG_NOT_ALLOWED')
  })
})
