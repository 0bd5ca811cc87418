import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Clock } from '../../src/runtime/index.ts'
import type { Store } from '../../src/store/index.ts'
import type { Wallet } from '../../src/wallet/index.ts'
import { assertVerifiedComplianceCredential, verifyEdDsaPoseidon } from '../../src/zk/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { issueFor, OTHER_ZK_KEY, resolver } from './compliance-fixtures.ts'
import { AGENT, DEMAND, issue, key, NOW, OTHER } from './fixtures.ts'

/** A place that a wallet outlives its process in. */
export interface WalletHome {
  /** Opens the wallet, as another process would. */
  open(clock: Clock): Promise<Wallet>
  /** What it is kept in. */
  readonly store: Store
  /** Removes it. */
  close(): Promise<void>
}

/** Makes an empty place. */
export type MakeHome = () => Promise<WalletHome>

/** What a wallet that outlives its process must do besides. */
export function persistenceContract(name: string, makeHome: MakeHome): void {
  describe(`lasting wallet contract: ${name}`, () => {
    const clock = { now: () => NOW }
    let home: WalletHome
    let wallet: Wallet
    beforeEach(async () => {
      home = await makeHome()
      wallet = await home.open(clock)
    })
    afterEach(() => home.close())

    it('has keys and DIDs after a restart, and signs as before', async () => {
      const web = await wallet.createKey(OTHER, { alg: 'ES256', purposes: ['assertionMethod'] })
      const next = await wallet.rotateKey(OTHER, web.kid, { signsFrom: NOW + 60 })
      const own = await wallet.createDidKey({ alg: 'EdDSA' })
      const again = await home.open(clock)
      expect(await again.dids()).toEqual([OTHER, own.did])
      expect(await again.keys(OTHER)).toEqual([web, next])
      const bytes = new Uint8Array([1, 2, 3])
      const [before, after] = [await wallet.signer(own.did), await again.signer(own.did)]
      expect(after).toMatchObject({ kid: own.kid, alg: 'EdDSA', publicJwk: own.publicJwk })
      expect(await after.sign(bytes)).toEqual(await before.sign(bytes))
      expect(await again.signer(OTHER, 'assertionMethod')).toHaveProperty('kid', web.kid)
    })

    it('has credentials after a restart, in order and with their release rules', async () => {
      await wallet.createKey(AGENT, { alg: 'Ed25519' })
      const one = await wallet.addCredential(await issue('AgentPostureCredential'), { release: DEMAND })
      const two = await wallet.addCredential(await issue('AgentCapabilityCredential'), { release: 'never' })
      const again = await home.open(clock)
      expect(await again.credentials(AGENT)).toEqual([one, two])
      const changed = await again.addCredential(one.token, { release: 'public' })
      expect(await (await home.open(clock)).credentials(AGENT)).toEqual([changed, two])
      expect(await again.removeCredential(two.digest)).toBe(true)
      expect(await (await home.open(clock)).credentials(AGENT)).toEqual([changed])
    })

    it('is the same in two processes at once', async () => {
      const other = await home.open(clock)
      await Promise.all(
        [wallet, other, wallet, other].map((each) => each.createKey(AGENT, { alg: 'Ed25519' })),
      )
      expect(await wallet.keys(AGENT)).toHaveLength(4)
      expect(await other.keys(AGENT)).toEqual(await wallet.keys(AGENT))
      const tokens = await Promise.all(
        Array.from({ length: 6 }, (_, n) =>
          issue(n % 2 ? 'AgentPostureCredential' : 'AgentCapabilityCredential'),
        ),
      )
      const handles = [wallet, other]
      await Promise.all(
        tokens.map((token, n) =>
          handles[n % 2]!.addCredential(token, { release: n % 3 ? 'never' : 'public' }),
        ),
      )
      const held = await wallet.credentials(AGENT)
      expect(held.length).toBe(new Set(tokens).size)
      expect(await other.credentials(AGENT)).toEqual(held)
      const { kid } = await wallet.signer(AGENT)
      const signer = await other.signer(AGENT)
      expect(await wallet.removeKey(AGENT, kid)).toBe(true)
      expect(await codeOfPromise(() => signer.sign(new Uint8Array(1)))).toBe('COMITY_WALLET_KEY_UNKNOWN')
      expect((await other.signer(AGENT)).kid).not.toBe(kid)
      const [removed] = await Promise.all(handles.map((each) => each.removeCredential(held[0]!.digest)))
      expect(typeof removed).toBe('boolean')
      expect(await other.credentials(AGENT)).toEqual(held.slice(1))
    })

    it('has its secret, its keys on BabyJubJub and its compliance credentials after a restart', async () => {
      const secret = await wallet.complianceSecret()
      const signer = await wallet.zkSigner(OTHER)
      const next = await wallet.createZkKey(OTHER)
      await wallet.createKey(AGENT, { alg: 'Ed25519' })
      const options = { release: DEMAND, resolver, subject: AGENT }
      const held = await wallet.addComplianceCredential(await issueFor(wallet), options)
      const again = await home.open({ now: () => NOW + 7200 })
      expect(await again.complianceSecret()).toBe(secret)
      expect((await again.zkKeys(OTHER)).map(({ kid }) => kid)).toEqual([signer.kid, next.kid])
      const { kid, publicKey, sign } = await again.zkSigner(OTHER)
      expect([kid, verifyEdDsaPoseidon(publicKey, 1n, await sign(1n))]).toEqual([next.kid, true])
      expect(await again.complianceCredentials(AGENT)).toEqual([held])
      expect(await again.complianceCredentials(OTHER)).toEqual([])
      for (const { credential } of await again.complianceCredentials())
        expect(() => assertVerifiedComplianceCredential(credential)).not.toThrow()
    })

    it('makes one secret and one key in two processes at once', async () => {
      const handles = [wallet, await home.open(clock), await home.open(clock)]
      const secrets = await Promise.all(
        handles.flatMap((each) => [each.complianceSecret(), each.complianceSecret()]),
      )
      expect(new Set(secrets).size).toBe(1)
      const kids = await Promise.all(handles.map(async (each) => (await each.zkSigner(OTHER)).kid))
      expect(new Set(kids).size).toBe(1)
      const [one, two] = handles
      await one!.addComplianceCredential(await issueFor(two!), { release: 'never', resolver })
      expect(await two!.complianceCredentials()).toHaveLength(1)
    })

    it.each(['', 'no JSON', '[]', '{"text":1}', '{"text":"","release":"public"}'])(
      'refuses compliance credentials that read %j',
      async (text) => {
        await wallet.addComplianceCredential(await issueFor(wallet), { release: 'never', resolver })
        const [body] = await home.store.list('wallet/compliance-credential/')
        await home.store.put(body!.key, text)
        const again = await home.open(clock)
        expect(await codeOfPromise(() => again.complianceCredentials())).toBe('COMITY_WALLET_RECORD_INVALID')
      },
    )

    it.each([
      ['says something else', '\\"eu\\"', '\\"us\\"'],
      ['has another issuer’s key', /"issuerKey":{.*?}/, `"issuerKey":${JSON.stringify(OTHER_ZK_KEY)}`],
      ['is for another DID', '"release"', `"subject":"${AGENT}","release"`],
    ])('refuses a compliance credential whose record %s', async (_name, from, to) => {
      await wallet.addComplianceCredential(await issueFor(wallet), { release: 'never', resolver })
      const [body] = await home.store.list('wallet/compliance-credential/')
      const changed = body!.value.replace(from, to)
      expect(changed).not.toBe(body!.value)
      await home.store.put(body!.key, changed)
      const again = await home.open(clock)
      expect(await codeOfPromise(() => again.complianceCredentials())).toBe('COMITY_WALLET_RECORD_INVALID')
    })

    it('lists whatever it holds while the release rule changes all the time', async () => {
      await wallet.createKey(AGENT, { alg: 'Ed25519' })
      const other = await home.open(clock)
      const token = await issue('AgentPostureCredential')
      await wallet.addCredential(token, { release: 'never' })
      const writing = (async () => {
        for (let n = 0; n < 20; n++)
          await wallet.addCredential(token, { release: n % 2 ? 'never' : 'public' })
      })()
      for (let n = 0; n < 40; n++) expect((await other.credentials(AGENT)).length).toBeLessThanOrEqual(1)
      await writing
      expect(await other.credentials(AGENT)).toMatchObject([{ release: 'never' }])
      expect(await bodies(home.store)).toHaveLength(1)
    })

    it('remembers keys from outside, and waits for their signers', async () => {
      await wallet.createKey(AGENT, { alg: 'Ed25519', fragment: '#old' })
      await wallet.addKey(AGENT, key)
      const again = await home.open(clock)
      expect(await again.keys(AGENT)).toHaveLength(2)
      // The older key would sign, and its owner may have given it up.
      expect(await codeOfPromise(() => again.signer(AGENT))).toBe('COMITY_WALLET_KEY_UNKNOWN')
      await again.addKey(AGENT, key)
      expect(await again.signer(AGENT)).toBe(key)
    })

    it.each(['', 'no JSON', '{}', '[1]', '[{}]', '[{"did":1}]', '{"token":1}', '{"token":"a.b.c"}'])(
      'refuses records that read %j',
      async (text) => {
        await wallet.createKey(AGENT, { alg: 'Ed25519' })
        await wallet.addCredential(await issue('AgentPostureCredential'), { release: 'never' })
        const [body] = await bodies(home.store)
        await home.store.put(body!, text)
        const again = await home.open(clock)
        expect(await codeOfPromise(() => again.credentials(AGENT))).toBe('COMITY_WALLET_RECORD_INVALID')
        await home.store.put('wallet/credentials', text)
        expect(await codeOfPromise(() => again.credentials(AGENT))).toBe('COMITY_WALLET_RECORD_INVALID')
        await home.store.put('wallet/keys', text)
        expect(await codeOfPromise(() => again.signer(AGENT))).toBe('COMITY_WALLET_RECORD_INVALID')
        expect(await codeOfPromise(() => home.open(clock))).toBe('COMITY_WALLET_RECORD_INVALID')
      },
    )

    it('refuses a credential under the name of another, and one that is gone', async () => {
      await wallet.createKey(AGENT, { alg: 'Ed25519' })
      await wallet.addCredential(await issue('AgentPostureCredential'), { release: 'never' })
      await wallet.addCredential(await issue('AgentCapabilityCredential'), { release: 'public' })
      const [one, two] = await bodies(home.store)
      await home.store.put(one!, (await home.store.get(two!))!)
      const swapped = await home.open(clock)
      expect(await codeOfPromise(() => swapped.credentials(AGENT))).toBe('COMITY_WALLET_RECORD_INVALID')
      await home.store.take(one!)
      expect(await codeOfPromise(() => swapped.credentials(AGENT))).toBe('COMITY_WALLET_RECORD_INVALID')
    })
  })
}

/** The keys under which the store has what credentials say. */
async function bodies(store: Store): Promise<readonly string[]> {
  return (await store.list('wallet/credential/')).map(({ key: name }) => name)
}
