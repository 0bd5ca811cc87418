import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ComityError } from '../../src/errors/index.ts'
import { MAX_WALLET_ZK_KEYS } from '../../src/wallet/index.ts'
import {
  assertVerifiedComplianceCredential,
  createZkSigner,
  generateZkPrivateKey,
  holderCommitment,
  verifyEdDsaPoseidon,
  verifyHolderCommitment,
} from '../../src/zk/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { issueFor, resolver, resolverOf } from './compliance-fixtures.ts'
import { AGENT, DEMAND, ISSUER, NOW, OTHER, type WalletUnderTest } from './fixtures.ts'

/** What every wallet must do with compliance credentials: the holder's part. */
export function complianceContract(under: WalletUnderTest): void {
  it('makes one secret, however many ask first', async () => {
    const secrets = await Promise.all(Array.from({ length: 8 }, () => under.wallet.complianceSecret()))
    const [secret = 0n] = secrets
    expect(new Set(secrets).size).toBe(1)
    expect(secret > 0n && secret < 1n << 250n).toBe(true)
    expect(await under.wallet.complianceSecret()).toBe(secret)
  })

  it('commits itself to one issuer and nonce, without the secret', async () => {
    const context = { issuer: ISSUER, nonce: 'n-1' }
    const commitment = await under.wallet.commitCompliance(context)
    const secret = await under.wallet.complianceSecret()
    const sent = JSON.parse(JSON.stringify(commitment)) as unknown
    expect(verifyHolderCommitment(sent, context)).toBe(holderCommitment(secret))
    for (const other of [
      { issuer: OTHER, nonce: 'n-1' },
      { issuer: ISSUER, nonce: 'n-2' },
    ]) {
      expect(await codeOfPromise(async () => verifyHolderCommitment(sent, other))).toBe(
        'COMITY_ZK_HOLDER_PROOF_INVALID',
      )
    }
  })

  it('holds what was issued to it, verified, with its release rule', async () => {
    const text = await issueFor(under.wallet)
    const held = await under.wallet.addComplianceCredential(text, { release: DEMAND, resolver })
    expect(() => assertVerifiedComplianceCredential(held.credential)).not.toThrow()
    expect(held).toMatchObject({
      text,
      type: 'AgentPostureCredential',
      issuer: ISSUER,
      validUntil: NOW + 3600,
      assessedAt: NOW,
      document: { credentialSubject: { region: 'eu', patchAgeDays: 1 } },
    })
    expect(held.digest).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(await under.wallet.complianceCredentials()).toEqual([held])
    const again = await under.wallet.addComplianceCredential(text, { release: 'never', resolver })
    expect(again.digest).toBe(held.digest)
    expect(await under.wallet.complianceCredentials()).toEqual([again])
    under.time = NOW + 7200
    expect(await under.wallet.complianceCredentials()).toHaveLength(1)
    expect(await under.wallet.removeComplianceCredential(held.digest)).toBe(true)
    expect(await under.wallet.removeComplianceCredential(held.digest)).toBe(false)
    expect(await under.wallet.complianceCredentials()).toEqual([])
  })

  it('keeps apart what is for one of its DIDs', async () => {
    const add = async (idx: number, subject?: string): Promise<string> => {
      const text = await issueFor(under.wallet, { status: { uri: 'https://acme.example/s', idx } })
      const options = { release: 'public', resolver, ...(subject !== undefined && { subject }) } as const
      return (await under.wallet.addComplianceCredential(text, options)).digest
    }
    const [any, own] = [await add(1), await add(2, AGENT)]
    const digests = async (did?: string): Promise<readonly string[]> =>
      (await under.wallet.complianceCredentials(did)).map(({ digest }) => digest)
    expect([await digests(), await digests(AGENT), await digests(OTHER)]).toEqual([
      [any, own],
      [any, own],
      [any],
    ])
    expect(await codeOfPromise(() => add(3, OTHER))).toBe('COMITY_WALLET_CREDENTIAL_INVALID')
    expect(await digests()).toEqual([any, own])
  })

  it.each<[string, string, () => Promise<string>, object]>([
    [
      'is for another holder',
      'COMITY_CREDENTIAL_HOLDER',
      async () => issueFor(under.wallet, { commitment: 5n }),
      {},
    ],
    [
      'is signed by another key',
      'COMITY_SIGNATURE_INVALID',
      async () => {
        const signer = createZkSigner({ kid: `${ISSUER}#zk-1`, privateKey: generateZkPrivateKey() })
        return issueFor(under.wallet, { signer })
      },
      {},
    ],
    [
      'is signed by a key that may not',
      'COMITY_DID_KEY_RELATIONSHIP',
      async () => issueFor(under.wallet),
      { resolver: resolverOf(undefined, 'keyAgreement') },
    ],
    [
      'names a key that is not there',
      'COMITY_DID_KEY_UNKNOWN',
      async () => (await issueFor(under.wallet)).replace('#zk-1', '#zk-2'),
      {},
    ],
    [
      'names a key of another kind',
      'COMITY_DID_KEY_UNKNOWN',
      async () => (await issueFor(under.wallet)).replace('#zk-1', '#key-1'),
      {},
    ],
    [
      'says something else than was signed',
      'COMITY_SIGNATURE_INVALID',
      async () => (await issueFor(under.wallet)).replace('"eu"', '"us"'),
      {},
    ],
    [
      'has another place in the status list',
      'COMITY_SIGNATURE_INVALID',
      async () => (await issueFor(under.wallet)).replace('"idx":7', '"idx":8'),
      {},
    ],
    [
      'is over',
      'COMITY_CREDENTIAL_EXPIRED',
      async () => issueFor(under.wallet, { validFrom: NOW - 20, validUntil: NOW - 10 }),
      {},
    ],
    [
      'is not valid yet',
      'COMITY_CREDENTIAL_NOT_YET_VALID',
      async () => issueFor(under.wallet, { validFrom: NOW + 10 }),
      {},
    ],
    [
      'has a member too many',
      'COMITY_ZK_CREDENTIAL_MALFORMED',
      async () => (await issueFor(under.wallet)).replace('{', '{"more":1,'),
      {},
    ],
    ['is too long', 'COMITY_CREDENTIAL_TOO_LARGE', async () => ' '.repeat(70_000), {}],
    ['has no rule', 'COMITY_DEMAND_INVALID', async () => issueFor(under.wallet), { release: 'anyone' }],
  ])('takes nothing that %s', async (_name, code, make, options) => {
    const text = await make()
    const add = async (): Promise<unknown> =>
      under.wallet.addComplianceCredential(text, { release: 'public', resolver, ...options })
    expect(await codeOfPromise(add)).toBe(code)
    expect(await under.wallet.complianceCredentials()).toEqual([])
  })

  it('answers any text, and any mutant of a credential, with a code, unless it says the same', async () => {
    const valid = await issueFor(under.wallet)
    const { digest } = await under.wallet.addComplianceCredential(valid, { release: 'public', resolver })
    // White space, and where the status list is: neither is signed, and a proof speaks of neither.
    const isSame = (held: unknown): boolean => (held as { digest?: unknown }).digest === digest
    const mutant = fc
      .tuple(fc.nat({ max: valid.length - 1 }), fc.string({ minLength: 0, maxLength: 3 }))
      .map(([index, text]) => valid.slice(0, index) + text + valid.slice(index + 1))
      .filter((text) => text !== valid)
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.json(), mutant), async (text) => {
        const adding = under.wallet.addComplianceCredential(text, { release: 'public', resolver })
        const outcome: unknown = await adding.catch((error: unknown) => error)
        expect(outcome instanceof ComityError || isSame(outcome)).toBe(true)
      }),
      { numRuns: 60 },
    )
    expect(await under.wallet.complianceCredentials()).toHaveLength(1)
  })

  it.each([
    ['without a rule', { resolver }],
    ['without a resolver', { release: 'public' }],
    ['without options', undefined],
  ])('is not asked to add one %s', async (_name, options) => {
    const text = await issueFor(under.wallet)
    await expect(under.wallet.addComplianceCredential(text, options as never)).rejects.toThrow(TypeError)
  })
}

/** What every wallet must do with keys on BabyJubJub: the issuer's part. */
export function zkKeysContract(under: WalletUnderTest): void {
  it('makes one key for a DID, however many ask first, and signs with it', async () => {
    const signers = await Promise.all(Array.from({ length: 4 }, () => under.wallet.zkSigner(ISSUER)))
    const [signer] = signers
    expect(new Set(signers.map(({ kid }) => kid)).size).toBe(1)
    expect(signer!.kid.startsWith(`${ISSUER}#zk-`)).toBe(true)
    expect(verifyEdDsaPoseidon(signer!.publicKey, 42n, await signer!.sign(42n))).toBe(true)
    expect(verifyEdDsaPoseidon(signer!.publicKey, 43n, await signer!.sign(42n))).toBe(false)
    expect((await under.wallet.zkKeys(ISSUER)).map(({ kid }) => kid)).toEqual([signer!.kid])
    expect(await under.wallet.zkKeys(AGENT)).toEqual([])
    // They are no keys of the wallet's other kind.
    expect(await under.wallet.keys(ISSUER)).toEqual([])
  })

  it('signs with the key that was added last, and not with one that was removed', async () => {
    const old = await under.wallet.zkSigner(ISSUER)
    const next = await under.wallet.createZkKey(ISSUER)
    expect((await under.wallet.zkSigner(ISSUER)).kid).toBe(next.kid)
    expect(await under.wallet.removeZkKey(ISSUER, old.kid)).toBe(true)
    expect(await under.wallet.removeZkKey(ISSUER, old.kid)).toBe(false)
    expect(await codeOfPromise(() => old.sign(1n))).toBe('COMITY_WALLET_KEY_UNKNOWN')
    expect(await under.wallet.zkKeys(ISSUER)).toEqual([next])
    expect(await under.wallet.removeZkKey(ISSUER, next.kid)).toBe(true)
    expect((await under.wallet.zkSigner(ISSUER)).kid).not.toBe(next.kid)
  })

  it('has room for so many', async () => {
    await Promise.all(Array.from({ length: MAX_WALLET_ZK_KEYS }, () => under.wallet.createZkKey(ISSUER)))
    expect(await codeOfPromise(() => under.wallet.createZkKey(ISSUER))).toBe('COMITY_WALLET_FULL')
    expect(await codeOfPromise(() => under.wallet.zkSigner(OTHER))).toBe('COMITY_WALLET_FULL')
    expect(await under.wallet.zkKeys(ISSUER)).toHaveLength(MAX_WALLET_ZK_KEYS)
  })

  it('makes none for a did:key, or for what is no DID', async () => {
    const { did } = await under.wallet.createDidKey({ alg: 'Ed25519' })
    await expect(under.wallet.zkSigner(did)).rejects.toThrow(TypeError)
    await expect(under.wallet.createZkKey(did)).rejects.toThrow(TypeError)
    expect(await codeOfPromise(() => under.wallet.zkSigner('acme'))).toBe('COMITY_DID_INVALID')
  })
}
