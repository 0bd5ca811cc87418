import { describe, expect, it } from 'vitest'
import { createDidResolver, findVerificationKey, parseDidDocument } from '../../src/did/index.ts'
import { jwkThumbprint, parseJws, signJws, verifyJwsSignature, type PublicJwk } from '../../src/keys/index.ts'
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm, type Signer } from '../../src/keys/index.ts'
import { createGuardedFetch } from '../../src/net/index.ts'
import { createWalletDocument } from '../../src/wallet/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { AGENT, issue, key, NOW, OTHER, type WalletUnderTest } from './fixtures.ts'

/** Whether what a signer signs verifies under a public key. */
async function signs(signer: Signer, jwk: PublicJwk): Promise<boolean> {
  const token = await signJws({ header: { typ: 'test' }, payload: { a: 1 }, signer })
  return verifyJwsSignature(parseJws(token), jwk).then(
    () => true,
    () => false,
  )
}

/** Keys that the wallet makes itself. */
export function ownKeysContract(under: WalletUnderTest, algorithms: readonly SignatureAlgorithm[]): void {
  describe('keys of its own', () => {
    it.each(algorithms)('sign with %s', async (alg) => {
      const made = await under.wallet.createKey(OTHER, { alg })
      expect(made).toEqual({
        did: OTHER,
        kid: `${OTHER}#${jwkThumbprint(made.publicJwk)}`,
        alg,
        publicJwk: made.publicJwk,
        purposes: ['authentication', 'assertionMethod'],
        signsFrom: 0,
      })
      expect(Object.isFrozen(made)).toBe(true)
      expect(Object.isFrozen(made.purposes)).toBe(true)
      const signer = await under.wallet.signer(OTHER)
      expect(signer).toMatchObject({ kid: made.kid, alg, publicJwk: made.publicJwk })
      expect(await signs(signer, made.publicJwk)).toBe(true)
      expect(await signs(signer, key.publicJwk)).toBe(false)
    })

    it.each(SIGNATURE_ALGORITHMS.filter((alg) => !algorithms.includes(alg)))(
      'are not made for %s',
      async (alg) => {
        await expect(under.wallet.createKey(OTHER, { alg })).rejects.toThrow(TypeError)
        await expect(under.wallet.createDidKey({ alg })).rejects.toThrow(TypeError)
        expect(await under.wallet.dids()).toEqual([AGENT])
      },
    )

    it('are named as asked, and are for what was asked', async () => {
      const { kid } = await under.wallet.createKey(OTHER, {
        alg: 'Ed25519',
        fragment: '#key-7',
        purposes: ['assertionMethod'],
      })
      expect(kid).toBe(`${OTHER}#key-7`)
      expect(await under.wallet.signer(OTHER, 'assertionMethod')).toHaveProperty('kid', kid)
      expect(await codeOfPromise(() => under.wallet.signer(OTHER))).toBe('COMITY_WALLET_KEY_UNKNOWN')
    })

    it.each([
      ['no algorithm', {}],
      ['another algorithm', { alg: 'HS256' }],
      ['no purpose', { alg: 'Ed25519', purposes: [] }],
      ['another purpose', { alg: 'Ed25519', purposes: ['keyAgreement'] }],
      ['a fragment without #', { alg: 'Ed25519', fragment: 'key-1' }],
      ['an empty fragment', { alg: 'Ed25519', fragment: '#' }],
      ['a fragment with a path before it', { alg: 'Ed25519', fragment: '/a#key-1' }],
      ['no time', { alg: 'Ed25519', signsFrom: NaN }],
    ])('with %s are a mistake', async (_, options) => {
      await expect(under.wallet.createKey(OTHER, options as never)).rejects.toThrow(TypeError)
      expect(await under.wallet.keys(OTHER)).toEqual([])
    })

    it('never take the name of another', async () => {
      await under.wallet.createKey(OTHER, { alg: 'Ed25519', fragment: '#key-1' })
      const again = under.wallet.createKey(OTHER, { alg: 'ES256', fragment: '#key-1' })
      await expect(again).rejects.toThrow(TypeError)
      await expect(under.wallet.createKey(AGENT, { alg: 'ES256', fragment: '#key-1' })).rejects.toThrow(
        TypeError,
      )
      expect(await under.wallet.keys(OTHER)).toMatchObject([{ alg: 'Ed25519' }])
      expect(await signs(await under.wallet.signer(AGENT), key.publicJwk)).toBe(true)
    })

    it('are for DIDs only', async () => {
      expect(await codeOfPromise(() => under.wallet.createKey('acme', { alg: 'Ed25519' }))).toBe(
        'COMITY_DID_INVALID',
      )
    })

    it('that are made at once are all there', async () => {
      const made = await Promise.all(
        Array.from({ length: 8 }, () => under.wallet.createKey(OTHER, { alg: 'Ed25519' })),
      )
      const kids = (await under.wallet.keys(OTHER)).map(({ kid }) => kid)
      expect(new Set(kids)).toEqual(new Set(made.map(({ kid }) => kid)))
      expect(kids).toHaveLength(8)
    })

    it('stand in the document of their DID with what they are for', async () => {
      const one = await under.wallet.createKey(OTHER, { alg: 'Ed25519', purposes: ['authentication'] })
      const two = await under.wallet.createKey(OTHER, { alg: 'ES256', signsFrom: NOW + 60 })
      const json = await createWalletDocument(under.wallet, { did: OTHER, controller: AGENT })
      const document = parseDidDocument(JSON.parse(JSON.stringify(json)), OTHER)
      expect(document.controller).toEqual([AGENT])
      expect(document.authentication).toEqual([one.kid, two.kid])
      expect(document.assertionMethod).toEqual([two.kid])
      expect(findVerificationKey(document, two.kid, 'authentication')).toEqual(two.publicJwk)
      await expect(createWalletDocument(under.wallet, { did: `${OTHER}:none` })).rejects.toThrow(TypeError)
    })
  })

  describe('a did:key', () => {
    const resolver = createDidResolver({ fetch: createGuardedFetch() })

    it.each(algorithms)('is made of a key for %s', async (alg) => {
      const made = await under.wallet.createDidKey({ alg })
      expect(made.did).toMatch(/^did:key:z/)
      const document = await resolver.resolveDocument(made.did)
      expect(findVerificationKey(document, made.kid, 'assertionMethod')).toEqual(made.publicJwk)
      expect(await under.wallet.dids()).toEqual([AGENT, made.did])
      expect(await signs(await under.wallet.signer(made.did), made.publicJwk)).toBe(true)
    })

    it('has no other key', async () => {
      const { did, kid } = await under.wallet.createDidKey({ alg: 'Ed25519', purposes: ['authentication'] })
      expect(await codeOfPromise(() => under.wallet.signer(did, 'assertionMethod'))).toBe(
        'COMITY_WALLET_KEY_UNKNOWN',
      )
      await expect(under.wallet.createKey(did, { alg: 'Ed25519' })).rejects.toThrow(TypeError)
      await expect(under.wallet.rotateKey(did, kid, { signsFrom: 0 })).rejects.toThrow(TypeError)
      expect(await under.wallet.keys(did)).toHaveLength(1)
    })
  })

  describe('rotation', () => {
    it('overlaps: the new key signs from the time that was set, and the old one stays', async () => {
      const old = await under.wallet.createKey(OTHER, { alg: 'ES256', purposes: ['authentication'] })
      const next = await under.wallet.rotateKey(OTHER, old.kid, { signsFrom: NOW + 120 })
      expect(next).toMatchObject({ alg: 'ES256', purposes: ['authentication'], signsFrom: NOW + 120 })
      expect(next.kid).not.toBe(old.kid)
      expect(await under.wallet.keys(OTHER)).toEqual([old, next])
      under.time = NOW + 119.9
      expect(await under.wallet.signer(OTHER)).toHaveProperty('kid', old.kid)
      under.time = NOW + 120
      expect(await under.wallet.signer(OTHER)).toHaveProperty('kid', next.kid)
      expect(await under.wallet.keys(OTHER)).toEqual([old, next])
      expect(await under.wallet.removeKey(OTHER, old.kid)).toBe(true)
      expect(await under.wallet.keys(OTHER)).toEqual([next])
    })

    it('can change the algorithm and name the key', async () => {
      const old = await under.wallet.createKey(OTHER, { alg: 'ES256' })
      const options = { signsFrom: NOW, alg: 'Ed25519', fragment: '#next' } as const
      expect(await under.wallet.rotateKey(OTHER, old.kid, options)).toMatchObject({
        kid: `${OTHER}#next`,
        alg: 'Ed25519',
      })
    })

    it('needs a key of the DID, and a time', async () => {
      const { kid } = await under.wallet.createKey(OTHER, { alg: 'ES256' })
      const rotate = (did: string, which: string): Promise<unknown> =>
        under.wallet.rotateKey(did, which, { signsFrom: NOW })
      expect(await codeOfPromise(() => rotate(OTHER, `${OTHER}#none`))).toBe('COMITY_WALLET_KEY_UNKNOWN')
      expect(await codeOfPromise(() => rotate(AGENT, kid))).toBe('COMITY_WALLET_KEY_UNKNOWN')
      await expect(under.wallet.rotateKey(OTHER, kid, {} as never)).rejects.toThrow(TypeError)
      expect(await under.wallet.keys(OTHER)).toHaveLength(1)
    })
  })

  describe('removal', () => {
    it('ends a key, also in the hands of who has its signer', async () => {
      const { kid } = await under.wallet.createKey(OTHER, { alg: 'Ed25519' })
      const signer = await under.wallet.signer(OTHER)
      expect(await under.wallet.removeKey(OTHER, kid)).toBe(true)
      expect(await codeOfPromise(() => signer.sign(new Uint8Array(1)))).toBe('COMITY_WALLET_KEY_UNKNOWN')
      expect(await codeOfPromise(() => under.wallet.signer(OTHER))).toBe('COMITY_WALLET_KEY_UNKNOWN')
      expect(await under.wallet.dids()).toEqual([AGENT])
      expect(await under.wallet.keys(OTHER)).toEqual([])
      expect(await under.wallet.removeKey(OTHER, kid)).toBe(false)
    })

    it('takes the key of the DID that is named, and no other', async () => {
      const { kid } = await under.wallet.createKey(OTHER, { alg: 'Ed25519' })
      expect(await under.wallet.removeKey(AGENT, kid)).toBe(false)
      expect(await under.wallet.signer(OTHER)).toHaveProperty('kid', kid)
    })

    it('takes keys from outside too', async () => {
      expect(await under.wallet.removeKey(AGENT, key.kid)).toBe(true)
      expect(await under.wallet.dids()).toEqual([])
    })

    it('makes room for a key of the same name', async () => {
      const options = { alg: 'Ed25519', fragment: '#key-1' } as const
      const old = await under.wallet.createKey(OTHER, options)
      await under.wallet.removeKey(OTHER, old.kid)
      const next = await under.wallet.createKey(OTHER, options)
      expect(await signs(await under.wallet.signer(OTHER), next.publicJwk)).toBe(true)
      expect(await signs(await under.wallet.signer(OTHER), old.publicJwk)).toBe(false)
    })

    it('is what adding a key from outside under the same name does', async () => {
      const { kid } = await under.wallet.createKey(AGENT, { alg: 'Ed25519', fragment: '#key-2' })
      const signer = await under.wallet.signer(AGENT)
      const outside = { ...key, kid }
      await under.wallet.addKey(AGENT, outside)
      expect(await under.wallet.signer(AGENT)).toBe(outside)
      expect(await codeOfPromise(() => signer.sign(new Uint8Array(1)))).toBe('COMITY_WALLET_KEY_UNKNOWN')
    })

    it('of the last key leaves the credentials', async () => {
      const held = await under.wallet.addCredential(await issue('AgentPostureCredential'), {
        release: 'never',
      })
      await under.wallet.removeKey(AGENT, key.kid)
      expect(await under.wallet.credentials(AGENT)).toEqual([held])
      expect(await under.wallet.removeCredential(held.digest)).toBe(true)
    })
  })
}
