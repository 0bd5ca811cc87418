import { inspect } from 'node:util'
import { KeyManagementSystem } from '@veramo/kms-local'
import { beforeEach, describe, expect, it } from 'vitest'
import { createVeramoWallet, type VeramoWallet } from '../../../src/adapters/veramo/index.ts'
import { randomBytes } from '../../../src/runtime/index.ts'
import { createMemoryStore, type Store } from '../../../src/store/index.ts'
import { codeOfPromise } from '../../support/codes.ts'

const DID = 'did:web:acme.example'
const BYTES = new Uint8Array([1, 2, 3])
const PRIVATE_KEYS = 'wallet/veramo/private-key/'

let store: Store
let sealingKey: Uint8Array
let wallet: VeramoWallet
/** The private keys that were made, in hexadecimal, as Veramo's key management made them. */
let secrets: string[]

beforeEach(async () => {
  store = createMemoryStore()
  sealingKey = randomBytes(32)
  secrets = []
  wallet = await createVeramoWallet({ store, sealingKey })
})

/** Makes a key and notes its private part, by listening where Veramo hands it to the store. */
async function createWatchedKey(alg: 'Ed25519' | 'ES256'): Promise<void> {
  const { importKey } = KeyManagementSystem.prototype
  KeyManagementSystem.prototype.importKey = async function (args) {
    secrets.push(args.privateKeyHex)
    return importKey.call(this, args)
  }
  try {
    await wallet.createKey(DID, { alg })
  } finally {
    KeyManagementSystem.prototype.importKey = importKey
  }
}

/** Everything in the store, as text. */
async function everything(): Promise<string> {
  return JSON.stringify(await store.list('', { limit: 1000 }))
}

describe('private keys', () => {
  it('are nowhere in the store, in no spelling', async () => {
    await createWatchedKey('Ed25519')
    await createWatchedKey('ES256')
    await wallet.createDidKey({ alg: 'Ed25519' })
    expect(secrets).toHaveLength(2)
    const text = await everything()
    for (const secret of secrets) {
      const bytes = Buffer.from(secret, 'hex').subarray(0, 32)
      for (const spelling of ['hex', 'base64', 'base64url'] as const) {
        // Without the last characters, which depend on what follows.
        expect(text.toLowerCase()).not.toContain(bytes.toString(spelling).slice(0, 40).toLowerCase())
      }
    }
    expect(text).not.toContain('privateKeyHex')
    expect(text).not.toContain(Buffer.from(sealingKey).toString('hex'))
  })

  it('are given away by no method of the wallet or its agent', async () => {
    await createWatchedKey('Ed25519')
    const [key] = await wallet.keys(DID)
    const { keys } = await wallet.agent.didManagerGet({ did: DID })
    const given = JSON.stringify([
      key,
      await wallet.signer(DID),
      keys,
      await wallet.agent.keyManagerGet({ kid: keys[0]!.kid }),
      await wallet.agent.didManagerFind({}),
      await wallet.agent.keyManagerCreate({ kms: 'local', type: 'Ed25519' }),
    ])
    expect(given).not.toContain('privateKey')
    for (const text of [given, JSON.stringify(wallet), inspect(wallet, { depth: 20, showHidden: true })]) {
      expect(text.includes(secrets[0]!.slice(0, 64))).toBe(false)
      expect(text.includes(Buffer.from(sealingKey).toString('hex'))).toBe(false)
    }
  })

  it('of the same kind are sealed differently each time', async () => {
    await wallet.createKey(DID, { alg: 'Ed25519' })
    await wallet.createKey(DID, { alg: 'Ed25519' })
    const [one, two] = await store.list(PRIVATE_KEYS)
    expect(one!.value.slice(0, 48)).not.toBe(two!.value.slice(0, 48))
  })

  it('are gone from the store when the key is removed, and so is a DID without keys', async () => {
    const { kid } = await wallet.createKey(DID, { alg: 'Ed25519' })
    await wallet.removeKey(DID, kid)
    expect((await store.list('wallet/')).map(({ key }) => key)).toEqual(['wallet/veramo/seal'])
  })

  it('of another alias do not pass for this one', async () => {
    await wallet.createKey(DID, { alg: 'Ed25519' })
    await wallet.createKey(DID, { alg: 'Ed25519' })
    const [one, two] = await store.list(PRIVATE_KEYS)
    await store.put(one!.key, two!.value)
    await store.put(two!.key, one!.value)
    const signer = await wallet.signer(DID)
    expect(await codeOfPromise(() => signer.sign(BYTES))).toBe('COMITY_WALLET_SEAL_BROKEN')
  })

  it('with any byte changed do not open, and say nothing of themselves', async () => {
    await createWatchedKey('ES256')
    const [entry] = await store.list(PRIVATE_KEYS)
    const { key, value } = entry!
    const signer = await wallet.signer(DID)
    for (let at = 0; at < value.length; at += 2) {
      const flipped = (parseInt(value.slice(at, at + 2), 16) ^ 1).toString(16).padStart(2, '0')
      await store.put(key, value.slice(0, at) + flipped + value.slice(at + 2))
      const error: unknown = await signer.sign(BYTES).catch((reason: unknown) => reason)
      expect(error).toHaveProperty('code', 'COMITY_WALLET_SEAL_BROKEN')
      expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(secrets[0]!.slice(0, 16))
    }
    await store.put(key, value)
    await expect(signer.sign(BYTES)).resolves.toHaveLength(64)
  })

  it.each(['', '0', 'zz', '00', '0x00', 'not hex at all'])('that read %j do not open', async (text) => {
    await wallet.createKey(DID, { alg: 'Ed25519' })
    const [entry] = await store.list(PRIVATE_KEYS)
    const signer = await wallet.signer(DID)
    await store.put(entry!.key, text)
    expect(await codeOfPromise(() => signer.sign(BYTES))).toBe('COMITY_WALLET_SEAL_BROKEN')
  })
})

describe('the sealing key', () => {
  it('must be the one that the store was sealed with', async () => {
    await wallet.createKey(DID, { alg: 'Ed25519' })
    const open = (key: Uint8Array): Promise<unknown> => createVeramoWallet({ store, sealingKey: key })
    expect(await codeOfPromise(() => open(randomBytes(32)))).toBe('COMITY_WALLET_SEALING_KEY')
    const almost = sealingKey.slice()
    almost[31]! ^= 1
    expect(await codeOfPromise(() => open(almost))).toBe('COMITY_WALLET_SEALING_KEY')
    await expect(open(sealingKey)).resolves.toBeDefined()
    await store.put('wallet/veramo/seal', 'not sealed')
    expect(await codeOfPromise(() => open(sealingKey))).toBe('COMITY_WALLET_SEALING_KEY')
  })

  it('is copied', async () => {
    await wallet.createKey(DID, { alg: 'Ed25519' })
    sealingKey.fill(0)
    await expect((await wallet.signer(DID)).sign(BYTES)).resolves.toHaveLength(64)
  })

  it.each([0, 16, 31, 33, 64])('of %i bytes is a mistake', async (length) => {
    const options = { store: createMemoryStore(), sealingKey: new Uint8Array(length) }
    await expect(createVeramoWallet(options)).rejects.toThrow(TypeError)
  })

  it('is for two processes that start at once the same', async () => {
    const fresh = createMemoryStore()
    const keys = [randomBytes(32), randomBytes(32)]
    const opened = await Promise.allSettled(
      keys.map((key) => createVeramoWallet({ store: fresh, sealingKey: key })),
    )
    expect(opened.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })
})
