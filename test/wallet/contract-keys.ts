import { describe, expect, it } from 'vitest'
import { generateSigner, type Signer } from '../../src/keys/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { AGENT, ISSUER, key, OTHER, type WalletUnderTest } from './fixtures.ts'

/** Keys that the wallet is given. */
export function outsideKeysContract(under: WalletUnderTest): void {
  describe('keys from outside', () => {
    const signer = (kid: string): Promise<Signer> => generateSigner({ alg: 'ES256', kid })

    it('sign for their DID', async () => {
      expect(await under.wallet.dids()).toEqual([AGENT])
      expect(await under.wallet.signer(AGENT)).toBe(key)
      expect(await under.wallet.signer(AGENT, 'assertionMethod')).toBe(key)
    })

    it('sign for their purposes only', async () => {
      const attesting = await signer(`${OTHER}#attest`)
      await under.wallet.addKey(OTHER, attesting, ['assertionMethod'])
      expect(await under.wallet.signer(OTHER, 'assertionMethod')).toBe(attesting)
      expect(await codeOfPromise(() => under.wallet.signer(OTHER, 'authentication'))).toBe(
        'COMITY_WALLET_KEY_UNKNOWN',
      )
      expect(await codeOfPromise(() => under.wallet.signer(OTHER))).toBe('COMITY_WALLET_KEY_UNKNOWN')
    })

    it('are never those of another DID', async () => {
      expect(await codeOfPromise(() => under.wallet.signer(OTHER))).toBe('COMITY_WALLET_KEY_UNKNOWN')
      expect(await codeOfPromise(() => under.wallet.signer(ISSUER))).toBe('COMITY_WALLET_KEY_UNKNOWN')
    })

    it('give way to the one added last', async () => {
      const next = await signer(`${AGENT}#key-2`)
      await under.wallet.addKey(AGENT, next)
      expect(await under.wallet.signer(AGENT)).toBe(next)
      await under.wallet.addKey(AGENT, key)
      expect(await under.wallet.signer(AGENT)).toBe(key)
      expect(await under.wallet.dids()).toEqual([AGENT])
    })

    it('do not change their purposes when the caller changes the list', async () => {
      const purposes: 'assertionMethod'[] = ['assertionMethod']
      await under.wallet.addKey(OTHER, await signer(`${OTHER}#key-1`), purposes)
      purposes.pop()
      await expect(under.wallet.signer(OTHER, 'assertionMethod')).resolves.toBeDefined()
    })

    it.each([
      ['of another DID', `${OTHER}#key-1`],
      ['of a DID that starts like it', `${AGENT}:more#key-1`],
      ['without a fragment', AGENT],
      ['with an empty fragment', `${AGENT}#`],
    ])('with a kid %s are a mistake', async (_, kid) => {
      await expect(under.wallet.addKey(AGENT, { ...key, kid })).rejects.toThrow(TypeError)
    })

    it('with a kid that is no DID URL are refused', async () => {
      expect(await codeOfPromise(() => under.wallet.addKey(AGENT, { ...key, kid: 'key-1' }))).toBe(
        'COMITY_DID_INVALID',
      )
      expect(await codeOfPromise(() => under.wallet.addKey('acme', { ...key, kid: 'acme#key-1' }))).toBe(
        'COMITY_DID_INVALID',
      )
    })

    it('need a purpose that exists', async () => {
      await expect(under.wallet.addKey(AGENT, key, [])).rejects.toThrow(TypeError)
      await expect(under.wallet.addKey(AGENT, key, ['keyAgreement' as 'authentication'])).rejects.toThrow(
        TypeError,
      )
    })

    it('are at most a thousand', { timeout: 30_000 }, async () => {
      for (let n = 2; n <= 1000; n++) await under.wallet.addKey(AGENT, { ...key, kid: `${AGENT}#key-${n}` })
      const more = { ...key, kid: `${AGENT}#key-1001` }
      expect(await codeOfPromise(() => under.wallet.addKey(AGENT, more))).toBe('COMITY_WALLET_FULL')
      await under.wallet.addKey(AGENT, key)
      expect(await under.wallet.signer(AGENT)).toBe(key)
    })
  })
}
