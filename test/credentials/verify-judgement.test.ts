import { describe, expect, it } from 'vitest'
import {
  type IssuerQuestion,
  type StatusEntry,
  type StatusQuestion,
  verifyCredential,
  type VerifyCredentialOptions,
} from '../../src/credentials/index.ts'
import type { JsonObject, JsonValue } from '../../src/encoding/index.ts'
import type { ComityErrorCode } from '../../src/errors/index.ts'
import { createFetchBudget } from '../../src/net/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { createWorld, HOLDER, issuePosture, NOW, postureDocument, signDocument } from './world.ts'

const { issuer, options } = await createWorld()
const token = await issuePosture(issuer)

const ENTRY: StatusEntry = {
  type: 'BitstringStatusListEntry',
  statusPurpose: 'revocation',
  statusListIndex: '7',
  statusListCredential: 'https://acme.example/status/revocation/1',
}

async function codeFor(
  text: string,
  more: Partial<VerifyCredentialOptions> = {},
): Promise<ComityErrorCode | undefined> {
  return codeOfPromise(async () => verifyCredential(text, { ...options, ...more }))
}

describe('verifyCredential judges', () => {
  describe('type', () => {
    const example = postureDocument({ type: ['VerifiableCredential', 'ExampleCredential'] })

    it('takes an unknown type only where it is asked for', async () => {
      const text = await signDocument(issuer.signer, example)
      expect(await codeFor(text)).toBe('COMITY_CREDENTIAL_TYPE')
      expect(await codeFor(text, { type: 'ExampleCredential' })).toBeUndefined()
      expect(await codeFor(text, { type: 'AgentPostureCredential' })).toBe('COMITY_CREDENTIAL_TYPE')
    })

    it('takes a known type, or the one that is asked for', async () => {
      expect(await codeFor(token, { type: 'AgentPostureCredential' })).toBeUndefined()
      expect(await codeFor(token, { type: 'AgentScopeCredential' })).toBe('COMITY_CREDENTIAL_TYPE')
      expect(await codeFor(token, { type: 'agentPostureCredential' })).toBe('COMITY_CREDENTIAL_TYPE')
    })

    it('holds all known types against their schemas, also those that were not asked for', async () => {
      const types = ['VerifiableCredential', 'AgentPostureCredential', 'AgentScopeCredential']
      const text = await signDocument(issuer.signer, postureDocument({ type: types }))
      expect(await codeFor(text, { type: 'AgentPostureCredential' })).toBe('COMITY_CREDENTIAL_SCHEMA')
    })
  })

  describe('holder', () => {
    it.each([
      ['another', 'did:web:agents.acme.example:payroll'],
      ['a prefix', 'did:web:agents.acme.example'],
      ['other case', HOLDER.toUpperCase()],
    ])('refuses %s', async (_name, holder) => {
      expect(await codeFor(token, { holder })).toBe('COMITY_CREDENTIAL_HOLDER')
    })

    it('refuses a credential about nobody', async () => {
      const text = await signDocument(
        issuer.signer,
        postureDocument({
          type: ['VerifiableCredential', 'ExampleCredential'],
          credentialSubject: { region: 'eu' },
        }),
      )
      expect(await codeFor(text, { type: 'ExampleCredential' })).toBe('COMITY_CREDENTIAL_HOLDER')
    })
  })

  describe('status', () => {
    it('is needed only where the caller says so', async () => {
      expect(await codeFor(token, { requireStatus: true })).toBe('COMITY_STATUS_REQUIRED')
      const text = await issuePosture(issuer, { status: ENTRY })
      expect(await codeFor(text, { requireStatus: true })).toBeUndefined()
    })

    it('asks about all entries, in the name of the issuer', async () => {
      const asked: StatusQuestion[] = []
      const status = { check: async (question: StatusQuestion) => void asked.push(question) }
      const entries: StatusEntry[] = [ENTRY, { ...ENTRY, statusPurpose: 'suspension' }]
      const verified = await verifyCredential(await issuePosture(issuer, { status: entries }), {
        ...options,
        status,
      })
      expect(asked).toEqual([{ entries, issuer: issuer.did, now: NOW }])
      expect(verified.status).toEqual(entries)
    })

    it.each<[string, JsonValue]>([
      ['another kind of entry', { type: 'ExampleStatus' }],
      ['another purpose', { ...ENTRY, statusPurpose: 'message' }],
      ['a known one beside an unknown one', [ENTRY as unknown as JsonObject, { type: 'ExampleStatus' }]],
    ])('refuses %s, which it cannot look up', async (_name, credentialStatus) => {
      const text = await signDocument(issuer.signer, postureDocument({ credentialStatus }))
      expect(await codeFor(text)).toBe('COMITY_STATUS_UNAVAILABLE')
    })
  })

  describe('trust', () => {
    it('asks for each type, towards the audience, at the time and within the budget', async () => {
      const asked: IssuerQuestion[] = []
      const trust = {
        judge: async (question: IssuerQuestion) => {
          asked.push(question)
          return { accepted: true, reason: `rule ${asked.length}` }
        },
      }
      const text = await signDocument(
        issuer.signer,
        postureDocument({ type: ['VerifiableCredential', 'AgentPostureCredential', 'ExampleCredential'] }),
      )
      const audience = 'did:web:globex.example'
      const budget = createFetchBudget({ requests: 8, bytes: 65_536, timeoutMs: 60_000 })
      const verified = await verifyCredential(text, { ...options, trust, audience, budget })
      expect(asked).toEqual([
        { issuer: issuer.did, type: 'AgentPostureCredential', audience, now: NOW, budget },
        { issuer: issuer.did, type: 'ExampleCredential', audience, now: NOW, budget },
      ])
      expect(asked[0]?.budget).toBe(budget)
      expect(verified.trustReason).toBe('rule 1; rule 2')
    })

    it('is needed for every type, not just the one asked for', async () => {
      const trust = {
        judge: async ({ type }: IssuerQuestion) => ({
          accepted: type === 'ExampleCredential',
          reason: 'by type',
        }),
      }
      const text = await signDocument(
        issuer.signer,
        postureDocument({ type: ['VerifiableCredential', 'ExampleCredential', 'AgentPostureCredential'] }),
      )
      expect(await codeFor(text, { trust, type: 'ExampleCredential' })).toBe('COMITY_ISSUER_NOT_TRUSTED')
    })

    it('is asked for the base type where there is no other', async () => {
      const text = await signDocument(issuer.signer, postureDocument({ type: ['VerifiableCredential'] }))
      const trust = { judge: async () => ({ accepted: false, reason: 'nobody' }) }
      expect(await codeFor(text, { trust, type: 'VerifiableCredential' })).toBe('COMITY_ISSUER_NOT_TRUSTED')
    })

    it.each([['yes'], [1], [undefined], [{}]])('takes %o for no', async (accepted) => {
      const trust = { judge: async () => ({ accepted: accepted as boolean, reason: 'odd' }) }
      expect(await codeFor(token, { trust })).toBe('COMITY_ISSUER_NOT_TRUSTED')
    })

    it('lets through what the registry throws', async () => {
      const trust = { judge: async (): Promise<never> => Promise.reject(new RangeError('down')) }
      await expect(verifyCredential(token, { ...options, trust })).rejects.toThrow(RangeError)
    })
  })
})
