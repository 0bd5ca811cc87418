import { describe, expect, it } from 'vitest'
import { findForeignJwk, findVerificationKey, parseDidDocument } from '../../src/did/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { createMemoryStore, type Store } from '../../src/store/index.ts'
import {
  createAuditorKey,
  createMemoryWallet,
  createStoreWallet,
  createWalletDocument,
  MAX_WALLET_COMPLIANCE_CREDENTIALS,
  type KeyVault,
  type SecretVault,
  type Wallet,
} from '../../src/wallet/index.ts'
import { multiplyBase, parseBabyJubJubJwk, verifyEdDsaPoseidon } from '../../src/zk/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'
import { issueFor, resolver } from './compliance-fixtures.ts'
import { AGENT, ISSUER, NOW } from './fixtures.ts'

const clock = { now: () => NOW }

interface Secrets extends SecretVault {
  readonly kept: Map<string, Uint8Array>
}

/** Secrets that outlive wallets. `keep` answers late, as a database does. */
function makeSecrets(): Secrets {
  const kept = new Map<string, Uint8Array>()
  return {
    kept,
    keep: async (name, secret) => {
      await Promise.resolve()
      if (!kept.has(name)) kept.set(name, secret.slice())
      return kept.get(name)!
    },
    get: async (name) => kept.get(name),
    destroy: async (name) => {
      kept.delete(name)
    },
  }
}

function makeVault(secrets?: SecretVault): KeyVault {
  return {
    ...(secrets !== undefined && { secrets }),
    create: async ({ alg }) => ({ ref: 'r', publicJwk: (await generateSigner({ alg })).publicJwk }),
    sign: async () => new Uint8Array(64),
    destroy: async () => undefined,
  }
}

async function open(secrets: SecretVault, store: Store = createMemoryStore()): Promise<Wallet> {
  return createStoreWallet({ store, vault: makeVault(secrets), clock })
}

describe('a vault without a place for secrets', () => {
  it('refuses each thing that needs one, and nothing else', async () => {
    const other = createMemoryWallet({ clock })
    const wallet = await createStoreWallet({ store: createMemoryStore(), vault: makeVault(), clock })
    const text = await issueFor(other)
    for (const call of [
      () => wallet.complianceSecret(),
      () => wallet.commitCompliance({ issuer: ISSUER, nonce: 'n' }),
      () => wallet.addComplianceCredential(text, { release: 'public', resolver }),
      () => wallet.zkSigner(ISSUER),
      () => wallet.createZkKey(ISSUER),
    ]) {
      expect(await codeOfPromise(call)).toBe('COMITY_WALLET_SECRETS_UNSUPPORTED')
    }
    expect(await wallet.complianceCredentials()).toEqual([])
    expect(await wallet.zkKeys(ISSUER)).toEqual([])
  })
})

describe('the secret of a holder', () => {
  it('is nowhere but in the vault', async () => {
    const [secrets, store] = [makeSecrets(), createMemoryStore()]
    const wallet = await open(secrets, store)
    const secret = await wallet.complianceSecret()
    const text = await issueFor(wallet)
    await wallet.addComplianceCredential(text, { release: 'public', resolver })
    const commitment = JSON.stringify(await wallet.commitCompliance({ issuer: ISSUER, nonce: 'n' }))
    const bytes = Buffer.from(secret.toString(16).padStart(64, '0'), 'hex')
    expect(secrets.kept.get('compliance-holder')).toEqual(new Uint8Array(bytes))
    const stored = JSON.stringify(await store.list('', { limit: 1000 }))
    for (const where of [stored, text, commitment]) {
      for (const spelling of [bytes.toString('hex'), bytes.toString('base64url'), String(secret)])
        expect(where).not.toContain(spelling.slice(0, 40))
    }
  })

  it.each([
    ['0', new Uint8Array(32)],
    ['2^250', new Uint8Array(32).fill(4, 0, 1)],
    ['short', new Uint8Array(31).fill(1)],
    ['long', new Uint8Array(33).fill(0).fill(1, 1)],
  ])('is refused where it is %s', async (_name, bytes) => {
    const secrets = makeSecrets()
    secrets.kept.set('compliance-holder', bytes)
    const wallet = await open(secrets)
    expect(await codeOfPromise(() => wallet.complianceSecret())).toBe('COMITY_WALLET_RECORD_INVALID')
  })

  it('is taken up to 2^250 − 1', async () => {
    const secrets = makeSecrets()
    secrets.kept.set('compliance-holder', new Uint8Array(32).fill(255).fill(3, 0, 1))
    expect(await (await open(secrets)).complianceSecret()).toBe((1n << 250n) - 1n)
  })

  it('opens no credential of the secret before it', async () => {
    const [secrets, store] = [makeSecrets(), createMemoryStore()]
    const wallet = await open(secrets, store)
    await wallet.addComplianceCredential(await issueFor(wallet), { release: 'public', resolver })
    secrets.kept.clear()
    const again = await open(secrets, store)
    expect(await codeOfPromise(() => again.complianceCredentials())).toBe('COMITY_WALLET_RECORD_INVALID')
  })
})

describe('compliance credentials', () => {
  it('are at most a hundred', { timeout: 60_000 }, async () => {
    const wallet = createMemoryWallet({ clock })
    const add = async (idx: number): Promise<unknown> => {
      const text = await issueFor(wallet, { status: { uri: 'https://acme.example/s', idx } })
      return wallet.addComplianceCredential(text, { release: 'never', resolver })
    }
    for (let idx = 0; idx < MAX_WALLET_COMPLIANCE_CREDENTIALS; idx++) await add(idx)
    expect(await codeOfPromise(() => add(1000))).toBe('COMITY_WALLET_FULL')
    await add(0)
    expect(await wallet.complianceCredentials()).toHaveLength(MAX_WALLET_COMPLIANCE_CREDENTIALS)
  })

  it('are refused with a rule that no JSON can hold', async () => {
    const wallet = createMemoryWallet({ clock })
    const text = await issueFor(wallet)
    const claims = [{ path: ['region'], values: ['\ud800'] }]
    const query = { id: 'c', format: 'vc+jwt', meta: { type_values: [['OrganizationCredential']] }, claims }
    const release = { credentials: [query] } as never
    const add = async (): Promise<unknown> => wallet.addComplianceCredential(text, { release, resolver })
    expect(await codeOfPromise(add)).toBe('COMITY_DEMAND_INVALID')
    expect(await wallet.complianceCredentials()).toEqual([])
  })
})

describe('keys on BabyJubJub', () => {
  it('are destroyed at the next start where a removal was interrupted', async () => {
    const [secrets, store] = [makeSecrets(), createMemoryStore()]
    const failing: SecretVault = {
      ...secrets,
      destroy: () => Promise.reject(new Error('the process ended here')),
    }
    const wallet = await open(failing, store)
    const { kid } = await wallet.zkSigner(ISSUER)
    await expect(wallet.removeZkKey(ISSUER, kid)).rejects.toThrow('the process ended here')
    expect([secrets.kept.size, await wallet.zkKeys(ISSUER)]).toEqual([1, []])
    const again = await open(secrets, store)
    expect(secrets.kept.size).toBe(0)
    expect((await again.zkSigner(ISSUER)).kid).not.toBe(kid)
  })

  it('leave no private key behind where another process was faster', async () => {
    const [secrets, store] = [makeSecrets(), createMemoryStore()]
    const wallets = await Promise.all([open(secrets, store), open(secrets, store), open(secrets, store)])
    const kids = await Promise.all(wallets.map(async (wallet) => (await wallet.zkSigner(ISSUER)).kid))
    expect(new Set(kids).size).toBe(1)
    expect(secrets.kept.size).toBe(1)
  })

  it('sign nothing with a private key that is another', async () => {
    const secrets = makeSecrets()
    const wallet = await open(secrets)
    const signer = await wallet.zkSigner(ISSUER)
    for (const name of secrets.kept.keys()) secrets.kept.set(name, new Uint8Array(32).fill(1))
    expect(await codeOfPromise(() => signer.sign(1n))).toBe('COMITY_WALLET_RECORD_INVALID')
  })

  it.each(['{}', '[1]', '[{}]', '[{"did":"did:web:acme.example","fragment":"#zk","jwk":{},"ref":"r"}]'])(
    'are refused where their record reads %j',
    async (text) => {
      const store = createMemoryStore()
      const wallet = await open(makeSecrets(), store)
      await store.put('wallet/zk-keys', text)
      expect(await codeOfPromise(() => wallet.zkKeys(ISSUER))).toBe('COMITY_WALLET_RECORD_INVALID')
      expect(await codeOfPromise(() => wallet.zkSigner(ISSUER))).toBe('COMITY_WALLET_RECORD_INVALID')
    },
  )
})

describe('the document of a wallet', () => {
  it('names its keys on BabyJubJub for assertions, and those of others as they say', async () => {
    const wallet = createMemoryWallet()
    const key = await wallet.createKey(ISSUER, { alg: 'Ed25519', fragment: '#key-1' })
    const signer = await wallet.zkSigner(ISSUER)
    const auditor = createAuditorKey()
    const made = await createWalletDocument(wallet, { did: ISSUER, moreKeys: [auditor.documentKey] })
    const document = parseDidDocument(JSON.parse(JSON.stringify(made)), ISSUER)
    const jwk = findForeignJwk(document, signer.kid, 'assertionMethod')
    expect(verifyEdDsaPoseidon(parseBabyJubJubJwk(jwk), 7n, await signer.sign(7n))).toBe(true)
    const scalar = BigInt(`0x${Buffer.from(auditor.privateKey).toString('hex')}`)
    const auditorJwk = findForeignJwk(document, `${ISSUER}#auditor`, 'keyAgreement')
    expect(parseBabyJubJubJwk(auditorJwk)).toEqual(multiplyBase(scalar))
    expect(codeOf(() => findForeignJwk(document, `${ISSUER}#auditor`, 'assertionMethod'))).toBe(
      'COMITY_DID_KEY_RELATIONSHIP',
    )
    // The others verify as before.
    expect(findVerificationKey(document, key.kid, 'assertionMethod').x).toBe(key.publicJwk.x)
    expect(codeOf(() => findVerificationKey(document, signer.kid, 'assertionMethod'))).toBe(
      'COMITY_DID_KEY_UNKNOWN',
    )
  })

  it('is made of a wallet that has no such keys', async () => {
    const wallet = createMemoryWallet()
    await wallet.createKey(AGENT, { alg: 'Ed25519' })
    const { keys } = wallet
    expect(await createWalletDocument({ keys }, { did: AGENT })).toEqual(
      await createWalletDocument(wallet, { did: AGENT }),
    )
  })
})
