import { Resolver } from 'did-resolver'
import { describe, expect, it } from 'vitest'
import { createDidMethods, createDidResolver, didJwkFromJwk, didKeyFromJwk } from '../../src/did/index.ts'
import { generateSigner } from '../../src/keys/index.ts'
import { createGuardedFetch } from '../../src/net/index.ts'
import { fetchFor } from '../net/support.ts'
import { documentOf, startHost } from './support.ts'

const offline = createGuardedFetch({ resolveHost: async () => [] })
const { publicJwk } = await generateSigner({ alg: 'ES256' })

describe('did-resolver’s own Resolver, with our methods', () => {
  it('resolves keys that are DIDs, without asking anybody', async () => {
    const resolver = new Resolver(createDidMethods({ fetch: offline }))
    for (const did of [didKeyFromJwk(publicJwk), didJwkFromJwk(publicJwk)]) {
      const { didResolutionMetadata, didDocument, didDocumentMetadata } = await resolver.resolve(did)
      expect(didResolutionMetadata).toEqual({ contentType: 'application/did+json' })
      expect(didDocument?.id).toBe(did)
      expect(didDocument?.assertionMethod).toHaveLength(1)
      expect(didDocumentMetadata).toEqual({})
    }
  })

  it('resolves a did:web over HTTPS, and asks on condition the next time', async () => {
    const host = await startHost()
    host.headers = { etag: '"1"' }
    const resolver = new Resolver(createDidMethods({ fetch: fetchFor([host.server]) }))
    expect((await resolver.resolve(`${host.did}#key-1`)).didDocument).toEqual(JSON.parse(host.body))
    Object.assign(host, { status: 304, body: '' })
    expect((await resolver.resolve(host.did)).didDocument).toMatchObject({ id: host.did })
    expect(host.asked()).toBe(2)
  })

  it('is not given a document that is malformed, or of another DID', async () => {
    const host = await startHost()
    const resolver = new Resolver(createDidMethods({ fetch: fetchFor([host.server]) }))
    for (const body of [
      documentOf('did:web:evil.example'),
      JSON.stringify({ ...(JSON.parse(host.body) as object), verificationMethod: [{ id: '#a' }] }),
    ]) {
      host.body = body
      expect(await resolver.resolve(host.did)).toMatchObject({
        didDocument: null,
        didResolutionMetadata: { error: 'invalidDidDocument', code: 'COMITY_DID_DOCUMENT_INVALID' },
      })
    }
  })

  it('is told in the metadata of a document that is not there any more', async () => {
    const host = await startHost()
    host.status = 410
    const resolver = new Resolver(createDidMethods({ fetch: fetchFor([host.server]) }))
    const { didResolutionMetadata, didDocument, didDocumentMetadata } = await resolver.resolve(host.did)
    expect([didDocument, didResolutionMetadata.error, didDocumentMetadata]).toEqual([
      null,
      undefined,
      { deactivated: true },
    ])
  })

  it.each([
    ['did:web:nobody.example', {}, 'notFound', 'COMITY_DID_UNRESOLVABLE'],
    ['did:web:127.0.0.1', {}, 'invalidDid', 'COMITY_DID_INVALID'],
    ['did:jwk:e30', {}, 'invalidDid', 'COMITY_DID_INVALID'],
    [
      'did:key:zQ3shtxV1FrJfhqE1dvxYRcCknWNjHc3c5X1y3ZSoPDi2aur2',
      {},
      'unsupportedPublicKeyType',
      'COMITY_DID_KEY_UNKNOWN',
    ],
    [
      didKeyFromJwk(publicJwk),
      { accept: 'text/html' },
      'representationNotSupported',
      'COMITY_DID_REPRESENTATION',
    ],
    [`${didKeyFromJwk(publicJwk)}?versionId=1`, {}, 'featureNotSupported', 'COMITY_DID_VERSION_UNSUPPORTED'],
    [
      didJwkFromJwk(publicJwk),
      { versionTime: '2026-01-01T00:00:00Z' },
      'featureNotSupported',
      'COMITY_DID_VERSION_UNSUPPORTED',
    ],
    ['did:web:nobody.example?versionNumber=1', {}, 'featureNotSupported', 'COMITY_DID_VERSION_UNSUPPORTED'],
  ])('is told why %s with %j is not resolved', async (did, options, error, code) => {
    const resolver = new Resolver(createDidMethods({ fetch: offline }))
    expect(await resolver.resolve(did, options)).toMatchObject({
      didDocument: null,
      didResolutionMetadata: { error, code },
    })
  })

  it.each([0, 1.5, NaN, 1_000_001])('cannot remember %d documents', (maxRemembered) => {
    expect(() => createDidMethods({ fetch: offline, maxRemembered })).toThrow(TypeError)
  })
})

describe('the form of a document', () => {
  const did = didKeyFromJwk(publicJwk)

  it.each([
    [undefined, 'application/did+json'],
    ['application/did+json', 'application/did+json'],
    ['application/did+ld+json', 'application/did+ld+json'],
    ['application/did', 'application/did'],
    ['Application/JSON; charset=utf-8', 'application/json'],
    ['*/*', 'application/did+json'],
    ['application/*;q=0.1', 'application/did+json'],
    ['text/html, application/did+json;q=0.5, application/json;q=0.9', 'application/json'],
    ['application/did+json;q=0, application/json', 'application/json'],
    ['application/did+json;q=0', undefined],
    ['application/did+cbor', undefined],
    ['', undefined],
    [7, undefined],
  ])('for %j is %s, with and without a cache', async (accept, contentType) => {
    const resolvers = [
      new Resolver(createDidMethods({ fetch: offline })),
      createDidResolver({ fetch: offline }),
    ]
    for (const resolver of resolvers) {
      const options = { ...(accept !== undefined && { accept: accept as string }) }
      const { didResolutionMetadata, didDocument } = await resolver.resolve(did, options)
      expect(didResolutionMetadata.contentType).toBe(contentType)
      expect(didDocument?.id).toBe(contentType === undefined ? undefined : did)
      if (contentType === undefined) expect(didResolutionMetadata.error).toBe('representationNotSupported')
    }
  })

  it('is JSON-LD only where the document has a context', async () => {
    const host = await startHost()
    const { '@context': _, ...plain } = JSON.parse(host.body) as Record<string, unknown>
    host.body = JSON.stringify(plain)
    const resolver = createDidResolver({ fetch: fetchFor([host.server]) })
    const linked = { accept: 'application/did+ld+json' }
    expect((await resolver.resolve(host.did, linked)).didResolutionMetadata.error).toBe(
      'representationNotSupported',
    )
    expect((await resolver.resolve(host.did)).didDocument?.id).toBe(host.did)
    expect(host.asked()).toBe(1)
  })
})
