import { describe, expect, it } from 'vitest'
import { explainCredential, parseCredential, verifyCredential } from '../../src/credentials/index.ts'
import type { JsonValue } from '../../src/encoding/index.ts'
import { codeOfPromise } from '../support/codes.ts'
import { createWorld, issuePosture, postureDocument, signDocument } from './world.ts'

const { web, issuer, options } = await createWorld()

const OWN = { id: 'urn:comity:schema:AgentPostureCredential:1', type: 'JsonSchema' }

/** The code that a posture credential with this `credentialSchema` is refused with. */
async function verdict(credentialSchema: JsonValue): Promise<string | undefined> {
  const token = await signDocument(issuer.signer, postureDocument({ credentialSchema }))
  return codeOfPromise(async () => verifyCredential(token, options))
}

describe('credentialSchema', () => {
  it('is written by the issuer: the schema of the type, with its version', async () => {
    expect(parseCredential(await issuePosture(issuer)).document['credentialSchema']).toEqual(OWN)
  })

  it.each<[string, JsonValue]>([
    ['the schema of the type', OWN],
    [
      'the schema of another party, of any kind',
      { id: 'https://schemas.example/posture.json', type: 'Example' },
    ],
    ['both', [{ id: 'https://schemas.example/posture.json', type: 'JsonSchema' }, OWN]],
  ])('may name %s', async (_name, credentialSchema) => {
    expect(await verdict(credentialSchema)).toBeUndefined()
  })

  it.each<[string, string]>([
    ['a version that is not known', 'urn:comity:schema:AgentPostureCredential:2'],
    ['no version', 'urn:comity:schema:AgentPostureCredential'],
    ['the schema of a type that it does not have', 'urn:comity:schema:AgentScopeCredential:1'],
    ['a type that nobody knows', 'urn:comity:schema:ExampleCredential:1'],
  ])('may not name %s', async (_name, id) => {
    expect(await verdict({ id, type: 'JsonSchema' })).toBe('COMITY_CREDENTIAL_SCHEMA')
    expect(await verdict([OWN, { id, type: 'JsonSchema' }])).toBe('COMITY_CREDENTIAL_SCHEMA')
  })

  it('is never fetched, and does not stand in for our own copy', async () => {
    web.requests.length = 0
    const credentialSchema = { id: 'https://schemas.example/anything.json', type: 'JsonSchema' }
    const document = postureDocument({ credentialSchema, credentialSubject: { id: options.holder } })
    const token = await signDocument(issuer.signer, document)
    const faults = await explainCredential(token, options)
    expect(new Set(faults.map(({ check, code }) => `${check} ${code}`))).toEqual(
      new Set(['schema COMITY_CREDENTIAL_SCHEMA']),
    )
    expect(web.requests.filter(({ url }) => url.includes('schemas.example'))).toEqual([])
  })
})
