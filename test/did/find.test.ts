import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/did/documents.json' with { type: 'json' }
import {
  controllersOf,
  findService,
  findVerificationKey,
  parseDidDocument,
  type VerificationRelationship,
} from '../../src/did/index.ts'
import type { JsonObject } from '../../src/encoding/index.ts'
import { codeOf } from '../support/codes.ts'

const { did } = vectors
const base = vectors.base as unknown as JsonObject

/** The base document with other members; `null` takes one away. */
function patched(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries({ ...base, ...patch }).filter(([, value]) => value !== null))
}

describe('findVerificationKey', () => {
  const document = parseDidDocument(base, did)

  it.each([
    [`${did}#key-1`, 'authentication', undefined],
    [`${did}#key-1`, 'assertionMethod', 'COMITY_DID_KEY_RELATIONSHIP'],
    [`${did}#key-1`, 'keyAgreement', 'COMITY_DID_KEY_RELATIONSHIP'],
    [`${did}#key-1`, 'capabilityDelegation', 'COMITY_DID_KEY_RELATIONSHIP'],
    [`${did}#key-2`, 'authentication', 'COMITY_DID_KEY_UNKNOWN'],
    [`${did}#Key-1`, 'authentication', 'COMITY_DID_KEY_UNKNOWN'],
    [`${did}#key%2D1`, 'authentication', 'COMITY_DID_KEY_UNKNOWN'],
    [`${did}#handshake`, 'authentication', 'COMITY_DID_KEY_UNKNOWN'],
    ['#key-1', 'authentication', 'COMITY_DID_INVALID'],
    [did, 'authentication', 'COMITY_DID_INVALID'],
    [`${did}#`, 'authentication', 'COMITY_DID_INVALID'],
    [`${did}?a#key-1`, 'authentication', 'COMITY_DID_INVALID'],
    [`${did}/a#key-1`, 'authentication', 'COMITY_DID_INVALID'],
    ['did:web:evil.example#key-1', 'authentication', 'COMITY_DID_INVALID'],
    ['', 'authentication', 'COMITY_DID_INVALID'],
  ])('%s for %s: %s', (kid, relationship, code) => {
    expect(codeOf(() => findVerificationKey(document, kid, relationship as VerificationRelationship))).toBe(
      code,
    )
  })

  it('does not let an embedded key out of its relationship', () => {
    const [key] = base['verificationMethod'] as JsonObject[]
    const embedded = parseDidDocument(patched({ keyAgreement: [{ ...key, id: '#e' }] }), did)
    expect(codeOf(() => findVerificationKey(embedded, `${did}#e`, 'keyAgreement'))).toBeUndefined()
    expect(codeOf(() => findVerificationKey(embedded, `${did}#e`, 'authentication'))).toBe(
      'COMITY_DID_KEY_RELATIONSHIP',
    )
  })
})

describe('findService and controllersOf', () => {
  it('find the first service of a type with one endpoint', () => {
    const service = (id: string, type: string | string[], serviceEndpoint: unknown) => ({
      id,
      type,
      serviceEndpoint,
    })
    const document = parseDidDocument(
      patched({
        service: [
          service('#a', 'A', { uri: 'https://acme.example' }),
          service('#b', ['B', 'A'], 'https://b.example'),
          service('#c', 'A', 'https://c.example'),
        ],
      } as unknown as JsonObject),
      did,
    )
    expect(findService(document, 'A')).toEqual({
      id: `${did}#b`,
      type: 'A',
      serviceEndpoint: 'https://b.example',
    })
    expect(codeOf(() => findService(document, 'C'))).toBe('COMITY_DID_SERVICE_UNKNOWN')
    expect(codeOf(() => findService(document, 'constructor'))).toBe('COMITY_DID_SERVICE_UNKNOWN')
  })

  it('say who answers for a DID', () => {
    const controllers = (controller: unknown) =>
      controllersOf(parseDidDocument(patched({ controller } as JsonObject), did))
    expect(controllers('did:web:owner.example')).toEqual(['did:web:owner.example'])
    expect(controllers(['did:web:a.example', 'did:web:b.example', 'did:web:a.example'])).toHaveLength(2)
    expect(controllers([])).toEqual([did])
    expect(controllers(null)).toEqual([did])
  })
})
