import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueCredential } from '../../../src/credentials/index.ts'
import { ComityError } from '../../../src/errors/index.ts'
import { generateSigner, type Signer } from '../../../src/keys/index.ts'
import { createMemoryWallet } from '../../../src/wallet/index.ts'
import { codeOfPromise } from '../../support/codes.ts'
import { createScriptedIssuer, GRANT, json, type Answers, type ScriptedIssuer } from './scripted-issuer.ts'

let scripted: ScriptedIssuer

beforeAll(async () => {
  scripted = await createScriptedIssuer()
})
afterAll(async () => {
  await scripted.close()
})

const offer: ScriptedIssuer['offer'] = (changes) => scripted.offer(changes)
const receive: ScriptedIssuer['receive'] = async (text, wallet) => scripted.receive(text, wallet)

async function credentialAbout(subject: string, signer: Signer = scripted.issuer.signer): Promise<string> {
  const now = Date.now() / 1000
  return issueCredential({
    signer,
    issuer: scripted.issuer.did,
    type: 'AgentCapabilityCredential',
    subject,
    claims: { authorizationDetails: [{ type: 'invoices' }] },
    validFrom: now - 60,
    validUntil: now + 600,
  })
}

describe('a credential that was issued', () => {
  it('is held when its issuer signed it and it is about the holder', async () => {
    const wallet = createMemoryWallet()
    const { did } = await wallet.createDidKey({ alg: 'Ed25519' })
    const credential = await credentialAbout(did)
    scripted.script({ credential: () => json({ credentials: [{ credential }] }) })
    expect(await receive(offer(), wallet)).toMatchObject([{ token: credential }])
  })

  it.each([
    [
      'is about somebody else',
      async () => credentialAbout('did:web:other.example'),
      'COMITY_WALLET_CREDENTIAL_INVALID',
    ],
    [
      'was signed by somebody else',
      async (did: string) =>
        credentialAbout(did, {
          ...(await generateSigner({ alg: 'Ed25519' })),
          kid: scripted.issuer.signer.kid,
        }),
      'COMITY_SIGNATURE_INVALID',
    ],
    ['is no credential', () => Promise.resolve('nonsense'), 'COMITY_JWS_MALFORMED'],
  ] as const)('is not held when it %s', async (_name, make, code) => {
    const wallet = createMemoryWallet()
    const { did } = await wallet.createDidKey({ alg: 'Ed25519' })
    const good = await credentialAbout(did)
    const bad = await make(did)
    scripted.script({ credential: () => json({ credentials: [{ credential: good }, { credential: bad }] }) })
    expect(await codeOfPromise(async () => receive(offer(), wallet))).toBe(code)
    // Nor is what came with it.
    expect(await wallet.credentials(did)).toEqual([])
  })
})

describe('an issuer that', () => {
  it.each<[string, Answers, string]>([
    [
      'names another one in its metadata',
      {
        'openid-credential-issuer': () =>
          json({
            credential_issuer: 'https://other.example',
            credential_endpoint: 'https://other.example/c',
            credential_configurations_supported: {},
          }),
      },
      'COMITY_PEER_PROTOCOL',
    ],
    ['has no metadata', { 'openid-credential-issuer': () => json({}, 404) }, 'COMITY_PEER_PROTOCOL'],
    [
      'has metadata that are no JSON',
      {
        'openid-credential-issuer': () =>
          new Response('{', { headers: { 'content-type': 'application/json' } }),
      },
      'COMITY_PEER_PROTOCOL',
    ],
    [
      'gives a bearer token',
      { token: () => json({ access_token: 'x', token_type: 'Bearer' }) },
      'COMITY_PEER_PROTOCOL',
    ],
    ['refuses the code', { token: () => json({ error: 'invalid_grant' }, 400) }, 'COMITY_PEER_REFUSED'],
    ['fails', { token: () => json({}, 500) }, 'COMITY_PEER_REFUSED'],
    ['has no nonce', { nonce: () => json({}) }, 'COMITY_PEER_PROTOCOL'],
    [
      'issues later',
      { credential: () => json({ transaction_id: 'x', interval: 5 }, 202) },
      'COMITY_PEER_PROTOCOL',
    ],
    ['issues nothing', { credential: () => json({ credentials: [] }) }, 'COMITY_PEER_PROTOCOL'],
    [
      'issues what is no text',
      { credential: () => json({ credentials: [{ credential: {} }] }) },
      'COMITY_PEER_PROTOCOL',
    ],
    [
      'denies the credential',
      { credential: () => json({ error: 'credential_request_denied' }, 400) },
      'COMITY_PEER_REFUSED',
    ],
    [
      'answers without end',
      {
        'openid-credential-issuer': () =>
          new Response(
            new ReadableStream({
              pull: (out) => {
                out.enqueue(new Uint8Array(65_536))
              },
            }),
            { headers: { 'content-type': 'application/json' } },
          ),
      },
      'COMITY_NET_TOO_LARGE',
    ],
    [
      'sends elsewhere',
      { token: () => new Response(null, { status: 302, headers: { location: 'https://other.example' } }) },
      'COMITY_NET_REDIRECT',
    ],
    [
      'has its token endpoint in a private network',
      {
        'oauth-authorization-server': () =>
          json({ issuer: scripted.origin, token_endpoint: 'https://10.0.0.1/token' }),
      },
      'COMITY_NET_ADDRESS_NOT_ALLOWED',
    ],
  ])('%s is refused', async (_name, hostile, code) => {
    scripted.script(hostile)
    expect(await codeOfPromise(async () => receive(offer()))).toBe(code)
  })

  it('puts anything into its error is not quoted', async () => {
    scripted.script({
      token: () => json({ error: 'secret-of-the-issuer', error_description: 'secret-of-the-issuer' }, 400),
    })
    const error: unknown = await receive(offer()).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ComityError)
    expect(JSON.stringify(error)).not.toContain('secret-of-the-issuer')
    expect(String(error)).not.toContain('secret-of-the-issuer')
  })
})

describe('an offer', () => {
  it.each<[string, () => string]>([
    ['that is too long', () => offer({ more: 'x'.repeat(17_000) })],
    ['without a pre-authorized code', () => offer({ grants: { authorization_code: {} } })],
    [
      'that needs a transaction code',
      () => offer({ grants: { [GRANT]: { 'pre-authorized_code': 'x', tx_code: {} } } }),
    ],
    ['of an issuer without TLS', () => offer({ credential_issuer: 'http://issuer.example' })],
    [
      'of too many credentials',
      () => offer({ credential_configuration_ids: Array.from({ length: 17 }, (_, n) => `c${String(n)}`) }),
    ],
  ])('%s is refused', async (_name, make) => {
    scripted.script({})
    expect(await codeOfPromise(async () => receive(make()))).toBe('COMITY_OFFER_INVALID')
  })

  it('that is any text ends with a ComityError', async () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl(),
      fc.json().map((text) => `openid-credential-offer://?credential_offer=${encodeURIComponent(text)}`),
    )
    await fc.assert(
      fc.asyncProperty(noise, async (text) => {
        await expect(receive(text)).rejects.toBeInstanceOf(ComityError)
      }),
      { numRuns: 60 },
    )
  })
})
