import { createAgent, type IDIDManager, type IKeyManager } from '@veramo/core'
import { DIDManager, MemoryDIDStore } from '@veramo/did-manager'
import { KeyManager, MemoryKeyStore, MemoryPrivateKeyStore } from '@veramo/key-manager'
import { KeyManagementSystem } from '@veramo/kms-local'
import { describe, expect, it } from 'vitest'
import {
  createVeramoSigner,
  createVeramoWallet,
  type VeramoAgent,
} from '../../../src/adapters/veramo/index.ts'
import { createDidKeyProvider, createHostedProvider } from '../../../src/adapters/veramo/providers.ts'
import { parseJws, signJws, verifyJwsSignature } from '../../../src/keys/index.ts'
import { randomBytes } from '../../../src/runtime/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import { createMemoryWallet } from '../../../src/wallet/index.ts'
import { walletContract } from '../../wallet/contract.ts'

const DID = 'did:web:acme.example'

/** An agent as somebody else would have it: with Veramo's stores. */
function makeAgent(systems: readonly string[] = ['theirs']): VeramoAgent {
  const kms = Object.fromEntries(
    systems.map((name) => [name, new KeyManagementSystem(new MemoryPrivateKeyStore())]),
  )
  return createAgent<IKeyManager & IDIDManager>({
    plugins: [
      new KeyManager({ store: new MemoryKeyStore(), kms }),
      new DIDManager({
        store: new MemoryDIDStore(),
        defaultProvider: 'did:key',
        providers: { 'did:key': createDidKeyProvider(), 'did:web': createHostedProvider() },
      }),
    ],
  })
}

walletContract('Veramo, on an agent that was there', {
  make: (clock) =>
    createVeramoWallet({
      store: createMemoryStore(),
      agent: makeAgent(),
      secretsKey: randomBytes(32),
      clock,
    }),
  algorithms: ['Ed25519', 'EdDSA', 'ES256'],
})

describe('the agent', () => {
  it('knows the DIDs and keys of the wallet', async () => {
    const agent = makeAgent()
    const wallet = await createVeramoWallet({ store: createMemoryStore(), agent })
    await wallet.createKey(DID, { alg: 'Ed25519' })
    const next = await wallet.createKey(DID, { alg: 'ES256' })
    const own = await wallet.createDidKey({ alg: 'ES256' })
    const identifiers = await agent.didManagerFind({})
    expect(
      identifiers.map(({ did, provider, keys }) => [did, provider, keys.map(({ type }) => type)]),
    ).toEqual([
      [DID, 'did:web', ['Ed25519', 'Secp256r1']],
      [own.did, 'did:key', ['Secp256r1']],
    ])
    await wallet.removeKey(DID, next.kid)
    expect((await agent.didManagerGet({ did: DID })).keys).toHaveLength(1)
  })

  it('is not asked to forget a DID when it is somebody else’s', async () => {
    const agent = makeAgent()
    const wallet = await createVeramoWallet({ store: createMemoryStore(), agent })
    const { kid } = await wallet.createKey(DID, { alg: 'Ed25519' })
    await wallet.removeKey(DID, kid)
    expect(await agent.didManagerGet({ did: DID })).toMatchObject({ keys: [] })
  })

  it('must have the plugins, one key management system or a chosen one, and come alone', async () => {
    const store = createMemoryStore()
    const without = createAgent<IKeyManager & IDIDManager>({ plugins: [] })
    await expect(createVeramoWallet({ store, agent: without })).rejects.toThrow(/keyManagerCreate/)
    const two = makeAgent(['a', 'b'])
    await expect(createVeramoWallet({ store, agent: two })).rejects.toThrow(TypeError)
    await expect(createVeramoWallet({ store, agent: two, kms: 'c' })).rejects.toThrow(TypeError)
    const wallet = await createVeramoWallet({ store, agent: two, kms: 'b' })
    await wallet.createKey(DID, { alg: 'Ed25519' })
    expect((await two.didManagerGet({ did: DID })).keys).toMatchObject([{ kms: 'b' }])
    await expect(createVeramoWallet({ store } as never)).rejects.toThrow(TypeError)
    const both = { store, agent: two, sealingKey: randomBytes(32) } as never
    await expect(createVeramoWallet(both)).rejects.toThrow(TypeError)
  })

  it('that is made here takes more plugins', async () => {
    const plugins = [{ methods: { hello: async () => 'world' } }]
    const options = { store: createMemoryStore(), sealingKey: randomBytes(32), plugins }
    const { agent } = await createVeramoWallet(options)
    expect(await agent.execute('hello', {})).toBe('world')
  })

  it('that is made here finds DIDs by alias, and changes them', async () => {
    const { agent, createKey } = await createVeramoWallet({
      store: createMemoryStore(),
      sealingKey: randomBytes(32),
    })
    await createKey(DID, { alg: 'Ed25519' })
    await agent.didManagerSetAlias({ did: DID, alias: 'acme' })
    const service = { id: `${DID}#s`, type: 'T', serviceEndpoint: 'https://acme.example' }
    await agent.didManagerAddService({ did: DID, service })
    expect(await agent.didManagerGetByAlias({ alias: 'acme' })).toMatchObject({
      did: DID,
      services: [service],
    })
    expect(await agent.didManagerFind({ provider: 'did:key' })).toEqual([])
    await agent.didManagerDelete({ did: DID })
    await expect(agent.didManagerGetByAlias({ alias: 'acme' })).rejects.toThrow()
  })
})

describe('createVeramoSigner', () => {
  it.each(['Ed25519', 'Secp256r1'])('signs with an %s key of an agent, in any wallet', async (type) => {
    const agent = makeAgent()
    const { kid: keyRef } = await agent.keyManagerCreate({ kms: 'theirs', type })
    const signer = await createVeramoSigner({ agent, keyRef, kid: `${DID}#theirs` })
    const wallet = createMemoryWallet()
    await wallet.addKey(DID, signer)
    const used = await wallet.signer(DID)
    const token = await signJws({ header: { typ: 'test' }, payload: { a: 1 }, signer: used })
    await expect(verifyJwsSignature(parseJws(token), signer.publicJwk)).resolves.toBeDefined()
  })

  it('takes no other keys', async () => {
    const agent = makeAgent()
    const { kid: keyRef } = await agent.keyManagerCreate({ kms: 'theirs', type: 'Secp256k1' })
    await expect(createVeramoSigner({ agent, keyRef, kid: `${DID}#1` })).rejects.toThrow(TypeError)
    const options = { agent, keyRef: 'none', kid: `${DID}#1` }
    await expect(createVeramoSigner(options)).rejects.toThrow('Key not found')
    const ed = await agent.keyManagerCreate({ kms: 'theirs', type: 'Ed25519' })
    const wrong = { agent, keyRef: ed.kid, kid: `${DID}#1`, alg: 'ES256' } as const
    await expect(createVeramoSigner(wrong)).rejects.toThrow(TypeError)
  })
})
