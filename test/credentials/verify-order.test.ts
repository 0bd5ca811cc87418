import { describe, expect, it } from 'vitest'
import { verifyCredential, type VerifyCredentialOptions } from '../../src/credentials/index.ts'
import type { ComityErrorCode } from '../../src/errors/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { createWorld, HOLDER, issuePosture, NOW, postureDocument, signDocument } from './world.ts'

const { issuer, options } = await createWorld()
const token = await issuePosture(issuer)

async function codeFor(
  text: string,
  more: Partial<VerifyCredentialOptions> = {},
): Promise<ComityErrorCode | undefined> {
  return codeOfPromise(async () => verifyCredential(text, { ...options, ...more }))
}

describe('verifyCredential', () => {
  it('makes its checks in the order that it promises', async () => {
    // Everything is wrong at once; what is wrong is mended one by one.
    const wrong: Partial<VerifyCredentialOptions> = {
      now: NOW + 99_999,
      holder: 'did:web:nobody.example',
      requireStatus: true,
      trust: { judge: async () => ({ accepted: false, reason: 'nobody' }) },
    }
    const document = postureDocument({
      aud: 'did:web:elsewhere.example',
      type: ['VerifiableCredential', 'AgentScopeCredential'],
    })
    const unsigned = (await signDocument(issuer.signer, document)).replace(/.{86}$/, 'A'.repeat(86))
    const signed = await signDocument(issuer.signer, document)
    const steps: [ComityErrorCode | undefined, string, Partial<VerifyCredentialOptions>][] = [
      ['COMITY_CREDENTIAL_TOO_LARGE', 'x'.repeat(32_769), wrong],
      ['COMITY_JWS_MALFORMED', 'x'.repeat(32_768), wrong],
      ['COMITY_CREDENTIAL_MALFORMED', await signDocument(issuer.login, { ...document, proof: {} }), wrong],
      ['COMITY_DID_KEY_RELATIONSHIP', await signDocument(issuer.login, document), wrong],
      ['COMITY_SIGNATURE_INVALID', unsigned, wrong],
      ['COMITY_CREDENTIAL_EXPIRED', signed, wrong],
      ['COMITY_AUDIENCE_MISMATCH', signed, { ...wrong, now: NOW }],
      [
        'COMITY_CREDENTIAL_TYPE',
        await signDocument(issuer.signer, postureDocument({ type: 'VerifiableCredential' })),
        { ...wrong, now: NOW },
      ],
      ['COMITY_CREDENTIAL_SCHEMA', signed, { ...wrong, now: NOW, audience: 'did:web:elsewhere.example' }],
      ['COMITY_CREDENTIAL_HOLDER', token, { ...wrong, now: NOW }],
      ['COMITY_ISSUER_NOT_TRUSTED', token, { ...wrong, now: NOW, holder: HOLDER }],
      ['COMITY_STATUS_REQUIRED', token, { requireStatus: true }],
      [undefined, token, {}],
    ]
    for (const [code, text, more] of steps) expect(await codeFor(text, more)).toBe(code)
  })

  it('looks up no status of a credential whose issuer is not believed', async () => {
    const asked: string[] = []
    const status = {
      check: async () => {
        asked.push('status')
      },
    }
    const trust = (accepted: boolean) => ({
      judge: async () => {
        asked.push('trust')
        return { accepted, reason: 'the test says so' }
      },
    })
    const entry = {
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: '7',
      statusListCredential: 'https://acme.example/status/revocation/1',
    } as const
    const text = await issuePosture(issuer, { status: entry })
    expect(await codeFor(text, { status, trust: trust(false) })).toBe('COMITY_ISSUER_NOT_TRUSTED')
    expect(asked).toEqual(['trust'])
    expect(await codeFor(text, { status, trust: trust(true) })).toBeUndefined()
    expect(asked).toEqual(['trust', 'trust', 'status'])
  })

  it.each<[string, object]>([
    ['no resolver', { resolver: undefined }],
    ['no trust', { trust: undefined }],
    ['a trust that cannot judge', { trust: {} }],
    ['no status', { status: undefined }],
    ['no holder', { holder: undefined }],
    ['an empty holder', { holder: '' }],
    ['an empty type', { type: '' }],
    ['an empty audience', { audience: '' }],
    ['a time that is none', { now: NaN }],
    ['too much tolerance', { clockTolerance: 301 }],
    ['negative tolerance', { clockTolerance: -1 }],
    ['a required status that is no boolean', { requireStatus: 'no' }],
    ['a cache of somebody else', { cache: { size: 0 } }],
  ])('is a bug of the caller: %s', async (_name, more) => {
    const asked = { ...options, ...more }
    await expect(verifyCredential(token, asked)).rejects.toThrow(TypeError)
  })

  it('takes a token only as a string', async () => {
    await expect(verifyCredential(undefined as unknown as string, options)).rejects.toThrow(TypeError)
  })

  it('keeps no token and no claim in its errors', async () => {
    const failing = [
      await codeError(token, { holder: 'did:web:nobody.example' }),
      await codeError(
        await signDocument(
          issuer.signer,
          postureDocument({ credentialSubject: { id: HOLDER, secret: 'hush' } }),
        ),
      ),
    ]
    for (const error of failing) {
      const text = JSON.stringify(error)
      for (const secret of [token.split('.')[1], token.split('.')[2], 'hush', 'secret', HOLDER, 'nobody']) {
        expect(text).not.toContain(secret)
      }
    }
  })

  async function codeError(text: string, more: Partial<VerifyCredentialOptions> = {}): Promise<unknown> {
    return verifyCredential(text, { ...options, ...more }).catch((error: unknown) => error)
  }
})
