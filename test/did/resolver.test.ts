import { Resolver, type DIDResolver } from 'did-resolver'
import { describe, expect, it } from 'vitest'
import { createDidResolver, createDidMethods } from '../../src/did/index.ts'
import { createGuardedFetch } from '../../src/net/index.ts'
import { fetchFor } from '../net/support.ts'
import { codeOfPromise } from '../support/codes.ts'
import { documentOf, resolverFor, startHost } from './support.ts'

describe('resolving a did:web over HTTPS', () => {
  it('brings the checked document, and did-resolver’s form of it', async () => {
    const host = await startHost()
    const resolver = resolverFor(host)
    const document = await resolver.resolveDocument(host.did)
    expect(document.authentication).toEqual([`${host.did}#key-1`])
    const result = await resolver.resolve(`${host.did}?service=agent#key-1`)
    expect(result.didDocument).toEqual(JSON.parse(host.body))
    expect(result.didResolutionMetadata).toEqual({ contentType: 'application/did+json' })
    expect(host.asked()).toBe(1)
  })

  it.each([
    ['a missing document', { status: 404 }, 'COMITY_DID_NOT_FOUND', 'notFound'],
    ['a document that is gone', { status: 410 }, 'COMITY_DID_DEACTIVATED', undefined],
    ['a failing host', { status: 500 }, 'COMITY_DID_UNRESOLVABLE', 'notFound'],
    ['a status without a meaning', { status: 203 }, 'COMITY_DID_UNRESOLVABLE', 'notFound'],
    ['a redirect', { status: 302, headers: { location: '/' } }, 'COMITY_DID_UNRESOLVABLE', 'notFound'],
    ['no JSON', { body: '<html>' }, 'COMITY_DID_DOCUMENT_INVALID', 'invalidDidDocument'],
    ['no object', { body: '[]' }, 'COMITY_DID_DOCUMENT_INVALID', 'invalidDidDocument'],
    ['no UTF-8', { body: '{"id":"\uD800"}' }, 'COMITY_DID_DOCUMENT_INVALID', 'invalidDidDocument'],
    [
      'another DID’s document',
      { body: documentOf('did:web:evil.example') },
      'COMITY_DID_DOCUMENT_INVALID',
      'invalidDidDocument',
    ],
    [
      'too large a document',
      { body: `{"id":"${'a'.repeat(70_000)}"}` },
      'COMITY_DID_UNRESOLVABLE',
      'notFound',
    ],
    [
      'too deep a document',
      { body: `${'['.repeat(100)}${']'.repeat(100)}` },
      'COMITY_DID_DOCUMENT_INVALID',
      'invalidDidDocument',
    ],
  ])('%s is an error with its code', async (_name, change, code, name) => {
    const host = Object.assign(await startHost(), change)
    const resolver = resolverFor(host)
    expect(await codeOfPromise(() => resolver.resolveDocument(host.did))).toBe(code)
    const { didDocument, didResolutionMetadata } = await resolver.resolve(host.did)
    expect(didDocument).toBeNull()
    expect(didResolutionMetadata).toMatchObject({ code })
    expect(didResolutionMetadata.error).toBe(name)
  })

  it('an id that occurs twice is not the last one’s', async () => {
    const host = await startHost()
    host.body = host.body.replace('{', `{"id":"did:web:evil.example",`)
    expect(await codeOfPromise(() => resolverFor(host).resolveDocument(host.did))).toBe(
      'COMITY_DID_DOCUMENT_INVALID',
    )
  })

  it('a document that says it is deactivated cannot be used', async () => {
    const host = await startHost()
    host.body = JSON.stringify({ ...(JSON.parse(host.body) as object), deactivated: true })
    const resolver = resolverFor(host)
    expect(await codeOfPromise(() => resolver.resolveDocument(host.did))).toBe('COMITY_DID_DEACTIVATED')
    expect((await resolver.resolve(host.did)).didDocumentMetadata).toEqual({ deactivated: true })
  })

  it('says why the network failed', async () => {
    const resolver = createDidResolver({
      fetch: createGuardedFetch({ resolveHost: async () => ['10.0.0.1'] }),
    })
    for (const did of ['did:web:localhost%3A8443', 'did:web:inside.example']) {
      await expect(resolver.resolveDocument(did)).rejects.toMatchObject({
        code: 'COMITY_DID_UNRESOLVABLE',
        details: { reason: 'COMITY_NET_ADDRESS_NOT_ALLOWED' },
      })
    }
  })
})

describe('other DIDs', () => {
  const fetch = createGuardedFetch({ resolveHost: async () => [] })
  const resolver = createDidResolver({ fetch })

  it.each([
    ['did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp', undefined],
    ['did:example:123', 'COMITY_DID_METHOD_UNSUPPORTED'],
    ['did:constructor:123', 'COMITY_DID_METHOD_UNSUPPORTED'],
    ['did:valueof:123', 'COMITY_DID_METHOD_UNSUPPORTED'],
    ['did:web:127.0.0.1', 'COMITY_DID_INVALID'],
    ['did:key:z6Mk', 'COMITY_DID_INVALID'],
    ['did:web:acme.example#key-1', 'COMITY_DID_INVALID'],
    ['acme.example', 'COMITY_DID_INVALID'],
    ['', 'COMITY_DID_INVALID'],
    [undefined, 'COMITY_DID_INVALID'],
  ])('%s: %s', async (did, code) => {
    expect(await codeOfPromise(() => resolver.resolveDocument(did as string))).toBe(code)
    if (did?.includes('#') === true) return
    const { didResolutionMetadata } = await resolver.resolve(did as string)
    expect(didResolutionMetadata['code'] as unknown).toBe(code)
  })

  it('whose host serves another DID’s document are found out by the method itself', async () => {
    const host = await startHost()
    host.body = documentOf('did:web:evil.example')
    const foreign = new Resolver(createDidMethods({ fetch: fetchFor([host.server]) }))
    expect((await foreign.resolve(host.did)).didResolutionMetadata).toMatchObject({
      code: 'COMITY_DID_DOCUMENT_INVALID',
    })
  })

  it('did-resolver’s own Resolver can use the methods', async () => {
    const did = 'did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp'
    const foreign = new Resolver(createDidMethods({ fetch }))
    expect((await foreign.resolve(did)).didDocument?.id).toBe(did)
    expect((await foreign.resolve('did:web:acme.example')).didResolutionMetadata).toMatchObject({
      error: 'notFound',
      code: 'COMITY_DID_UNRESOLVABLE',
    })
  })
})

describe('methods of others', () => {
  const fetch = createGuardedFetch({ resolveHost: async () => [] })
  const found = (didDocument: unknown, metadata = {}, documentMetadata = {}): DIDResolver =>
    (async () => ({
      didResolutionMetadata: metadata,
      didDocument,
      didDocumentMetadata: documentMetadata,
    })) as unknown as DIDResolver

  it.each([
    ['a document', found({ id: 'did:x:1' }), undefined],
    ['another document', found({ id: 'did:x:2' }), 'COMITY_DID_DOCUMENT_INVALID'],
    ['nothing', found(null), 'COMITY_DID_NOT_FOUND'],
    ['a deactivated document', found({ id: 'did:x:1' }, {}, { deactivated: true }), 'COMITY_DID_DEACTIVATED'],
    ['invalidDid', found(null, { error: 'invalidDid' }), 'COMITY_DID_INVALID'],
    ['notFound', found(null, { error: 'notFound' }), 'COMITY_DID_NOT_FOUND'],
    ['methodNotSupported', found(null, { error: 'methodNotSupported' }), 'COMITY_DID_METHOD_UNSUPPORTED'],
    ['deactivated', found(null, { error: 'deactivated' }), 'COMITY_DID_DEACTIVATED'],
    ['an error beside a document', found({ id: 'did:x:1' }, { error: 'odd' }), 'COMITY_DID_UNRESOLVABLE'],
    ['a throw', async () => Promise.reject(new Error('boom')), 'COMITY_DID_UNRESOLVABLE'],
    ['what is no data', found({ id: 'did:x:1', run: () => undefined }), 'COMITY_DID_UNRESOLVABLE'],
  ])('that give %s', async (_name, method, code) => {
    const resolver = createDidResolver({ fetch, methods: { x: method } })
    expect(await codeOfPromise(() => resolver.resolveDocument('did:x:1'))).toBe(code)
  })

  it('do not replace ours', () => {
    expect(() => createDidResolver({ fetch, methods: { web: found(null) } })).toThrow(TypeError)
  })

  it('a document that is changed afterwards does not change what was resolved', async () => {
    const didDocument = { id: 'did:x:1', alsoKnownAs: ['a'] }
    const resolver = createDidResolver({ fetch, methods: { x: found(didDocument) } })
    const result = await resolver.resolve('did:x:1')
    didDocument.alsoKnownAs.push('b')
    result.didDocument?.alsoKnownAs?.push('c')
    expect((await resolver.resolve('did:x:1')).didDocument?.alsoKnownAs).toEqual(['a'])
  })
})
