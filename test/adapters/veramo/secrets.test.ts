import { createAgent, type IDIDManager, type IKeyManager } from '@veramo/core'
import { DIDManager, MemoryDIDStore } from '@veramo/did-manager'
import { KeyManager, MemoryKeyStore, MemoryPrivateKeyStore } from '@veramo/key-manager'
import { KeyManagementSystem } from '@veramo/kms-local'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createVeramoWallet, type VeramoAgent } from '../../../src/adapters/veramo/index.ts'
import { createDidKeyProvider } from '../../../src/adapters/veramo/providers.ts'
import { randomBytes } from '../../../src/runtime/index.ts'
import { createMemoryStore } from '../../../src/store/index.ts'
import { codeOfPromise } from '../../support/codes.ts'

const DID = 'did:web:acme.example'
const SECRETS = 'wallet/veramo/secret/'

function makeAgent(): VeramoAgent {
  return createAgent<IKeyManager & IDIDManager>({
    plugins: [
      new KeyManager({
        store: new MemoryKeyStore(),
        kms: { theirs: new KeyManagementSystem(new MemoryPrivateKeyStore()) },
      }),
      new DIDManager({
        store: new MemoryDIDStore(),
        defaultProvider: 'did:key',
        providers: { 'did:key': createDidKeyProvider() },
      }),
    ],
  })
}

describe('secrets in a sealed wallet', () => {
  it('are nowhere in the store, in no spelling, and no method shows them but the one', async () => {
    const store = createMemoryStore()
    const wallet = await createVeramoWallet({ store, sealingKey: randomBytes(32) })
    const secret = await wallet.complianceSecret()
    await wallet.zkSigner(DID)
    const bytes = Buffer.from(secret.toString(16).padStart(64, '0'), 'hex')
    const shown = [
      JSON.stringify(await store.list('', { limit: 1000 })),
      inspect(wallet, { depth: 20, showHidden: true }),
      inspect(await wallet.zkSigner(DID), { depth: 20, showHidden: true }),
      JSON.stringify(await wallet.zkKeys(DID)),
    ]
    expect(await store.list(SECRETS)).toHaveLength(2)
    for (const text of shown) {
      for (const spelling of ['hex', 'base64', 'base64url'] as const)
        expect(text).not.toContain(bytes.toString(spelling).slice(0, 40))
      expect(text).not.toContain(String(secret))
    }
  })

  it('of another name do not pass for this one, and with any byte changed do not open', async () => {
    const store = createMemoryStore()
    const wallet = await createVeramoWallet({ store, sealingKey: randomBytes(32) })
    await wallet.complianceSecret()
    const [holder] = await store.list(SECRETS)
    await wallet.zkSigner(DID)
    const other = (await store.list(SECRETS)).find(({ key }) => key !== holder!.key)
    await store.put(holder!.key, other!.value)
    expect(await codeOfPromise(() => wallet.complianceSecret())).toBe('COMITY_WALLET_SEAL_BROKEN')
    const { value } = holder!
    for (let at = 0; at < value.length; at += 2) {
      const flipped = (parseInt(value.slice(at, at + 2), 16) ^ 1).toString(16).padStart(2, '0')
      await store.put(holder!.key, value.slice(0, at) + flipped + value.slice(at + 2))
      expect(await codeOfPromise(() => wallet.complianceSecret())).toBe('COMITY_WALLET_SEAL_BROKEN')
    }
    await store.put(holder!.key, value)
    await expect(wallet.complianceSecret()).resolves.toBeTypeOf('bigint')
  })
})

describe('secrets of a wallet on an agent that was there', () => {
  it('are sealed with a key of their own', async () => {
    const [store, agent, secretsKey] = [createMemoryStore(), makeAgent(), randomBytes(32)]
    const wallet = await createVeramoWallet({ store, agent, secretsKey })
    const secret = await wallet.complianceSecret()
    const again = await createVeramoWallet({ store, agent, secretsKey })
    expect(await again.complianceSecret()).toBe(secret)
    const open = async (): Promise<unknown> =>
      createVeramoWallet({ store, agent, secretsKey: randomBytes(32) })
    expect(await codeOfPromise(open)).toBe('COMITY_WALLET_SEALING_KEY')
    const short = createVeramoWallet({ store: createMemoryStore(), agent, secretsKey: randomBytes(31) })
    await expect(short).rejects.toThrow(TypeError)
  })

  it('have no place without one, and all else goes on', async () => {
    const wallet = await createVeramoWallet({ store: createMemoryStore(), agent: makeAgent() })
    expect(await codeOfPromise(() => wallet.complianceSecret())).toBe('COMITY_WALLET_SECRETS_UNSUPPORTED')
    expect(await codeOfPromise(() => wallet.zkSigner(DID))).toBe('COMITY_WALLET_SECRETS_UNSUPPORTED')
    await expect(wallet.createDidKey({ alg: 'Ed25519' })).resolves.toBeDefined()
  })
})
