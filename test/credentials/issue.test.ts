import { describe, expect, it } from 'vitest'
import {
  issueCredential,
  parseCredential,
  verifyCredential,
  type CredentialType,
  type IssueCredentialOptions,
  type StatusEntry,
} from '../../src/credentials/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import {
  CAPABILITY,
  HOLDER,
  NOW,
  ORGANIZATION,
  POSTURE,
  PROVENANCE,
  SCOPE,
  TRUST_DOMAIN,
  createWorld,
  issuePosture,
} from './world.ts'

const { issuer, options } = await createWorld()

const CLAIMS = {
  AgentCapabilityCredential: CAPABILITY,
  AgentProvenanceCredential: PROVENANCE,
  AgentScopeCredential: SCOPE,
  AgentPostureCredential: POSTURE,
  TrustDomainCredential: TRUST_DOMAIN,
  OrganizationCredential: ORGANIZATION,
}

describe('issueCredential', () => {
  it.each(Object.keys(CLAIMS) as CredentialType[])('issues an %s that verifies', async (type) => {
    const token = await issueCredential({
      signer: issuer.signer,
      issuer: issuer.did,
      type,
      subject: HOLDER,
      claims: CLAIMS[type],
      validFrom: NOW,
      validUntil: NOW + 600,
    })
    const verified = await verifyCredential(token, { ...options, type })
    expect(verified.document['credentialSubject']).toEqual({ ...CLAIMS[type], id: HOLDER })
    expect(verified).toMatchObject({ validFrom: NOW, validUntil: NOW + 600 })
  })

  it('signs the credential and nothing else', async () => {
    const { document, jws } = parseCredential(await issuePosture(issuer))
    expect(jws.header).toEqual({ alg: 'EdDSA', typ: 'vc+jwt', cty: 'vc', kid: issuer.signer.kid })
    expect(document).toEqual({
      '@context': [
        'https://www.w3.org/ns/credentials/v2',
        'https://www.w3.org/ns/credentials/undefined-terms/v2',
      ],
      id: 'https://acme.example/credentials/1',
      type: ['VerifiableCredential', 'AgentPostureCredential'],
      issuer: issuer.did,
      validFrom: '2026-11-23T23:00:00Z',
      validUntil: '2026-11-24T01:00:00Z',
      credentialSchema: { id: 'urn:comity:schema:AgentPostureCredential:1', type: 'JsonSchema' },
      credentialSubject: { ...POSTURE, id: HOLDER },
    })
  })

  it('gives each its own id, a random UUID', async () => {
    const ids = await Promise.all(
      Array.from({ length: 20 }, async () => {
        return parseCredential(await issueCredential(base())).id
      }),
    )
    expect(new Set(ids).size).toBe(20)
    for (const id of ids) {
      expect(id).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }
  })

  it('puts in where the status is', async () => {
    const entry: StatusEntry = {
      type: 'BitstringStatusListEntry',
      statusPurpose: 'revocation',
      statusListIndex: '7',
      statusListCredential: 'https://acme.example/status/revocation/1',
    }
    expect(parseCredential(await issuePosture(issuer, { status: entry })).status).toEqual([entry])
    expect(parseCredential(await issuePosture(issuer, { status: [entry, entry] })).status).toEqual([
      entry,
      entry,
    ])
  })

  it('writes times to the millisecond', async () => {
    const { document } = parseCredential(await issuePosture(issuer, { validFrom: NOW + 0.1239 }))
    expect(document['validFrom']).toBe('2026-11-24T00:00:00.123Z')
  })

  it.each<[string, object]>([
    ['COMITY_CREDENTIAL_SCHEMA', { claims: { ...POSTURE, region: 7 } }],
    ['COMITY_CREDENTIAL_SCHEMA', { claims: { ...POSTURE, region: undefined } }],
    ['COMITY_CREDENTIAL_SCHEMA', { claims: { ...POSTURE, patchAgeDays: NaN } }],
    ['COMITY_CREDENTIAL_MALFORMED', { id: 'no url' }],
    ['COMITY_CREDENTIAL_MALFORMED', { status: { type: 'BitstringStatusListEntry' } }],
    ['COMITY_CREDENTIAL_MALFORMED', { status: [] }],
    ['COMITY_JSON_TOO_LARGE', { claims: { ...POSTURE, more: 'x'.repeat(32_768) } }],
    ['COMITY_CREDENTIAL_TOO_LARGE', { claims: { ...POSTURE, more: 'x'.repeat(24_576) } }],
    ['COMITY_JSON_TOO_DEEP', { claims: { ...POSTURE, more: nested(20) } }],
    ['COMITY_JSON_MALFORMED', { claims: { ...POSTURE, more: '\ud800' } }],
  ])('refuses what no verifier would take: %s', async (code, more) => {
    const issue = async (): Promise<string> => issueCredential({ ...base(), ...more })
    expect(await codeOfPromise(issue)).toBe(code)
  })

  it.each<[string, object]>([
    ['an unknown type', { type: 'ExampleCredential' }],
    ['an issuer that is no DID', { issuer: 'https://acme.example' }],
    ['a subject that is no DID', { subject: 'invoices' }],
    ['a subject that is a DID URL', { subject: `${HOLDER}#key-1` }],
    ['a key of another DID', { issuer: 'did:web:globex.example' }],
    ['a key without a DID', { signer: { ...issuer.signer, kid: 'key-1' } }],
    ['claims about somebody else', { claims: { ...POSTURE, id: 'did:web:somebody.example' } }],
    ['no claims', { claims: undefined }],
    ['an end before the start', { validUntil: NOW - 3600 }],
    ['no end', { validUntil: undefined }],
    ['an end that is none', { validUntil: Infinity }],
    ['a start before the epoch', { validFrom: -1 }],
  ])('is a bug of the caller: %s', async (_name, more) => {
    await expect(issueCredential({ ...base(), ...more })).rejects.toThrow(TypeError)
  })

  it('takes the id in the claims where it is the subject', async () => {
    const token = await issueCredential({ ...base(), claims: { ...POSTURE, id: HOLDER } })
    expect(await codeOfPromise(async () => verifyCredential(token, options))).toBeUndefined()
  })
})

function base(): IssueCredentialOptions<'AgentPostureCredential'> {
  return {
    signer: issuer.signer,
    issuer: issuer.did,
    type: 'AgentPostureCredential',
    subject: HOLDER,
    claims: POSTURE,
    validFrom: NOW - 60,
    validUntil: NOW + 60,
  }
}

function nested(depth: number): unknown {
  return depth === 0 ? 1 : [nested(depth - 1)]
}
