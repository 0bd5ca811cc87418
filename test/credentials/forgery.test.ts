import { describe, expect, it } from 'vitest'
import { parseCredential, verifyCredential } from '../../src/credentials/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { generateSigner, parseJws, signJws, withKid } from '../../src/keys/index.ts'
import { campaign, memberMutants, tokenMutants, withParts } from './mutants.ts'
import { HOLDER, NOW, POSTURE, createIssuer, createWorld, issuePosture } from './world.ts'

const LEAST = 10_000

const { web, issuer, options } = await createWorld()
const evil = await createIssuer(web, 'did:web:evil.example')

/** Somebody else's key under the name of the issuer's; and one that is in the document of a DID of its own. */
const forgers = [withKid(await generateSigner({ alg: 'EdDSA' }), issuer.signer.kid), evil.signer]

/** A credential of the data model 1.1, with claims and members for the same things. */
const OLD: JsonObject = {
  iss: issuer.did,
  sub: HOLDER,
  jti: 'https://acme.example/credentials/1',
  iat: NOW - 3600,
  nbf: NOW - 3600,
  exp: NOW + 3600,
  vc: {
    '@context': ['https://www.w3.org/2018/credentials/v1'],
    type: ['VerifiableCredential', 'AgentPostureCredential'],
    issuer: { id: issuer.did, name: 'Acme' },
    issuanceDate: '2026-11-23T23:00:00Z',
    credentialSubject: { ...(POSTURE as unknown as JsonObject), id: HOLDER },
  },
}

/** A token that is good, and how it is verified. */
interface Format {
  readonly token: string
  readonly verify: (token: string) => Promise<unknown>
}

const formats: Readonly<Record<string, Format>> = {
  'vc+jwt': {
    token: await issuePosture(issuer, {
      status: {
        type: 'BitstringStatusListEntry',
        statusPurpose: 'revocation',
        statusListIndex: '7',
        statusListCredential: 'https://acme.example/status/1',
      },
    }),
    verify: async (token) => verifyCredential(token, options),
  },
  jwt_vc_json: {
    token: await signJws({ header: { typ: 'JWT' }, payload: OLD, signer: issuer.signer }),
    verify: async (token) =>
      verifyCredential(token, { ...options, format: 'jwt_vc_json', type: 'AgentPostureCredential' }),
  },
}

/** Every change of the token, and every change of a member: under the old signature, and signed by others. */
async function* mutantsOf(token: string): AsyncGenerator<string> {
  yield* tokenMutants(token, 7)
  const { header, claims } = parseJws(token)
  for (const mutant of memberMutants(header)) yield withParts(token, { header: mutant })
  for (const payload of memberMutants(claims)) yield withParts(token, { payload })
  for (const payload of [claims, ...memberMutants(claims)]) {
    for (const signer of forgers) yield signJws({ header: { typ: header.typ ?? 'JWT' }, payload, signer })
  }
}

describe.each(Object.entries(formats))('forged evidence: %s', (_format, { token, verify }) => {
  it('accepts the original', async () => {
    await expect(verify(token)).resolves.toBeDefined()
  })

  it(`accepts none of ${String(LEAST)} mutants, and answers each with a ComityError`, async () => {
    const { tried, accepted, strange } = await campaign(mutantsOf(token), verify)
    expect(tried).toBeGreaterThanOrEqual(LEAST)
    expect(accepted).toEqual([])
    expect(strange).toEqual([])
  }, 120_000)
})

describe('positive control', () => {
  const { token } = formats['vc+jwt'] ?? { token: '' }

  it('finds a verifier that checks no signature', async () => {
    const { accepted } = await campaign(mutantsOf(token), async (text) => parseCredential(text))
    expect(accepted.length).toBeGreaterThan(1000)
  })

  it('finds a verifier that looks for the key in the token', async () => {
    const trusting = async (text: string): Promise<unknown> => {
      const { kid = '' } = parseJws(text).header
      const claims: JsonObject = parseJws(text).claims
      // The document of whoever the header names, and the claims of whoever the payload names.
      return verifyCredential(
        await signJws({ header: { typ: 'vc+jwt' }, payload: claims, signer: withKid(issuer.signer, kid) }),
        options,
      )
    }
    const { accepted } = await campaign(mutantsOf(token), trusting)
    expect(accepted.length).toBeGreaterThan(0)
  })

  it('finds a decoder that forgives', async () => {
    const forgiving = async (text: string): Promise<unknown> => {
      const parts = text.split('.').map((part) => Buffer.from(part, 'base64url').toString('base64url'))
      return verifyCredential(parts.slice(0, 3).join('.'), options)
    }
    const { accepted } = await campaign(tokenMutants(token, 6), forgiving)
    expect(accepted.length).toBeGreaterThan(0)
  })

  it('finds a verifier that throws what it likes', async () => {
    const careless = async (text: string): Promise<unknown> => {
      JSON.parse(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())
      return verifyCredential(text, options)
    }
    const { strange } = await campaign(tokenMutants(token, 6), careless)
    expect(strange.length).toBeGreaterThan(0)
  })
})
