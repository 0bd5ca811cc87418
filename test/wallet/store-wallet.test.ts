import { describe, expect, it } from 'vitest'
import { generateSigner, type Signer } from '../../src/keys/index.ts'
import { createMemoryStore, type Store } from '../../src/store/index.ts'
import { createStoreWallet, MAX_WALLET_KEYS, type KeyVault, type Wallet } from '../../src/wallet/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { AGENT, issue, OTHER } from './fixtures.ts'

/** A vault that outlives wallets, and fails when told to. */
function makeVault(): KeyVault & { readonly signers: Map<string, Signer>; fail: 'destroy' | undefined } {
  const signers = new Map<string, Signer>()
  return {
    signers,
    fail: undefined,
    create: async ({ alg }) => {
      const signer = await generateSigner({ alg })
      signers.set(signer.kid, signer)
      return { ref: signer.kid, publicJwk: signer.publicJwk }
    },
    sign: async (ref, _alg, bytes) => signers.get(ref)!.sign(bytes),
    async destroy(_did, ref) {
      if (this.fail === 'destroy') throw new Error('the process ended here')
      signers.delete(ref)
    },
  }
}

/** A store whose methods can be replaced for a while. */
function makeStore(): { store: Store; replace: (methods: Partial<Store>) => void } {
  let replaced: Partial<Store> = {}
  const real = createMemoryStore()
  const store = new Proxy(real, {
    get: (target, name) => Reflect.get(replaced, name) ?? Reflect.get(target, name),
  })
  return {
    store,
    replace: (methods) => {
      replaced = methods
    },
  }
}

describe('a wallet in a store', () => {
  it('destroys a private key whose removal was interrupted, at the next start', async () => {
    const [{ store }, vault] = [makeStore(), makeVault()]
    const wallet = await createStoreWallet({ store, vault })
    const { kid } = await wallet.createKey(AGENT, { alg: 'Ed25519' })
    vault.fail = 'destroy'
    await expect(wallet.removeKey(AGENT, kid)).rejects.toThrow('the process ended here')
    expect(vault.signers.size).toBe(1)
    expect(await wallet.keys(AGENT)).toEqual([])
    expect(await codeOfPromise(() => wallet.signer(AGENT))).toBe('COMITY_WALLET_KEY_UNKNOWN')
    vault.fail = undefined
    await createStoreWallet({ store, vault })
    expect(vault.signers.size).toBe(0)
  })

  it('keeps no key that it could not write down', async () => {
    const [{ store, replace }, vault] = [makeStore(), makeVault()]
    const wallet = await createStoreWallet({ store, vault })
    const compareAndSet = (): never => {
      throw new Error('the disk is full')
    }
    replace({ compareAndSet })
    await expect(wallet.createKey(AGENT, { alg: 'Ed25519' })).rejects.toThrow('the disk is full')
    expect(vault.signers.size).toBe(0)
    expect(await wallet.dids()).toEqual([])
  })

  it('keeps no credential that it could not list', async () => {
    const [{ store, replace }, vault] = [makeStore(), makeVault()]
    const wallet = await createStoreWallet({ store, vault })
    await wallet.createKey(AGENT, { alg: 'Ed25519' })
    const compareAndSet = (): never => {
      throw new Error('the disk is full')
    }
    replace({ compareAndSet })
    const add = async (): Promise<unknown> =>
      wallet.addCredential(await issue('AgentPostureCredential'), { release: 'never' })
    await expect(add()).rejects.toThrow('the disk is full')
    expect(await store.list('wallet/credential/')).toEqual([])
    expect(await wallet.credentials(AGENT)).toEqual([])
  })

  it('shows no credential that is removed while it is listed, and doesn’t fail', async () => {
    const { store, replace } = makeStore()
    const vault = makeVault()
    const wallet = await createStoreWallet({ store, vault })
    await wallet.createKey(AGENT, { alg: 'Ed25519' })
    const held = await wallet.addCredential(await issue('AgentPostureCredential'), { release: 'never' })
    const other = await createStoreWallet({ store, vault })
    const { get } = store
    replace({
      get: async (name) => {
        if (name.startsWith('wallet/credential/')) {
          replace({})
          await wallet.removeCredential(held.digest)
        }
        return get(name)
      },
    })
    expect(await other.credentials(AGENT)).toEqual([])
  })

  it('makes no more than a thousand keys', { timeout: 30_000 }, async () => {
    const vault = makeVault()
    const wallet: Wallet = await createStoreWallet({ store: createMemoryStore(), vault })
    const signer = await generateSigner({ alg: 'Ed25519' })
    for (let n = 0; n < MAX_WALLET_KEYS; n++) await wallet.addKey(AGENT, { ...signer, kid: `${AGENT}#${n}` })
    expect(await codeOfPromise(() => wallet.createKey(OTHER, { alg: 'Ed25519' }))).toBe('COMITY_WALLET_FULL')
    expect(await codeOfPromise(() => wallet.createDidKey({ alg: 'Ed25519' }))).toBe('COMITY_WALLET_FULL')
    expect(vault.signers.size).toBe(0)
  })
})
