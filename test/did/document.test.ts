import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import vectors from '../../fixtures/did/documents.json' with { type: 'json' }
import {
  createDidDocument,
  findService,
  findVerificationKey,
  parseDidDocument,
  type DidDocument,
} from '../../src/did/index.ts'
import { parseJson, type JsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { codeOf } from '../support/codes.ts'

type Case = { id: string; spec: string; patch: JsonObject; expect: { ok: string[] } | { code: string } }
const cases = vectors.cases as unknown as Case[]
const { did } = vectors
const base = vectors.base as unknown as JsonObject

/** RFC 7396, for a patch whose members are no objects of the base. */
function patched(patch: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries({ ...base, ...patch }).filter(([, value]) => value !== null))
}

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen)
}

describe('parseDidDocument', () => {
  it.each(cases)('$id ($spec)', ({ patch, expect: expected }) => {
    const parse = (): DidDocument => parseDidDocument(patched(patch), did)
    if ('code' in expected) {
      expect(codeOf(parse)).toBe(expected.code)
      return
    }
    const document = parse()
    const usable = document.authentication.filter(
      (kid) =>
        kid.startsWith(`${did}#`) &&
        codeOf(() => findVerificationKey(document, kid, 'authentication')) === undefined,
    )
    expect(usable.map((kid) => kid.slice(did.length))).toEqual(expected.ok)
    expect(isDeepFrozen(document)).toBe(true)
  })

  it.each(['verificationMethod', 'authentication', 'service', 'alsoKnownAs', 'controller'])(
    'bounds `%s`',
    (name) => {
      const key = (base['verificationMethod'] as JsonObject[])[0]
      const entries: Record<string, (index: number) => unknown> = {
        verificationMethod: (index) => ({ ...key, id: `#k${String(index)}` }),
        authentication: (index) => `#k${String(index)}`,
        service: (index) => ({
          id: `#s${String(index)}`,
          type: 'A',
          serviceEndpoint: 'https://acme.example',
        }),
        alsoKnownAs: (index) => `https://acme.example/${String(index)}`,
        controller: (index) => `did:web:owner${String(index)}.example`,
      }
      const most = name === 'controller' ? 16 : 64
      const list = Array.from({ length: most + 1 }, (_, index) => entries[name]?.(index))
      const without = (count: number) => patched({ [name]: list.slice(0, count) } as JsonObject)
      expect(codeOf(() => parseDidDocument(without(most), did))).toBeUndefined()
      expect(codeOf(() => parseDidDocument(without(most + 1), did))).toBe('COMITY_DID_DOCUMENT_INVALID')
    },
  )

  it('bounds all keys together', () => {
    const key = (base['verificationMethod'] as JsonObject[])[0]
    const keys = (prefix: string, length: number) =>
      Array.from({ length }, (_, index) => ({ ...key, id: `#${prefix}${String(index)}` }))
    const document = (more: number) =>
      patched({ verificationMethod: keys('a', 32), authentication: keys('b', more) })
    expect(codeOf(() => parseDidDocument(document(32), did))).toBeUndefined()
    expect(codeOf(() => parseDidDocument(document(33), did))).toBe('COMITY_DID_DOCUMENT_INVALID')
  })

  it.each([undefined, null, 'text', 1, [], [base]])('refuses %j', (value) => {
    expect(codeOf(() => parseDidDocument(value, did))).toBe('COMITY_DID_DOCUMENT_INVALID')
  })

  it('keeps nothing of what the caller still holds', () => {
    const endpoint = { uri: 'https://acme.example' }
    const document = parseDidDocument(
      patched({ service: [{ id: '#a', type: 'A', serviceEndpoint: endpoint }] }),
      did,
    )
    endpoint.uri = 'https://evil.example'
    expect(document.service[0]?.serviceEndpoint).toEqual({ uri: 'https://acme.example' })
  })

  /** Any value in any place gives the coded error, or a document whose keys are all its own. */
  function holdsForAnyValue(parse: (value: unknown) => DidDocument): void {
    const names = [
      ...Object.keys(base),
      'alsoKnownAs',
      'assertionMethod',
      'keyAgreement',
      '__proto__',
      'constructor',
    ]
    const text = fc.oneof(
      fc.constantFrom(
        '#key-1',
        `${did}#key-1`,
        'did:web:evil.example#key-1',
        'did:web:evil.example',
        did,
        '',
        '#',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    )
    const key = fc.record(
      {
        id: text,
        type: fc.constantFrom('JsonWebKey', 'Multikey', 'Other', ''),
        controller: text,
        publicKeyMultibase: fc.constantFrom(
          'z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp',
          'z',
          'u',
          '',
          1,
        ),
        publicKeyJwk: fc.oneof(
          fc.jsonValue({ maxDepth: 1 }),
          fc.record({ crv: fc.constant('P-256'), x: text }),
        ),
      },
      { requiredKeys: ['id', 'type'] },
    )
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.array(fc.oneof(key, text), { maxLength: 3 }),
      key,
      text,
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...names), value), { minLength: 1, maxLength: 3 }),
        (patches) => {
          const document = { ...base, ...Object.fromEntries(patches) }
          let parsed: DidDocument
          try {
            parsed = parse(parseJson(JSON.stringify(document)))
          } catch (error) {
            expect(error).toBeInstanceOf(ComityError)
            return
          }
          expect(parsed.id).toBe(did)
          for (const { id, controller } of parsed.verificationMethod) {
            expect(id.startsWith(`${did}#`)).toBe(true)
            expect([did, ...parsed.controller]).toContain(controller)
          }
          const ids = [...parsed.verificationMethod, ...parsed.service].map(({ id }) => id)
          expect(new Set(ids).size).toBe(ids.length)
          expect(isDeepFrozen(parsed)).toBe(true)
        },
      ),
      { numRuns: 1500 },
    )
  }

  it('holds for any value in any place', () => {
    holdsForAnyValue((value) => parseDidDocument(value, did))
  })

  it('would be caught if it took keys of strangers', () => {
    expect(() =>
      holdsForAnyValue((value) => {
        const text = JSON.stringify(value).replaceAll('did:web:evil.example', did)
        const parsed = parseDidDocument(JSON.parse(text), did)
        const controller = JSON.stringify(value).includes('evil') ? 'did:web:evil.example' : did
        return {
          ...parsed,
          verificationMethod: parsed.verificationMethod.map((key) => ({ ...key, controller })),
        }
      }),
    ).toThrow()
  })
})

describe('createDidDocument', () => {
  it('makes a document that is found good, whatever the key', async () => {
    const keys = await Promise.all(
      (['Ed25519', 'ES256', 'ES384'] as const).map((alg) => generateSigner({ alg })),
    )
    const document = createDidDocument({
      did,
      controller: 'did:web:owner.example',
      alsoKnownAs: ['https://acme.example'],
      keys: keys.map(({ publicJwk }, index) => ({
        fragment: `#key-${String(index)}`,
        jwk: publicJwk,
        relationships: index === 0 ? ['authentication', 'assertionMethod'] : ['authentication'],
      })),
      services: [
        { fragment: '#handshake', type: 'ComityHandshake', serviceEndpoint: 'https://acme.example/comity' },
      ],
    })
    expect(document['@context']).toEqual(['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/jwk/v1'])
    expect(document).not.toHaveProperty('keyAgreement')
    const parsed = parseDidDocument(parseJson(JSON.stringify(document)), did)
    expect(parsed.authentication).toHaveLength(3)
    expect(parsed.assertionMethod).toEqual([`${did}#key-0`])
    expect(findService(parsed, 'ComityHandshake').serviceEndpoint).toBe('https://acme.example/comity')
    for (const [index, { publicJwk }] of keys.entries()) {
      const { x } = findVerificationKey(parsed, `${did}#key-${String(index)}`, 'authentication')
      expect(x).toBe(publicJwk.x)
    }
  })

  it('does not make what would be refused', async () => {
    const { publicJwk: jwk } = await generateSigner({ alg: 'Ed25519' })
    const key = { fragment: '#key-1', jwk, relationships: ['authentication'] as const }
    const bad = [
      { did, keys: [] },
      { did: 'acme.example', keys: [key] },
      { did, keys: [{ ...key, fragment: 'key-1' }] },
      { did, keys: [key, key] },
      { did, keys: [{ ...key, jwk: { ...jwk, d: 'AA' } }] },
      { did, controller: 'acme', keys: [key] },
    ]
    for (const options of bad) expect(() => createDidDocument(options)).toThrow(TypeError)
  })
})
