import { describe, expect, it } from 'vitest'
import {
  explainCredential,
  verifyCredential,
  type VerifyCredentialOptions,
} from '../../src/credentials/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { HOLDER, NOW, POSTURE, createWorld, issuePosture, signDocument } from './world.ts'

const { issuer, options } = await createWorld()
const token = await issuePosture(issuer)

async function checksOf(
  text: string,
  more: Partial<VerifyCredentialOptions> = {},
): Promise<readonly string[]> {
  const faults = await explainCredential(text, { ...options, ...more })
  return faults.map(({ check, code }) => `${check} ${code}`)
}

describe('explainCredential', () => {
  it('finds nothing wrong with a good credential', async () => {
    expect(await checksOf(token)).toEqual([])
  })

  it('lists all faults, where verification stops at the first', async () => {
    const text = await signDocument(issuer.login, {
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      type: ['VerifiableCredential', 'AgentPostureCredential'],
      issuer: issuer.did,
      validFrom: '2026-11-23T23:00:00Z',
      validUntil: '2026-11-23T23:30:00Z',
      aud: 'did:web:elsewhere.example',
      credentialSubject: {
        ...(POSTURE as unknown as JsonObject),
        id: 'did:web:somebody.example',
        sandbox: 'sand',
        patchAgeDays: -1,
      },
    })
    const wrong: Partial<VerifyCredentialOptions> = {
      type: 'AgentScopeCredential',
      trust: { judge: async () => ({ accepted: false, reason: 'nobody is' }) },
    }
    expect(await checksOf(text, wrong)).toEqual([
      'key COMITY_DID_KEY_RELATIONSHIP',
      'times COMITY_CREDENTIAL_EXPIRED',
      'audience COMITY_AUDIENCE_MISMATCH',
      'type COMITY_CREDENTIAL_TYPE',
      'schema COMITY_CREDENTIAL_SCHEMA',
      'schema COMITY_CREDENTIAL_SCHEMA',
      'holder COMITY_CREDENTIAL_HOLDER',
      'trust COMITY_ISSUER_NOT_TRUSTED',
    ])
    const first = await codeOfPromise(async () => verifyCredential(text, { ...options, ...wrong }))
    expect(first).toBe('COMITY_DID_KEY_RELATIONSHIP')
  })

  it('says where in the schema, and why the issuer is not trusted', async () => {
    const text = await signDocument(issuer.signer, {
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      type: ['VerifiableCredential', 'AgentPostureCredential'],
      issuer: issuer.did,
      validUntil: '2026-11-24T01:00:00Z',
      credentialSubject: {
        ...(POSTURE as unknown as JsonObject),
        id: HOLDER,
        openCriticalVulnerabilities: -1,
      },
    })
    const trust = { judge: async () => ({ accepted: false, reason: 'nobody is' }) }
    const faults = await explainCredential(text, { ...options, trust })
    expect(faults.map(({ details }) => details)).toEqual([
      { type: 'AgentPostureCredential', schemaLocation: '#/required' },
      {
        type: 'AgentPostureCredential',
        schemaLocation: '#/properties/credentialSubject/properties/openCriticalVulnerabilities/minimum',
      },
      { reason: 'nobody is' },
    ])
  })

  it('lists all that is wrong with the form, and reads no further', async () => {
    const text = await signDocument(issuer.signer, {
      '@context': 'x',
      type: 7,
      issuer: 8,
      vc: {},
      exp: 'soon',
    })
    const faults = await explainCredential(text, options)
    expect(new Set(faults.map(({ check }) => check))).toEqual(new Set(['form']))
    expect(faults.map(({ details }) => details['member'])).toEqual([
      '@context',
      'type',
      'issuer',
      'credentialSubject',
      'vc',
      'exp',
    ])
  })

  it('looks up no status of a credential that its issuer did not sign', async () => {
    const status = {
      check: async (): Promise<never> => {
        throw new RangeError('must not be asked')
      },
    }
    const entry = {
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: '7',
      statusListCredential: 'https://victim.example/',
    } as const
    const forged = (await issuePosture(issuer, { status: entry })).replace(/.{86}$/, 'A'.repeat(86))
    expect(await checksOf(forged, { status })).toEqual(['signature COMITY_SIGNATURE_INVALID'])
  })

  it.each([
    ['nothing', '', ['token COMITY_JWS_MALFORMED']],
    ['too much', 'x'.repeat(40_000), ['size COMITY_CREDENTIAL_TOO_LARGE']],
    ['no token', 'a.b.c', ['token COMITY_JWS_MALFORMED']],
  ])('stops where there is nothing to read: %s', async (_name, text, faults) => {
    expect(await checksOf(text)).toEqual(faults)
  })

  it('agrees with verification, whatever is wrong', async () => {
    const variants: Partial<VerifyCredentialOptions>[] = [
      {},
      { now: NOW + 9999 },
      { holder: 'did:web:nobody.example' },
      { type: 'AgentScopeCredential' },
      { requireStatus: true },
      { trust: { judge: async () => ({ accepted: false, reason: 'no' }) } },
    ]
    const texts = [
      token,
      `${token.slice(0, -86)}${'A'.repeat(86)}`,
      'a.b',
      await issuePosture(issuer, { signer: issuer.login }),
    ]
    for (const text of texts) {
      for (const more of variants) {
        const [first] = await explainCredential(text, { ...options, ...more })
        const code = await codeOfPromise(async () => verifyCredential(text, { ...options, ...more }))
        expect(first?.code).toBe(code)
      }
    }
  })

  it('holds nothing of the token', async () => {
    const text = await signDocument(issuer.signer, {
      '@context': ['https://www.w3.org/ns/credentials/v2'],
      type: ['VerifiableCredential', 'AgentPostureCredential'],
      issuer: issuer.did,
      credentialSubject: { id: HOLDER, 'secret-name': 'hush' },
    })
    const said = JSON.stringify(await explainCredential(text, options))
    for (const secret of ['secret-name', 'hush', HOLDER, issuer.did]) expect(said).not.toContain(secret)
  })
})
