import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  issueCredential,
  issueSdJwtCredential,
  presentSdJwtCredential,
  vctOf,
  type IssueSdJwtCredentialOptions,
} from '../../../src/credentials/index.ts'
import { createDidDocument, didWebFromUrl } from '../../../src/did/index.ts'
import { generateSigner, signJws, type Signer } from '../../../src/keys/index.ts'
import { createMemoryWallet, type Wallet } from '../../../src/wallet/index.ts'
import { codeOfPromise } from '../../support/codes.ts'
import { createIssuing, createScriptedIssuer, json, type ScriptedIssuer } from './scripted-issuer.ts'

const TYPE = 'AgentCapabilityCredential'
const OTHER = 'did:web:other.example'
const PROOFS = { proof_types_supported: { jwt: { proof_signing_alg_values_supported: ['Ed25519'] } } }
const CONFIGURATIONS = {
  sd: { format: 'dc+sd-jwt', vct: vctOf(TYPE), credential_metadata: {}, ...PROOFS },
  typed: {
    format: 'vc+jwt',
    credential_definition: { type: ['VerifiableCredential', TYPE] },
    credential_metadata: {},
    ...PROOFS,
  },
  mdoc: { format: 'mso_mdoc', doctype: 'org.example', credential_metadata: {}, ...PROOFS },
  nameless: { format: 'dc+sd-jwt', credential_metadata: {}, ...PROOFS },
}

let scripted: ScriptedIssuer
let wallet: Wallet
let did: string
let holder: Signer

beforeAll(async () => {
  scripted = await createScriptedIssuer(CONFIGURATIONS)
})
afterAll(async () => {
  await scripted.close()
})
beforeEach(async () => {
  wallet = createMemoryWallet()
  did = (await wallet.createDidKey({ alg: 'Ed25519' })).did
  holder = await wallet.signer(did)
})

const now = (): number => Math.floor(Date.now() / 1000)
const otherClaims = {
  trustDomain: 'acme.example',
  bundleEndpoint: 'https://acme.example/bundle',
  profile: 'https_web',
}
const claims = { authorizationDetails: [{ type: 'invoices' }] }

/** What an honest issuer gives, but for what is changed. */
async function sdJwt(changes: Partial<IssueSdJwtCredentialOptions> = {}): Promise<string> {
  return issueSdJwtCredential({
    signer: scripted.issuer.signer,
    issuer: scripted.issuer.did,
    type: TYPE,
    subject: did,
    claims,
    holderKey: holder.publicJwk,
    validFrom: now() - 60,
    validUntil: now() + 600,
    ...changes,
  })
}

/** What a careless issuer signs. */
async function byHand(changes: object): Promise<string> {
  const { kty, crv, x } = holder.publicJwk
  const payload = {
    iss: scripted.issuer.did,
    sub: did,
    vct: vctOf(TYPE),
    exp: now() + 600,
    cnf: { jwk: { kty, crv, x } },
    ...claims,
    ...changes,
  }
  const { signer } = scripted.issuer
  return `${await signJws({ header: { typ: 'dc+sd-jwt' }, payload: JSON.parse(JSON.stringify(payload)) as never, signer })}~`
}

async function vcJwt(type: 'AgentCapabilityCredential' | 'TrustDomainCredential' = TYPE): Promise<string> {
  const { did: issuer, signer } = scripted.issuer
  return issueCredential({
    signer,
    issuer,
    type,
    subject: did,
    claims: type === TYPE ? claims : otherClaims,
    validFrom: now() - 60,
    validUntil: now() + 600,
  })
}

/** The wallet asks for `id`, and gets these. */
async function receive(id: string, ...tokens: readonly string[]): Promise<unknown> {
  scripted.script({
    credential: () => json({ credentials: tokens.map((credential) => ({ credential })) }),
  })
  return scripted.receive(scripted.offer({ credential_configuration_ids: [id] }), wallet)
}

const CASES: readonly (readonly [string, () => Promise<string>, string])[] = [
  [
    'bound to another key',
    async () => sdJwt({ holderKey: (await generateSigner({ alg: 'Ed25519' })).publicJwk }),
    'COMITY_WALLET_CREDENTIAL_INVALID',
  ],
  [
    'bound to a key by name',
    async () => byHand({ cnf: { kid: holder.kid } }),
    'COMITY_WALLET_CREDENTIAL_INVALID',
  ],
  ['bound to no key', async () => byHand({ cnf: undefined }), 'COMITY_CREDENTIAL_MALFORMED'],
  ['about somebody else', async () => sdJwt({ subject: OTHER }), 'COMITY_WALLET_CREDENTIAL_INVALID'],
  ['about nobody', async () => byHand({ sub: undefined }), 'COMITY_WALLET_CREDENTIAL_INVALID'],
  [
    'of another type',
    async () => sdJwt({ type: 'TrustDomainCredential', claims: otherClaims }),
    'COMITY_WALLET_CREDENTIAL_INVALID',
  ],
  [
    'signed by somebody else',
    async () =>
      sdJwt({ signer: { ...(await generateSigner({ alg: 'Ed25519' })), kid: scripted.issuer.signer.kid } }),
    'COMITY_SIGNATURE_INVALID',
  ],
  [
    'signed in the name of another issuer',
    async () => byHand({ iss: (await createIssuing()).did }),
    'COMITY_CREDENTIAL_ISSUER_MISMATCH',
  ],
  ['over', async () => sdJwt({ validFrom: now() - 7200, validUntil: now() - 3600 }), 'COMITY_TOKEN_EXPIRED'],
  ['of the future', async () => sdJwt({ validFrom: now() + 300 }), 'COMITY_TOKEN_NOT_YET_VALID'],
  [
    'shown already',
    async () =>
      presentSdJwtCredential(await sdJwt(), {
        disclose: [],
        holder,
        nonce: 'n',
        audience: OTHER,
        now: now(),
      }),
    'COMITY_KEY_BINDING_INVALID',
  ],
  [
    'changed in a disclosure',
    async () => {
      const [jwt = ''] = (await sdJwt()).split('~')
      const text = JSON.stringify(['c2FsdHNhbHRzYWx0c2FsdA', 'authorizationDetails', [{ type: 'payments' }]])
      return `${jwt}~${Buffer.from(text).toString('base64url')}~`
    },
    'COMITY_SD_JWT_DIGEST',
  ],
  ['a vc+jwt', async () => vcJwt(), 'COMITY_SD_JWT_MALFORMED'],
]

describe('an SD-JWT VC that was issued', () => {
  it('is held when it is what was asked for', async () => {
    const token = await sdJwt()
    expect(await receive('sd', token)).toMatchObject([{ format: 'dc+sd-jwt', token, subject: did }])
    const plain = await byHand({})
    expect(await receive('sd', plain)).toMatchObject([{ token: plain }])
  })

  it.each(CASES)('is not held when it is %s', async (_name, make, code) => {
    const bad = await make()
    const good = await sdJwt()
    expect(await codeOfPromise(async () => receive('sd', good, bad))).toBe(code)
    // Nor is what came with it.
    expect(await wallet.credentials(did)).toEqual([])
  })

  it('is not held when its key is not for assertions', async () => {
    const issuer = didWebFromUrl(`${scripted.origin}/issuer`)
    const signer = await generateSigner({ alg: 'Ed25519', kid: `${issuer}#key-1` })
    const answerWith = async (relationship: 'assertionMethod' | 'authentication'): Promise<unknown> => {
      const keys = [{ fragment: '#key-1', jwk: signer.publicJwk, relationships: [relationship] }] as const
      const token = await sdJwt({ signer, issuer })
      scripted.script({
        'did.json': () => json(createDidDocument({ did: issuer, keys })),
        credential: () => json({ credentials: [{ credential: token }] }),
      })
      return scripted.receive(scripted.offer({ credential_configuration_ids: ['sd'] }), wallet)
    }
    expect(await codeOfPromise(async () => answerWith('authentication'))).toBe('COMITY_DID_KEY_RELATIONSHIP')
    expect(await answerWith('assertionMethod')).toMatchObject([{ issuer }])
  })
})

describe('a vc+jwt that was asked for', () => {
  it('is held when it has the types of the configuration', async () => {
    expect(await receive('typed', await vcJwt())).toHaveLength(1)
    const other = await vcJwt('TrustDomainCredential')
    expect(await codeOfPromise(async () => receive('typed', other))).toBe('COMITY_WALLET_CREDENTIAL_INVALID')
  })

  it('is not held when it comes as SD-JWT VC', async () => {
    const token = await sdJwt()
    expect(await codeOfPromise(async () => receive('typed', token))).toBe('COMITY_JWT_TYP_MISMATCH')
  })
})

describe('an offer of what is not held here', () => {
  it.each([
    ['mdoc', 'COMITY_OFFER_INVALID'],
    ['nameless', 'COMITY_OFFER_INVALID'],
    ['unknown', 'COMITY_PEER_PROTOCOL'],
    ['toString', 'COMITY_PEER_PROTOCOL'],
  ])('is refused before its code is spent: %s', async (id, code) => {
    let spent = false
    scripted.script({
      token: () => {
        spent = true
        return json({ error: 'invalid_grant' }, 400)
      },
    })
    const offer = scripted.offer({ credential_configuration_ids: ['sd', id] })
    expect(await codeOfPromise(async () => scripted.receive(offer, wallet))).toBe(code)
    expect(spent).toBe(false)
  })
})
