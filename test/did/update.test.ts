import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  agentCardService,
  createDidDocument,
  createWebDid,
  deactivateWebDid,
  eventsService,
  findService,
  findVerificationKey,
  handshakeService,
  parseDidDocument,
  rotateDocumentKey,
  spiffeTrustDomainService,
  updateDidDocument,
  updateWebDid,
  type DidDocumentChanges,
  type ForeignDocumentKey,
} from '../../src/did/index.ts'
import { canonicalizeJson, parseJsonObject, type JsonObject } from '../../src/encoding/index.ts'
import { ComityError } from '../../src/errors/index.ts'
import { generateSigner, parseJws, signJws, verifyJwsSignature, withKid } from '../../src/keys/index.ts'
import { codeOf, codeOfPromise } from '../support/codes.ts'

const did = 'did:web:acme.example:agents:invoices'
const location = 'https://acme.example/agents/invoices'
const signers = await Promise.all([1, 2, 3].map(() => generateSigner({ alg: 'Ed25519' })))
const [first, second, third] = signers.map(({ publicJwk }) => publicJwk) as [never, never, never]
const both = ['authentication', 'assertionMethod'] as const
const babyJubJub: ForeignDocumentKey = {
  fragment: '#zk-1',
  type: 'JsonWebKey',
  material: { publicKeyJwk: { kty: 'EC', crv: 'BabyJubJub', x: 'AQ', y: 'AQ' } },
  relationships: ['assertionMethod'],
}

function made(more: Partial<Parameters<typeof createWebDid>[0]> = {}): JsonObject {
  const { document } = createWebDid({
    location,
    keys: [{ fragment: '#key-1', jwk: first, relationships: both }],
    ...more,
  })
  return document as JsonObject
}

describe('a did:web is made', () => {
  it('as a document, and the file to host', () => {
    const written = createWebDid({
      location,
      controller: 'did:web:acme.example',
      alsoKnownAs: ['https://acme.example/invoices'],
      keys: [{ fragment: '#key-1', jwk: first, relationships: both }],
      services: [handshakeService({ url: 'https://acme.example/comity/handshake' })],
    })
    expect(written).toMatchObject({ did, gone: [] })
    const [file, ...others] = written.files
    expect(others).toEqual([])
    expect(file).toMatchObject({ path: '/agents/invoices/did.json', contentType: 'application/did+json' })
    expect(parseJsonObject(file?.body ?? '')).toEqual(parseJsonObject(JSON.stringify(written.document)))
    const { alsoKnownAs } = parseDidDocument(written.document, did)
    expect(alsoKnownAs).toEqual(['https://acme.example/invoices'])
  })

  it('at the root of a host', () => {
    const keys = [{ fragment: '#key-1', jwk: first, relationships: both }]
    expect(createWebDid({ location: 'https://acme.example', keys }).files[0]?.path).toBe(
      '/.well-known/did.json',
    )
  })

  it('at no other place than one that can be named', () => {
    expect(codeOf(() => made({ location: 'http://acme.example' }))).toBe('COMITY_DID_INVALID')
    expect(() => made({ keys: [] })).toThrow(TypeError)
  })
})

describe('a key of a kind that is not known here', () => {
  it('stands in a document that is good, and verifies nothing', () => {
    const document = made({ keys: [{ fragment: '#key-1', jwk: first, relationships: both }, babyJubJub] })
    const parsed = parseDidDocument(document, did)
    expect(parsed.assertionMethod).toEqual([`${did}#key-1`, `${did}#zk-1`])
    expect(codeOf(() => findVerificationKey(parsed, `${did}#zk-1`, 'assertionMethod'))).toBe(
      'COMITY_DID_KEY_UNKNOWN',
    )
  })

  it('stays when other keys come and go', () => {
    const document = made({ keys: [{ fragment: '#key-1', jwk: first, relationships: both }, babyJubJub] })
    const rotated = rotateDocumentKey(document, { from: '#key-1', fragment: '#key-2', jwk: second })
    const after = updateDidDocument(rotated, { removeKeys: ['#key-1'] })
    expect(parseDidDocument(after, did).assertionMethod).toEqual([`${did}#zk-1`, `${did}#key-2`])
    expect(JSON.stringify(after)).toContain('BabyJubJub')
  })

  it('is not put there with its private part', () => {
    const material = { publicKeyJwk: { kty: 'EC', crv: 'BabyJubJub', x: 'AQ', y: 'AQ', d: 'AQ' } }
    expect(() => made({ keys: [{ ...babyJubJub, material }] })).toThrow(TypeError)
  })
})

describe('a key is rotated', () => {
  const kid = (name: string): string => `${did}${name}`
  const rotated = rotateDocumentKey(made(), { from: '#key-1', fragment: '#key-2', jwk: second })

  it('with overlap: what the old one signed verifies until it is taken out', async () => {
    const tokens = await Promise.all(
      ['#key-1', '#key-2'].map((name, index) =>
        signJws({ header: { typ: 'a' }, payload: {}, signer: withKid(signers[index]!, kid(name)) }),
      ),
    )
    const verify = async (document: JsonObject, token: string) => {
      const jws = parseJws(token)
      const parsed = parseDidDocument(document, did)
      return verifyJwsSignature(jws, findVerificationKey(parsed, jws.header.kid ?? '', 'assertionMethod'))
    }
    const [before, overlap] = [made(), rotated]
    const after = updateDidDocument(overlap, { removeKeys: ['#key-1'] })
    const codes = [before, overlap, after].map(async (document) =>
      Promise.all(tokens.map((token) => codeOfPromise(() => verify(document, token)))),
    )
    expect(await Promise.all(codes)).toEqual([
      [undefined, 'COMITY_DID_KEY_UNKNOWN'],
      [undefined, undefined],
      ['COMITY_DID_KEY_UNKNOWN', undefined],
    ])
  })

  it.each([
    ['a key that is not there', { from: '#key-9', fragment: '#key-2', jwk: second }],
    ['a name that is taken', { from: '#key-1', fragment: '#key-1', jwk: second }],
    ['a name that is none', { from: '#key-1', fragment: 'key-2', jwk: second }],
    ['a name with nothing in it', { from: '#key-1', fragment: '#', jwk: second }],
  ])('not with %s', (_name, options) => {
    expect(() => rotateDocumentKey(made(), options)).toThrow(TypeError)
  })

  it.each<[string, DidDocumentChanges]>([
    ['take out the last key of a relationship', { removeKeys: ['#key-1'] }],
    [
      'put one in that does other things',
      {
        removeKeys: ['#key-1'],
        addKeys: [{ fragment: '#key-2', jwk: second, relationships: ['authentication'] }],
      },
    ],
    ['take out a key that is not there', { removeKeys: ['#key-9'] }],
    ['take out a service that is not there', { removeServices: ['#a'] }],
    ['name another controller that is none', { controller: 'acme' }],
  ])('and a change does not %s', (_name, changes) => {
    expect(() => updateDidDocument(made(), changes)).toThrow(TypeError)
  })

  it('not in a document that is malformed', () => {
    expect(codeOf(() => updateDidDocument({ ...made(), service: 7 }, {}))).toBe('COMITY_DID_DOCUMENT_INVALID')
    expect(codeOf(() => updateDidDocument({}, {}))).toBe('COMITY_DID_INVALID')
  })

  it('in a document that names things by fragments, and has keys embedded', () => {
    const [method] = made()['verificationMethod'] as JsonObject[]
    const embedded: JsonObject = {
      id: did,
      authentication: [{ ...method, id: '#key-1' }],
      verificationMethod: [{ ...method, id: '#key-0' }],
      assertionMethod: ['#key-0'],
    }
    const both = rotateDocumentKey(embedded, { from: '#key-1', fragment: '#key-2', jwk: third })
    const after = parseDidDocument(updateDidDocument(both, { removeKeys: ['#key-1'] }), did)
    expect(after.authentication).toEqual([`${did}#key-2`])
    expect(after.verificationMethod.map(({ id }) => id)).toEqual([`${did}#key-0`, `${did}#key-2`])
  })
})

describe('a document is changed', () => {
  it('in what is said, and stays as it is in the rest', () => {
    const before = {
      ...made({ services: [agentCardService({ url: 'https://acme.example/card' })] }),
      'x-own': [1],
    }
    const { document, files } = updateWebDid(before, {
      alsoKnownAs: ['did:web:other.example'],
      controller: ['did:web:acme.example'],
      setServices: [
        agentCardService({ url: 'https://acme.example/new-card' }),
        eventsService({ url: 'https://acme.example/events' }),
      ],
    })
    expect(document).toMatchObject({ 'x-own': [1], '@context': before['@context' as never] })
    const parsed = parseDidDocument(document, did)
    expect(parsed.service.map(({ id }) => id.slice(did.length))).toEqual(['#agent-card', '#events'])
    expect(findService(parsed, 'AgentCard').serviceEndpoint).toBe('https://acme.example/new-card')
    expect(parsed.controller).toEqual(['did:web:acme.example'])
    expect(files[0]?.body).toBe(JSON.stringify(document))
    const { service, ...rest } = updateDidDocument(document as JsonObject, {
      removeServices: ['#agent-card', '#events'],
    })
    expect([service, rest['x-own']]).toEqual([undefined, [1]])
  })

  /** A document with nothing to change in it comes out as it was, members of hostile names too. */
  function changesNothing(update: (document: JsonObject) => JsonObject): void {
    const name = fc.oneof(
      fc.constantFrom('__proto__', 'constructor', 'x', 'proof', 'toJSON'),
      fc.string({ maxLength: 4 }),
    )
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue({ maxDepth: 1 })), (members) => {
        const document = parseJsonObject(JSON.stringify({ ...made(), ...members, ...made() }))
        let after: JsonObject
        try {
          after = update(document)
        } catch (error) {
          expect(error).toBeInstanceOf(ComityError)
          return
        }
        expect(canonicalizeJson(after)).toBe(canonicalizeJson(document))
      }),
    )
  }

  it('and not where nothing is to be changed', () => {
    changesNothing((document) => updateDidDocument(document, {}))
  })

  it('which would be noticed', () => {
    expect(() => changesNothing((document) => Object.assign({}, document))).toThrow()
  })
})

describe('a did:web is deactivated', () => {
  it('by a document that is gone for good', () => {
    expect(deactivateWebDid(did)).toEqual({
      did,
      document: undefined,
      files: [],
      gone: ['/agents/invoices/did.json'],
    })
    expect(codeOf(() => deactivateWebDid('did:key:z6Mk'))).toBe('COMITY_DID_INVALID')
  })
})

describe('services', () => {
  const spiffe = {
    trustDomain: 'acme.example',
    bundleEndpoint: 'https://acme.example/bundle',
    profile: 'https_web',
  } as const
  const authenticated = {
    ...spiffe,
    profile: 'https_spiffe',
    endpointSpiffeId: 'spiffe://acme.example/spire/server',
    firstBundle: { url: 'https://acme.example/first-bundle', sha256: 'A'.repeat(43) },
  } as const

  it('have their names and types', () => {
    const url = 'https://acme.example/a'
    expect([
      handshakeService({ url }),
      eventsService({ url }),
      agentCardService({ url, fragment: '#card' }),
    ]).toEqual([
      { fragment: '#handshake', type: 'ComityHandshake', serviceEndpoint: url },
      { fragment: '#events', type: 'ComityEvents', serviceEndpoint: url },
      { fragment: '#card', type: 'AgentCard', serviceEndpoint: url },
    ])
  })

  const agents = { dids: ['did:key:z6Mk'], under: ['did:web:agents.example:acme'] }
  const listed = { ...spiffe, agents, credentials: ['https://acme.example/attestation.jwt'] }

  it.each([spiffe, authenticated, listed])('say where a trust domain is: %j', (options) => {
    const services = [spiffeTrustDomainService(options)]
    const keys = [{ fragment: '#key-1', jwk: first, relationships: both }]
    const [service] = parseDidDocument(createDidDocument({ did, keys, services }), did).service
    expect(service).toEqual({ id: `${did}#spiffe`, type: ['SpiffeTrustDomain'], serviceEndpoint: options })
  })

  it.each([
    { ...spiffe, trustDomain: 'Acme.example' },
    { ...spiffe, trustDomain: '' },
    { ...spiffe, bundleEndpoint: 'http://acme.example' },
    { ...spiffe, profile: 'other' as 'https_web' },
    { ...spiffe, endpointSpiffeId: authenticated.endpointSpiffeId },
    { ...authenticated, endpointSpiffeId: 'spiffe://globex.example/spire/server' },
    { ...authenticated, firstBundle: { ...authenticated.firstBundle, sha256: 'A'.repeat(42) } },
    { ...authenticated, firstBundle: { ...authenticated.firstBundle, url: 'https://user@acme.example' } },
    { ...spiffe, profile: 'https_spiffe' as const },
    { ...spiffe, agents: { dids: ['acme'] } },
    { ...spiffe, agents: { under: Array.from({ length: 257 }, () => 'did:web:a') } },
    { ...spiffe, credentials: ['http://acme.example'] },
    { ...spiffe, credentials: Array<string>(5).fill('https://acme.example') },
  ])('do not say %j', (options) => {
    expect(() => spiffeTrustDomainService(options)).toThrow(TypeError)
  })

  it.each(['http://acme.example', 'acme', ''])('do not point to %j', (url) => {
    expect(() => handshakeService({ url })).toThrow(TypeError)
  })
})
