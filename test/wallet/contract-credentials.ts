import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { issueCredential } from '../../src/credentials/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { signJws } from '../../src/keys/index.ts'
import { MAX_WALLET_CREDENTIALS } from '../../src/wallet/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { AGENT, CLAIMS, DEMAND, ISSUER, issue, issuer, NOW, OTHER, type WalletUnderTest } from './fixtures.ts'

/** Credentials and their release rules. */
export function credentialsContract(under: WalletUnderTest): void {
  describe('credentials', () => {
    it('are held with what the release rules and demands need to know', async () => {
      const token = await issue('AgentPostureCredential')
      const held = await under.wallet.addCredential(token, { release: 'public' })
      expect(held).toMatchObject({
        token,
        format: 'vc+jwt',
        types: ['VerifiableCredential', 'AgentPostureCredential'],
        issuer: ISSUER,
        subject: AGENT,
        release: 'public',
        validUntil: NOW + 3600,
        assessedAt: NOW,
      })
      expect(held.document['credentialSubject']).toMatchObject({ region: 'eu' })
      expect(held.digest).toMatch(/^[\w-]{43}$/)
      expect(Object.isFrozen(held)).toBe(true)
      expect(await under.wallet.credentials(AGENT)).toEqual([held])
      expect(await under.wallet.credentials(OTHER)).toEqual([])
    })

    it('without an assessment have no time of one', async () => {
      const held = await under.wallet.addCredential(await issue('AgentCapabilityCredential'), {
        release: 'never',
      })
      expect(held).not.toHaveProperty('assessedAt')
    })

    it('take a demand as release rule', async () => {
      const held = await under.wallet.addCredential(await issue('AgentPostureCredential'), {
        release: DEMAND,
      })
      expect(held.release).toEqual(DEMAND)
    })

    it('keep their release rule when the caller changes the object', async () => {
      const release = structuredClone(DEMAND) as { credentials?: unknown }
      const held = await under.wallet.addCredential(await issue('AgentPostureCredential'), {
        release: release as typeof DEMAND,
      })
      delete release.credentials
      expect(held.release).toEqual(DEMAND)
    })

    it('have no release rule by default', async () => {
      const token = await issue('AgentPostureCredential')
      await expect(under.wallet.addCredential(token, {} as never)).rejects.toThrow(TypeError)
      await expect(under.wallet.addCredential(token, undefined as never)).rejects.toThrow(TypeError)
      expect(await under.wallet.credentials(AGENT)).toEqual([])
    })

    it.each(['Public', 'always', '', null, true, [], { credentials: 'all' }, { public: true }])(
      'refuse the release rule %j',
      async (release) => {
        const token = await issue('AgentPostureCredential')
        const add = (): Promise<unknown> => under.wallet.addCredential(token, { release: release as never })
        expect(await codeOfPromise(add)).toBe('COMITY_DEMAND_INVALID')
        expect(await under.wallet.credentials(AGENT)).toEqual([])
      },
    )

    it('that are added again change their release rule, and are there once', async () => {
      const token = await issue('AgentPostureCredential')
      await under.wallet.addCredential(token, { release: 'public' })
      await under.wallet.addCredential(token, { release: 'never' })
      expect(await under.wallet.credentials(AGENT)).toMatchObject([{ release: 'never' }])
    })

    it('are told apart by their tokens, not by their ids', async () => {
      const options = {
        signer: issuer,
        issuer: ISSUER,
        type: 'AgentPostureCredential',
        subject: AGENT,
        claims: CLAIMS.AgentPostureCredential,
        validFrom: NOW,
        id: 'urn:uuid:00000000-0000-4000-8000-000000000000',
      } as const
      const one = await under.wallet.addCredential(
        await issueCredential({ ...options, validUntil: NOW + 1 }),
        {
          release: 'never',
        },
      )
      const two = await under.wallet.addCredential(
        await issueCredential({ ...options, validUntil: NOW + 2 }),
        {
          release: 'public',
        },
      )
      expect(await under.wallet.credentials(AGENT)).toEqual([one, two])
      expect(await under.wallet.removeCredential(one.digest)).toBe(true)
      expect(await under.wallet.removeCredential(one.digest)).toBe(false)
      expect(await under.wallet.credentials(AGENT)).toEqual([two])
    })

    it.each([
      ['another agent', OTHER],
      ['a DID that starts like it', `${AGENT}:more`],
    ])('about %s are refused', async (_, subject) => {
      const token = await issue('AgentPostureCredential', subject)
      const add = (): Promise<unknown> => under.wallet.addCredential(token, { release: 'never' })
      expect(await codeOfPromise(add)).toBe('COMITY_WALLET_CREDENTIAL_INVALID')
    })

    it('about nobody are refused', async () => {
      const payload = {
        '@context': ['https://www.w3.org/ns/credentials/v2'],
        type: ['VerifiableCredential'],
        issuer: ISSUER,
        credentialSubject: { region: 'eu' },
      }
      const token = await signJws({ header: { typ: 'vc+jwt' }, payload, signer: issuer })
      const add = (): Promise<unknown> => under.wallet.addCredential(token, { release: 'never' })
      expect(await codeOfPromise(add)).toBe('COMITY_WALLET_CREDENTIAL_INVALID')
    })

    it('that are too large, or no credentials, are refused', async () => {
      const add = (token: string): Promise<unknown> => under.wallet.addCredential(token, { release: 'never' })
      expect(await codeOfPromise(() => add('a'.repeat(100_000)))).toBe('COMITY_CREDENTIAL_TOO_LARGE')
      const jwt = await signJws({ header: { typ: 'JWT' }, payload: { sub: AGENT }, signer: issuer })
      expect(await codeOfPromise(() => add(jwt))).toBe('COMITY_JWT_TYP_MISMATCH')
      await expect(add(undefined as never)).rejects.toThrow(TypeError)
    })

    it('are at most a thousand', { timeout: 30_000 }, async () => {
      const tokens: string[] = []
      for (let n = 0; n < MAX_WALLET_CREDENTIALS; n++) tokens.push(await issue('AgentPostureCredential'))
      for (const token of tokens) await under.wallet.addCredential(token, { release: 'never' })
      const another = await issue('AgentPostureCredential')
      const add = (): Promise<unknown> => under.wallet.addCredential(another, { release: 'never' })
      expect(await codeOfPromise(add)).toBe('COMITY_WALLET_FULL')
      const again = await under.wallet.addCredential(tokens[0] ?? '', { release: 'public' })
      await under.wallet.removeCredential(again.digest)
      await expect(add()).resolves.toBeDefined()
    })

    it('of any text are an error with a code, and nothing else', { timeout: 30_000 }, async () => {
      const noise = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(fc.base64String()).map((parts) => parts.join('.')),
      )
      await fc.assert(
        fc.asyncProperty(noise, async (text) => {
          await expect(under.wallet.addCredential(text, { release: 'never' })).rejects.toBeInstanceOf(
            ComityError,
          )
        }),
      )
      expect(await under.wallet.credentials(AGENT)).toEqual([])
    })

    it('with any JSON as release rule are held only if it is a demand', async () => {
      const token = await issue('AgentPostureCredential')
      await fc.assert(
        fc.asyncProperty(fc.jsonValue(), async (release) => {
          const error: unknown = await under.wallet.addCredential(token, { release: release as never }).then(
            () => undefined,
            (reason: unknown) => reason,
          )
          if (error !== undefined) expect(error).toHaveProperty('code', 'COMITY_DEMAND_INVALID')
          for (const held of await under.wallet.credentials(AGENT)) {
            expect(
              held.release === 'public' || held.release === 'never' || typeof held.release === 'object',
            ).toBe(true)
          }
        }),
      )
    })
  })
}
